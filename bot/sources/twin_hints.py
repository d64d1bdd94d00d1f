"""Hints that two records are of one call, as hashes and ids of 64 bits: they are compared, and never shown."""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

PROCESS_ATTRIBUTES = frozenset({
    *("service.name", "service.namespace", "service.instance.id", "host.id", "host.name", "container.id"),
    *("k8s.pod.uid", "k8s.pod.name", "process.pid"),
})  # fmt: skip
"""What a sender says of its process. Only a hash of it is kept."""
_blake2b_of_8 = blake2b(digest_size=8).copy


def number_of(name: bytes) -> int:
    """Returns an id of up to eight bytes as a signed number; of a longer one its end."""
    return int.from_bytes(name[-8:], "big", signed=len(name) >= 8)


@lru_cache(maxsize=1_000)
def hash_of(text: str) -> int:
    """Returns 64 bits of a hash as a signed number; 0 for no text."""
    return _hash(text.encode("utf-8", "surrogatepass")) if text else 0


def process_of(attributes: Iterable[tuple[str, object]]) -> int:
    """Returns the hash of the attributes that name a process, in any order; 0 if there are none."""
    named = sorted((key, str(value)) for key, value in attributes if key in PROCESS_ATTRIBUTES)
    return hash_of("\0".join(part for pair in named for part in pair))


def response_of(response_id: str) -> int:
    """Returns the hash of a response id. Its last 16 bits are of the id's kind, such as `msg_`: ids of two kinds may be
    of one call, two ids of a kind never are.
    """
    if not response_id:
        return 0
    encoded = response_id.encode("utf-8", "surrogatepass")
    first, second = response_id.find("_"), response_id.find("-")
    cut = max(first, 0) if second <= 0 or 0 < first < second else second
    return (_hash(encoded) & ~0xFFFF | hash_of(response_id[:cut]) & 0xFFFF) or 1


def have_different_responses(first: int, second: int) -> bool:
    """Returns True if two hashes are of two response ids of one kind."""
    return bool(first and second) and first != second and (first ^ second) & 0xFFFF == 0


def _hash(encoded: bytes) -> int:
    hashed = _blake2b_of_8()
    hashed.update(encoded)
    return int.from_bytes(hashed.digest(), "big", signed=True)
