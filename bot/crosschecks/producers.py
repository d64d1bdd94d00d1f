"""The producers of a source's rows: whose usage is booked, whose is not and why, and how many are told apart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bot.periods import MICROS
from bot.unread import MAX_UNREAD_KEPT, OTHERS, Producer, Unread, UnreadKind

ProducerKind = UnreadKind | Literal["booked"]
MAX_BOOKED, MAX_OTHERS = 1_000, 100
"""The most rows of one source: of producers whose calls are booked, and of those with other rows."""
GRACE_MICROS = 15 * 60 * MICROS
"""How long the metered signal of a producer may come after another one."""
BY_MANY = "it comes from one producer too many to tell them apart"


class ProducerKey(NamedTuple):
    """A producer, and what becomes of its rows; the reason is empty where they are booked."""

    name: str
    version: str
    service: str
    kind: ProducerKind
    reason: str

    @property
    def label(self) -> str:
        """Returns the producer in words: `strands.telemetry.tracer 1.62.0 in checkout`."""
        version = f" {self.version}" if self.version else ""
        return f"{self.name}{version}" + (f" in {self.service}" if self.service not in ("", self.name) else "")


@dataclass(frozen=True, kw_only=True)
class SeenProducer:
    """A producer's rows of one kind: their number (not of booked ones), and when they were first and last seen."""

    key: ProducerKey
    rows: int
    first_at: int
    last_at: int


@dataclass(frozen=True, kw_only=True)
class UnreadView:
    """A producer's usage that nobody books, for people."""

    source: str
    key: ProducerKey
    rows: int
    last_at: int


def key_of(unread: Unread) -> ProducerKey:
    return ProducerKey(*unread.producer, unread.kind, unread.reason)


def booked_key(producer: Producer) -> ProducerKey:
    return ProducerKey(*producer, "booked", "")


def resolved(key: ProducerKey, booked: Iterable[tuple[str, str]]) -> ProducerKey:
    """Returns the key of rows of another signal than the metered one: a repeat if that one books their producer's calls,
    by (name, service).
    """
    if key.kind == "other_signal" and (key.name, key.service) in set(booked):
        return key._replace(kind="repeat")
    return key


def bounded(key: ProducerKey, known: Iterable[ProducerKey]) -> ProducerKey:
    """Returns a key, or the common one of all others if the source has too many, so that no flood of names fills a
    table.
    """
    kinds = [other.kind == "booked" for other in known]
    is_booked = key.kind == "booked"
    if kinds.count(is_booked) < (MAX_BOOKED if is_booked else MAX_OTHERS):
        return key
    return ProducerKey(*OTHERS, key.kind, "" if is_booked else BY_MANY)


def wants_rows(key: ProducerKey, known: Mapping[ProducerKey, int]) -> bool:
    """Returns whether quarantine keeps further rows of a key, by the number of rows known."""
    return key.kind in ("unknown", "other_signal") and known.get(key, 0) < MAX_UNREAD_KEPT


def quarantine_reason(key: ProducerKey) -> str:
    """Returns the reason of a quarantined row: its producer, and why no rule books it."""
    return f"{key.label}: {key.reason}"


def booked_producers(seen: Sequence[SeenProducer]) -> set[tuple[str, str]]:
    """Returns the (name, service) of the producers whose calls a source books."""
    return {(s.key.name, s.key.service) for s in seen if s.key.kind == "booked"}


def lost(seen: Sequence[SeenProducer]) -> list[SeenProducer]:
    """Returns what a source's producers lose: usage that nobody knows, and another signal's without the metered one."""
    booked = booked_producers(seen)
    return [s for s in seen if resolved(s.key, booked).kind in ("unknown", "other_signal")]
