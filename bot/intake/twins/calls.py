"""One call from the records of it: the fuller one's figures stay, and take from the others what it lacks."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from bot.costs.model_names import plain_model
from bot.intake.twins.grouping import Grouping, in_order
from bot.intake.twins.index import Batch, TwinIndex
from bot.intake.twins.sightings import Sighting, sighting_of
from bot.units import Units
from bot.usage import COUNTERS, Labels, UsageEvent, parts_of

_LABELS = tuple(name for name in Labels.__struct_fields__ if name not in ("model", "user_agent", "api_base"))
_Fullness = tuple[bool, bool, int, int, int, bool, str, bytes]


class CallRecord(NamedTuple):
    """One record of a call. `person_id` is its person; its event names none, and is the sender's word otherwise."""

    event: UsageEvent
    sighting: Sighting | None
    person_id: int = 0

    @property
    def id(self) -> tuple[bytes, bytes]:
        """Returns what tells it from the other records of its source."""
        return self.event.key, self.event.fingerprint


def whole_input(event: UsageEvent) -> int:
    return event.tokens - event.output


def fullness(event: UsageEvent) -> _Fullness:
    """Returns how much a record says: whether it was metered, how its input is split, then all else in a fixed order."""
    split = bool(event.cache_read) + bool(event.cache_write_5m) + 2 * bool(event.cache_write_1h)
    detail = bool(event.reasoning) + len(event.parts) + len(event.units) + (event.reported_nanos is not None)
    told = not event.unmetered
    return told, not event.failed, split, event.tokens, detail, bool(event.labels.tier), event.labels.model, event.key


def same_key_is_one_call(known: UsageEvent, new: UsageEvent) -> bool:
    """Returns True if two records with one key are of one call although they differ: told by two instrumentations, or
    by one whose counts grow while a stream goes on. Anything else is a conflict.

    Smaller counts that come later are of an earlier moment, or have the same input: they change nothing.
    """
    if known.twin_hint is None or new.twin_hint is None:
        return False
    if known.twin_hint.scope != new.twin_hint.scope:
        return True
    if plain_model(known.labels.model) != plain_model(new.labels.model):
        return False
    if _has_grown(known, new):
        return True
    has_same_input = all(getattr(known, name) == getattr(new, name) for name in COUNTERS[:4])
    is_less = has_same_input and new.output < known.output
    return _has_grown(new, known) and (is_less or new.occurred_at < known.occurred_at)


def _has_grown(earlier: UsageEvent, later: UsageEvent) -> bool:
    costs = (earlier.reported_nanos, later.reported_nanos)
    return (
        all(getattr(earlier, name) <= getattr(later, name) for name in COUNTERS)
        and (costs[0] is None or (costs[1] is not None and costs[0] <= costs[1]))
        and (earlier.tokens, costs[0] or 0) != (later.tokens, costs[1] or 0)
    )


def merged(events: Sequence[UsageEvent]) -> UsageEvent:
    """Returns the call of records, in any order: the fullest one, with what the others alone know."""
    final = _without_interim(events)
    base, *others = sorted(final, key=fullness, reverse=True)
    if not others:
        return base
    output = base.output
    counters = {name: getattr(base, name) for name in COUNTERS}
    reasoning = next((count for event in (base, *others) if 0 < (count := event.reasoning) <= output), 0)
    parts = next((found for event in (base, *others) if (found := parts_of(event.parts, counters))), ())
    costed = next((event for event in (base, *others) if event.reported_nanos is not None), base)
    return msgspec.structs.replace(
        base,
        labels=_labels(base, others),
        reasoning=reasoning,
        parts=parts,
        units=_units((base, *others)),
        reported_nanos=costed.reported_nanos,
        cost_is_guess=costed.cost_is_guess,
        notional=any(event.notional for event in final),
    )


def _without_interim(events: Sequence[UsageEvent]) -> list[UsageEvent]:
    """Returns records without those that a later count of the same instrumentation replaced."""
    last: dict[tuple[bytes, int], UsageEvent] = {}
    for event in sorted(events, key=lambda found: (found.tokens, found.reported_nanos or 0, found.fingerprint)):
        last[event.key, event.twin_hint.scope if event.twin_hint is not None else 0] = event
    return list(last.values())


def _labels(base: UsageEvent, others: Sequence[UsageEvent]) -> Labels:
    missing = {
        name: value
        for name in _LABELS
        if not getattr(base.labels, name)
        if (value := next((found for event in others if (found := getattr(event.labels, name))), None))
    }
    return msgspec.structs.replace(base.labels, **missing) if missing else base.labels


def _units(events: Iterable[UsageEvent]) -> Units:
    most: dict[str, int] = {}
    for event in events:
        for name, count in event.units:
            most[name] = max(most.get(name, 0), count)
    return tuple(sorted(most.items()))


def calls_of(events: Sequence[UsageEvent], *, source_id: int = 1) -> list[UsageEvent]:
    """Returns the calls of records that are all at hand, each once."""
    by_key: dict[bytes, list[UsageEvent]] = {}
    for event in events:
        by_key.setdefault(event.key, []).append(event)
    fullest = [max(records, key=fullness) for records in by_key.values()]
    seen = [sighting for event in fullest if (sighting := sighting_of(source_id, event)) is not None]
    grouping = joined(in_order(seen))
    calls = [[event for member in call for event in by_key[member.key]] for call in grouping.calls]
    told = {sighting.key for sighting in seen}
    calls += [records for key, records in by_key.items() if key not in told]
    return [merged(records) for records in calls]


def joined(sightings: Sequence[Sighting]) -> Grouping:
    """Returns records that are all at hand by their call."""
    batch, grouping = Batch.of(sightings, token=0, received_at=0), Grouping([sighting] for sighting in sightings)
    candidates: dict[int, list[Sighting]] = {}
    for at, other, _, _ in TwinIndex().find(batch):
        if other is not None:
            candidates.setdefault(at, []).append(other)
    waiting = [(sighting, candidates.get(at, [])) for at, sighting in enumerate(sightings)]
    while waiting:
        sighting, others = waiting.pop(0)
        waiting += [(ejected, []) for ejected in grouping.join(sighting, others)]
    return grouping
