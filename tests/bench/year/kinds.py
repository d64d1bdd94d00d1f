"""The combinations as the product books them: attributed, priced and with their series, once for each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from bot.money import NANOS
from bot.org.attribution import Source
from bot.periods import micros, moment
from bot.rulebook import Rulebook
from bot.sources import SOURCES
from bot.sources.cloudevents.labels import label_cache
from bot.usage import Booking, Labels, UsageEvent
from handlers.context import Context
from tests.bench.year.company import Combination

SENDER = "/gateway"
_MONTH_MICROS = 28 * 86_400_000_000


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A combination with what all its calls share once they are booked."""

    combination: Combination
    source: Source
    series_id: int
    team_id: int
    zone: str
    rule: str
    labels: Labels
    names: msgspec.Raw
    tags: msgspec.Raw


def native(
    one: Combination, *, event_id: str, at: int, counters: dict[str, int], reported: int | None
) -> dict[str, Any]:
    """Returns one call as its sender sends it."""
    data = one.data | {f"{name}_tokens": count for name, count in counters.items() if count}
    if reported is not None:
        data["cost_usd"] = f"{reported // NANOS}.{reported % NANOS:09d}"
    identity = {"id": event_id, "source": SENDER, "specversion": "1.0", "type": "ai.usage"}
    return {**identity, "time": moment(at).isoformat(), "data": data}


def parsed(bodies: Sequence[dict[str, Any]], *, now: datetime) -> list[UsageEvent]:
    """Returns native events as the product reads them."""
    read = SOURCES["cloudevents"](json.dumps(bodies).encode(), now=now)
    assert not read.unusable, read.unusable[:3]
    return [event for _, event in read.events]


async def kinds_of(context: Context, combinations: Sequence[Combination], *, days: int) -> list[Kind]:
    """Books nothing, but makes every person, series and month that the calls need."""
    rulebook = await context.rulebooks.latest()
    sources = {source.name: source for source in rulebook.sources.values()}
    now = context.now()
    counters = {"uncached_input": 100, "output": 100}
    bodies = [
        native(one, event_id="first", at=micros(now), counters=counters, reported=100 if one.is_reported else None)
        for one in combinations
    ]
    events = parsed(bodies, now=now)
    bookings = [rulebook.booking(event, sources[one.source]) for one, event in zip(combinations, events, strict=True)]
    months = [_moved(bookings[0], micros(now) - back * _MONTH_MICROS) for back in range(days // 28 + 2)]
    async with context.store.begin() as tx:
        series = await tx.usage.ensure_references([*bookings, *months])
    teams = {team.id: team for team in rulebook.directory.teams}
    return [
        _kind(one, sources[one.source], booking, series_id, teams[booking.team_id].timezone)
        for one, booking, series_id in zip(combinations, bookings, series, strict=False)
    ]


def _moved(booking: Booking, at: int) -> Booking:
    return msgspec.structs.replace(booking, event=msgspec.structs.replace(booking.event, occurred_at=at))


def _kind(one: Combination, source: Source, booking: Booking, series_id: int, zone: str) -> Kind:
    data = one.data
    words = (
        *(data.get(name) for name in ("provider", "model", "tool", "workflow", "user", "credential", "team")),
        data.get("user_agent"),
        *data.get("tags", ()),
    )
    packed = label_cache.checked(words)
    return Kind(
        combination=one,
        source=source,
        series_id=series_id,
        team_id=booking.team_id,
        zone=zone,
        rule=booking.rule,
        labels=booking.event.labels,
        names=packed.names,
        tags=packed.tags,
    )


def require_same(rulebook: Rulebook, kind: Kind, row: dict[str, Any], fingerprint: bytes, *, now: datetime) -> None:
    """Books the row's call by the product's own rules. AssertionError if they give another row."""
    counters = {name: row[name] for name in ("uncached_input", "cache_read", "cache_write_5m", "output", "reasoning")}
    body = native(
        kind.combination,
        event_id=row["event_id"],
        at=row["occurred_at"],
        counters=counters,
        reported=row["reported_nanos"],
    )
    (event,) = parsed([body], now=now)
    booked = rulebook.booking(event, kind.source)
    ours = (row["key_hash"], fingerprint, row["team_id"], row["rule"], row["local_day"])
    theirs = (event.key, event.fingerprint, booked.team_id, booked.rule, booked.local_day)
    assert ours == theirs, (ours, theirs)
    amounts = (row["cost_nanos"], row["book_nanos"], row["notional_nanos"], row["book"])
    assert amounts == (booked.cost_nanos, booked.book_nanos, booked.notional_nanos, booked.book), (amounts, booked)
