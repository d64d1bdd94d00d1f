"""Hints that two records are of one call, as hashes and ids of 64 bits: they are compared, and never shown."""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from zlib import adler32, crc32

PROCESS_ATTRIBUTES = frozenset({
    *("service.name", "service.namespace", "service.instance.id", "host.id", "host.name", "container.id"),
    *("k8s.pod.uid", "k8s.pod.name", "process.pid"),
})  # fmt: skip
"""What a sender says of its process. Only a hash of it is kept."""
_blake2b_of_8 = blake2b(digest_size=8).copy
_three_numbers = Struct(">qqq").unpack
_NO_ID = bytes(8)
_HALF_CRC = 1 << 31


def place_of(trace_id: bytes, span_id: bytes, parent_id: bytes) -> tuple[int, ...]:
    """Returns a trace's, a span's and its parent's id as signed numbers."""
    ids = trace_id[8:] + span_id + (parent_id or _NO_ID)
    return _three_numbers(ids) if len(ids) == 24 else (number_of(trace_id), number_of(span_id), number_of(parent_id))


def number_of(name: bytes) -> int:
    """Returns an id of up to eight bytes as a signed number; of a longer one its end."""
    return int.from_bytes(name[-8:], "big", signed=len(name) >= 8)


@lru_cache(maxsize=1_000)
def hash_of(text: str) -> int:
    """Returns 64 bits of a hash as a signed number; 0 for no text."""
    return _hash(text.encode("utf-8", "surrogatepass")) if text else 0


@lru_cache(maxsize=1_000)
def _hash_of_kind(encoded: bytes) -> int:
    return _hash(encoded) & 0xFFFF if encoded else 0


def process_of(attributes: Iterable[tuple[str, object]]) -> int:
    """Returns the hash of the attributes that name a process, in any order; 0 if there are none."""
    named = sorted((key, str(value)) for key, value in attributes if key in PROCESS_ATTRIBUTES)
    return hash_of("\0".join(part for pair in named for part in pair))


def response_of(response_id: str) -> int:
    """Returns the hash of a response id. Its last 16 bits are of the id's kind, such as `msg_`: ids of two kinds may be
    of one call, two ids of a kind never are.
    """
    return response_in(response_id.encode("utf-8", "surrogatepass")) if response_id else 0


def response_in(encoded: bytes) -> int:
    """Returns the hash of an encoded response id."""
    first, second = encoded.find(b"_"), encoded.find(b"-")
    cut = max(first, 0) if second <= 0 or 0 < first < second else second
    whole = crc32(encoded) - _HALF_CRC << 32 | (adler32(encoded) & 0xFFFF) << 16  # blake2b takes three times as long
    return (whole | _hash_of_kind(encoded[:cut])) or 1


def have_different_responses(first: int, second: int) -> bool:
    """Returns True if two hashes are of two response ids of one kind."""
    return bool(first and second) and first != second and (first ^ second) & 0xFFFF == 0


def _hash(encoded: bytes) -> int:
    hashed = _blake2b_of_8()
    hashed.update(encoded)
    return int.from_bytes(hashed.digest(), "big", signed=True)
