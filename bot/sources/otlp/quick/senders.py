"""The senders of plain spans, and what spans with the same repeated attributes have in common, remembered within bounds."""

from typing import Any, NamedTuple

from bot.sources.labels import Notes
from bot.sources.otlp.event import usage_event
from bot.sources.otlp.producers.registry import PRODUCERS
from bot.sources.otlp.producers.schema import Counting
from bot.sources.otlp.profiles import Meters, profile_of
from bot.sources.otlp.quick.attributes import KnownAttributes, known_attributes
from bot.sources.otlp.quick.numbers import (
    NONE_GIVEN,
    RESPONSE,
    SKIPPED,
    NotPlain,
    Slots,
    is_usual,
    number_in,
    slots_of,
    text_in,
)
from bot.sources.otlp.quick.records import LONGEST_ORIGIN, origin_in, span_record
from bot.sources.otlp.records import Origin
from bot.sources.otlp.unbooked import producer_named
from bot.unread import Producer
from bot.usage import Labels, Note

_MOST_ATTRIBUTES = 128
_MOST_SENDERS, _MOST_BYTES, _LONGEST_KIND = 1_000, 6_000_000, 2_000
_PER_ATTRIBUTE = 100
"""The memory of an attribute beside its bytes."""
_NEW: Any = object()
_WHOLE_FACTS = frozenset({"uncached", "visible_output", "total", "compaction_input", "compaction_output", "streamed"})
"""Counts that are rare, and change how the others are counted."""
Kind = tuple[object, ...]
"""What spans repeat: their kind, their name if it counts, the bytes of their attributes, and which counts they have."""


class SharedCall(NamedTuple):
    """What calls of one kind of span have in common."""

    labels: Labels
    counting: Counting
    producer: Producer


class PlainSender:
    """One resource and scope: its origin, the attributes that are known, and the kinds of spans it has sent."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        reads = PRODUCERS.reads(origin.profile, "traces")
        self.known: KnownAttributes = known_attributes(reads)
        self._slots: Slots = slots_of(reads)
        rule = origin.profile.spans
        self._names_count = rule is not None and bool(rule.records)
        self._kinds: dict[Kind, SharedCall | None] = {}

    def read(self, span: Any) -> tuple[Kind, list[int], bytes]:
        """Returns a span's kind, its counts by slot, and its response id. Raises NotPlain and the decoder's errors."""
        attributes = span.attributes[:]
        if len(attributes) > _MOST_ATTRIBUTES:
            raise NotPlain
        get, slot_of = self.known.get, self._slots.get
        counts, response = NONE_GIVEN[:], b""
        kind: list[object] = [span.kind, self._names_count and span.name]
        for raw in attributes:
            found = get(raw, _NEW)
            if found is None:
                continue
            if found is not _NEW:
                kind.append(raw)
                continue
            end = raw[1] + 2
            slotted = slot_of(raw[:end])
            if slotted is None:
                if self._is_read(raw):
                    kind.append(raw)
                continue
            slot = slotted[0]
            if slot < RESPONSE:
                counts[slot] = number_in(raw[end:])
            elif slot == RESPONSE:
                response = text_in(raw[end:])
            elif not raw.isascii():
                raise NotPlain
            kind.append(slotted)
        return tuple(kind), counts, response

    def _is_read(self, raw: bytes) -> bool:
        """Returns whether an attribute that is not known yet is read, and remembers it. Raises NotPlain for one that does
        not fit, or of which nothing repeats.
        """
        notes: list[Note] = []
        is_read = self.known.read(raw, {}, notes) is not None
        if notes or (is_read and raw not in self.known):
            raise NotPlain
        return is_read

    def shared(self, kind: Kind, span: Any, meters: Meters, latest: int) -> SharedCall | None:
        """Returns what spans of a kind have in common; None if they are no calls.

        A new kind is decided by the parser's own rules. Raises NotPlain for calls that are not plain, and SourceError for
        faults.
        """
        found = self._kinds.get(kind, _NEW)
        if found is _NEW:
            found = self._decided(kind, span, meters, latest)
            _keep(self._kinds, kind, found)
        return found  # type: ignore[no-any-return]  # _NEW is anything

    def _decided(self, kind: Kind, span: Any, meters: Meters, latest: int) -> SharedCall | None:
        slots = [one[0] for one in kind if isinstance(one, tuple) and one[0] != SKIPPED]
        if len(set(slots)) != len(slots):  # two names of one fact
            raise NotPlain
        record = span_record(span, self.origin, self.known)
        profile = profile_of(record, meters)
        if profile is None:
            return None
        notes = Notes()
        event = usage_event(record, profile, now=0, latest=latest, notes=notes)
        counting = profile.counting_for(record.own_fact_text("provider"))
        is_rare = event.parts or event.units or event.failed or event.notional or event.unmetered or event.reservation
        if notes or is_rare or event.reported_nanos is not None or not _WHOLE_FACTS.isdisjoint(record.facts):
            raise NotPlain
        rule = profile.spans
        if profile is not self.origin.profile or profile.texts or profile.identity != "span":
            raise NotPlain
        if rule is None or rule.needs_tokens or not is_usual(counting):
            raise NotPlain
        return SharedCall(event.labels, counting, producer_named(self.origin, profile))


_senders: dict[tuple[Meters, bytes, bytes], PlainSender] = {}
_kept = {"bytes": 0}


def sender_of(meters: Meters, resource: bytes, scope: bytes) -> PlainSender:
    """Returns the sender of a group. Raises NotPlain if what it says of itself is too long to remember."""
    found = _senders.get((meters, resource, scope))
    if found is None:
        if len(resource) + len(scope) > LONGEST_ORIGIN:
            raise NotPlain
        if len(_senders) >= _MOST_SENDERS:
            clear_senders()
        found = _senders[meters, resource, scope] = PlainSender(origin_in(resource, scope))
    return found


def _keep(kinds: dict[Kind, SharedCall | None], kind: Kind, call: SharedCall | None) -> None:
    """Remembers what spans of a kind are, within bounds, whatever senders send."""
    size = sum(len(raw) + _PER_ATTRIBUTE for raw in kind if isinstance(raw, bytes | str))
    if size > _LONGEST_KIND:
        return
    if _kept["bytes"] + size > _MOST_BYTES:
        clear_senders()
        kinds.clear()
    _kept["bytes"] += size
    kinds[kind] = call


def remembered() -> tuple[int, int]:
    """Returns how many senders are remembered, and about how many bytes of their spans."""
    return len(_senders), _kept["bytes"]


def clear_senders() -> None:
    """Forgets what is known of all senders."""
    _senders.clear()
    _kept["bytes"] = 0
