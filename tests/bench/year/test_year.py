"""A made year agrees with itself, and its senders' events are known."""

import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from bot.periods import DAY_MICROS, micros
from bot.settings import Settings
from bot.sources import SOURCES
from bot.usage import COUNTERS
from handlers.context import Context, make_context
from handlers.intake.usage import Intake
from storage.books.checks import faults
from storage.intake.booked_events import EventFilter
from tests.bench.databases import number
from tests.bench.year.calls import calls_of
from tests.bench.year.company import Size, combinations
from tests.bench.year.keeping import Calendar
from tests.bench.year.kinds import native
from tests.bench.year.make import event_prefix, make_year

_SIZE = Size(events=5_000, teams=10, people=60)
_NOW = datetime(2026, 3, 17, 14, 30, tzinfo=UTC)


async def test_a_made_year_agrees_and_all_that_is_sent_again_is_a_duplicate(database_url: str) -> None:
    await make_year(database_url, _SIZE, now=_NOW)
    context = make_context(Settings(database_url=database_url), Calendar(_NOW))
    async with context.store.read() as tx:
        found = [fault async for fault in faults(tx)]

    assert found == []
    assert await number(database_url, "SELECT count(*) FROM usage_events") == _SIZE.events
    for kind in ("reprice", "attribution"):
        assert await number(database_url, f"SELECT count(*) FROM usage_adjustments WHERE kind = '{kind}'"), kind
    for state in ("approved", "denied", "pending"):
        assert await number(database_url, f"SELECT count(*) FROM budget_requests WHERE state = '{state}'"), state
    before = f"< {micros(_NOW) // DAY_MICROS - 1}"
    spent = await number(database_url, f"SELECT sum(cost_nanos) FROM usage_days WHERE local_day {before}")
    posted = "SELECT sum(CASE kind WHEN 'charge' THEN amount_nanos ELSE -amount_nanos END) FROM entries"
    assert await number(database_url, f"{posted} WHERE usage_day {before}") == spent > 0

    sources = {source.name: source for source in (await context.rulebooks.latest()).sources.values()}
    intake = Intake(context)
    intake.start()
    answers = []
    for name, bodies in (await _sent(context)).items():
        read = SOURCES["cloudevents"](json.dumps(bodies).encode(), now=_NOW)
        answers.append(await intake.book(read, source=sources[name]))
    await intake.stop()
    await context.store.close()

    assert sum(answer.duplicates for answer in answers) == _SIZE.events
    assert all(answer.accepted == answer.conflicts == answer.quarantined == 0 for answer in answers)


async def _sent(context: Context) -> dict[str, list[dict[str, Any]]]:
    """Every event of the year as its sender sent it, by source."""
    made = combinations(_SIZE, seed=1)
    calls = calls_of(_SIZE, made, now=micros(_NOW), seed=1)
    async with context.store.read() as tx:
        booked = (await tx.booked_events.page(EventFilter(), limit=_SIZE.events)).events
    bodies: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in booked:
        combination = made[calls.combination[int(event.event_id.removeprefix(event_prefix(1)))]]
        counters = dict(zip(COUNTERS, event.counters, strict=True))
        bodies[combination.source].append(
            native(
                combination,
                event_id=event.event_id,
                at=event.occurred_at,
                counters=counters,
                reported=event.reported_nanos,
            )
        )
    return bodies
