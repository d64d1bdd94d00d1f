"""OTLP's records in both encodings: a span, a log record or a point of a sum, with the attributes that are read."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import msgspec

from bot.sources.otlp.names import NOT_NEEDED
from bot.sources.otlp.producers.profile import Profile
from bot.sources.otlp.producers.registry import PRODUCERS, Reads
from bot.sources.twin_hints import hash_of
from bot.usage import Note, digest

Signal = Literal["traces", "logs", "metrics"]
Value = str | int | float | bool
_NO_LABELS = ("session", "service_version")
CLIENT, SERVER, UNSPECIFIED = 3, 2, 0


class ReportedFact(msgspec.Struct, frozen=True, gc=False):
    """A sender's value of a fact, and the rank of its name."""

    rank: int
    attribute: str
    value: Value


Facts = dict[str, ReportedFact]


def keep_fact(facts: Facts, attribute: str, value: Value | None, reads: Reads) -> None:
    """Stores an attribute's value under its fact, unless an attribute of a better rank already gave that fact."""
    attribute_fact = reads.get(attribute)
    if attribute_fact is None or value is None or value == "":
        return
    known = facts.get(attribute_fact.fact)
    if known is None or attribute_fact.rank < known.rank:
        facts[attribute_fact.fact] = ReportedFact(attribute_fact.rank, attribute, value)


def left_out(attribute: str, fact: str, fault: str) -> Note | None:
    """Returns the note of an attribute that is left out; None if its record needs its fact."""
    return Note(attribute, fault, fact in ("cost", "cost_micros")) if fact in NOT_NEEDED else None


class Origin(msgspec.Struct, frozen=True):
    """The sender of a group of records: the resource's facts, the scope's name and version, the producer's profile, what
    was left out of the resource, hashes of its process and scope, and the words that labels follow from.
    """

    facts: Facts
    scope: str
    version: str
    profile: Profile
    notes: tuple[Note, ...] = ()
    process: int = 0
    words: tuple[Value, ...] = ()
    scope_hash: int = 0

    @property
    def service(self) -> str:
        given = self.facts.get("service")
        return str(given.value) if given is not None else ""


def origin_of(facts: Facts, scope: str, version: str, notes: Sequence[Note], process: int) -> Origin:
    """Returns the sender of a group, with its producer's profile."""
    given = facts.get("service")
    profile = PRODUCERS.profile_of(str(given.value) if given is not None else "", scope, version)
    labelled = {fact: given.value for fact, given in facts.items() if fact not in _NO_LABELS}
    words = (" ".join(labelled), *labelled.values())
    return Origin(facts, scope, version, profile, tuple(notes), process, words, hash_of(scope[:256]))


SERIES = "tokens.series"
"""The attribute by which a quarantined point keeps its series, as quarantine keeps few of the attributes that make it."""


def series_of(resource: Iterable[tuple[str, str]], point: Iterable[tuple[str, str]]) -> bytes:
    """Returns the identity of a point's series: all attributes of its resource and its own, in any order and encoding."""
    own = sorted(point)
    kept = next((value for name, value in own if name == SERIES), "")
    try:
        return bytes.fromhex(kept) or digest((sorted(resource), own))
    except ValueError:
        return digest((sorted(resource), own))


class SumPoint(msgspec.Struct, frozen=True):
    """A metric's point: its temporality (1 is delta, 2 cumulative), its value, its start and its series."""

    temporality: int
    value: int | float
    since: int
    series: bytes


class Record(msgspec.Struct, gc=False):
    """One record. `kind` is the span's; `at` and a span's `started_at` are nanoseconds since 1970, 0 if missing; `notes`
    is what was left out; `attributes` are all of them, undecoded.
    """

    signal: Signal
    name: str
    facts: Facts
    origin: Origin
    kind: int = UNSPECIFIED
    trace_id: bytes = b""
    span_id: bytes = b""
    at: int = 0
    failed: bool = False
    total: SumPoint | None = None
    notes: tuple[Note, ...] = ()
    parent_id: bytes = b""
    started_at: int = 0
    attributes: Any = ()

    def fact_text(self, fact: str) -> str:
        """Returns a fact of the record, or else of its resource, as text; "" if missing."""
        given = self.facts.get(fact) or self.origin.facts.get(fact)
        return str(given.value) if given is not None else ""

    def own_fact_text(self, fact: str) -> str:
        """Returns a fact of the record alone, as text; "" if missing."""
        given = self.facts.get(fact)
        return str(given.value) if given is not None else ""


class UndecodableRecord(msgspec.Struct, frozen=True):
    """A record that can't be decoded: the reason, the bytes that identify it, and, if it is JSON, a request with it
    alone.
    """

    reason: str
    raw: bytes
    request: dict[str, Any] | None = None


Records = Iterator[Record | UndecodableRecord]
