"""A rulebook's cache never answers with a rule that does not apply at the call's own moment."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from msgspec import structs

from bot.org.attribution import Attribution
from bot.org.attribution_rules import AttributionRule
from bot.periods import date_of, micros
from bot.rulebook import Rulebook
from bot.sources import SOURCES
from bot.usage import Booking, UsageEvent
from storage.rulebook import read_rulebook
from tests.storage.conftest import Books
from tests.support.company import TEAMS_YML, usage_event

MIDNIGHT_THERE = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
"""The 24th begins in Kolkata."""
DELHI = TEAMS_YML.replace(
    "attribution:\n", "  - {slug: delhi, name: Delhi, timezone: Asia/Kolkata, members: [raj@acme.test]}\nattribution:\n"
).replace(
    'prices:\n  - {model: "metacode*", input_per_mtok: 0.40, output_per_mtok: 1.60}\n',
    'prices:\n  - {model: "metacode*", input_per_mtok: 1, output_per_mtok: 1}\n'
    '  - {model: "metacode*", input_per_mtok: 2, output_per_mtok: 2, from: 2026-11-24}\n',
)

CALLERS = (("anna@acme.test", ""), ("raj@acme.test", ""), ("who@else.test", "product"), ("", ""))
"""A user and a declared team each."""


def event_at(moment: datetime, **data: Any) -> UsageEvent:
    body = json.dumps(usage_event(1, at=moment, model="metacode-2", **data) | {"id": moment.isoformat()})
    ((_, event),) = SOURCES["cloudevents"](body.encode(), now=moment).events
    return event


def without_event(booking: Booking) -> tuple[object, ...]:
    return (booking.team_id, booking.rule, booking.local_day, booking.tool, booking.cost_nanos, booking.basis)


async def test_a_day_begins_and_a_price_with_it_on_the_second(books: Books) -> None:
    await books.imports(DELHI)
    rulebook = await books.context.rulebooks.latest()
    seconds = (-900, -1, 0, 1, 899, 900, -1, 0)  # there and back: the second time from the cache
    found = [
        rulebook.booking(event_at(MIDNIGHT_THERE + timedelta(seconds=second), team="delhi"), books.source)
        for second in seconds
    ]

    days = [date_of(booking.local_day).day for booking in found]
    assert days == [23, 23, 24, 24, 24, 24, 23, 24]
    assert [booking.cost_nanos for booking in found] == [1_100_000 * (day - 22) for day in days]


async def test_a_rule_begins_in_the_middle_of_a_quarter_of_an_hour(books: Books) -> None:
    rulebook = await books.context.rulebooks.latest()
    teams = {team.slug: team.id for team in rulebook.directory.teams}
    begins = micros(MIDNIGHT_THERE) + 417_000_001
    rulebook.attribution = Attribution(
        rules=[
            AttributionRule(kind="credential", pattern="key-7", team_id=teams["search"], until_at=begins),
            AttributionRule(kind="credential", pattern="key-7", team_id=teams["mobile"], from_at=begins, dated=True),
        ],
        team_ids={},
        team_of_user={},
        unattributed_id=rulebook.directory.unattributed.id,
    )

    def team_at(offset: int) -> int:
        moment = MIDNIGHT_THERE + timedelta(microseconds=417_000_001 + offset)
        return rulebook.booking(event_at(moment, credential="key-7"), books.source).team_id

    assert [team_at(offset) for offset in (-1, 0, -1, 0, 1)] == [
        teams[s] for s in ("search", "mobile") * 2 + ("mobile",)
    ]


async def test_like_words_of_another_source_or_another_way_are_decided_by_themselves(books: Books) -> None:
    rulebook = await books.context.rulebooks.latest()
    bound = type(books.source)(
        id=books.source.id + 1,
        name="mobile",
        format="cloudevents",
        role="meter",
        team_id=rulebook.directory.teams[2].id,
    )
    event = event_at(MIDNIGHT_THERE)

    first, other, again = (rulebook.booking(event, source) for source in (books.source, bound, books.source))

    assert (first.rule, other.rule) == ("declared team", "key:mobile")
    assert again == first


async def test_a_source_that_changed_is_not_answered_for_by_what_it_was(books: Books) -> None:
    """A request may come in by a key that was revoked since, when its source had another default."""
    rulebook = await books.context.rulebooks.latest()
    teams = {team.slug: team.id for team in rulebook.directory.teams}
    event = event_at(MIDNIGHT_THERE, team="", user="")
    held = (
        books.source,
        replace(books.source, default_team_id=teams["mobile"]),
        replace(books.source, team_id=teams["search"]),
        books.source,
    )
    found = [rulebook.booking(event, source).team_id for source in held]

    assert found == [teams[slug] for slug in ("unattributed", "mobile", "search", "unattributed")]


@pytest.mark.timeless
@pytest.mark.parametrize("database_copy", ["sqlite"], indirect=True)  # after the first line no database is asked
async def test_made_up_words_are_remembered_within_bounds(books: Books) -> None:
    rulebook = await books.context.rulebooks.latest()
    event = event_at(MIDNIGHT_THERE)
    for number in range(11_000):
        made_up = {field: f"{number}".ljust(256, "x") for field in ("model", "provider", "tool", "api_base")}
        labels = structs.replace(event.labels, **made_up)
        rulebook.booking(structs.replace(event, labels=labels), books.source)

    remembered = [labels for known in rulebook._memory.values() for labels in known]
    assert 0 < sum(len(word) for said in remembered for word in structs.astuple(said)) < 10_000_000


@pytest.mark.parametrize("minutes", [1, 11])
@pytest.mark.timeless
async def test_what_is_remembered_is_what_a_new_rulebook_decides(books: Books, minutes: int) -> None:
    await books.imports(DELHI)
    events = [
        event_at(MIDNIGHT_THERE + timedelta(minutes=minutes * step), user=user, team=team)
        for step in range(-40, 40)
        for user, team in CALLERS
    ]
    used = await books.context.rulebooks.latest()
    twice = [[without_event(used.booking(event, books.source)) for event in events] for _ in range(2)]

    async with books.context.store.read() as tx:
        for number, (event, *decided) in enumerate(zip(events, *twice, strict=True)):
            if number % len(CALLERS) == 0:  # callers differ in their words, so none is remembered for another
                read = await read_rulebook(tx, used.prices.book, at=books.context.now_micros())
                assert isinstance(read, Rulebook)
                fresh = read
            assert decided == [without_event(fresh.booking(event, books.source))] * 2
    assert any(first != second for first, second in pairwise(twice[0]))


@pytest.mark.parametrize("reported_first", [False, True])
@pytest.mark.timeless
async def test_a_booking_costs_what_its_price_says_whatever_its_kind(books: Books, reported_first: bool) -> None:
    rulebook = await books.context.rulebooks.latest()
    source = replace(books.source, reported_first=reported_first)
    kinds: list[dict[str, Any]] = [
        *({}, {"reported_nanos": 5}, {"reported_nanos": 0}, {"failed": True}, {"gateway_cache": True}),
        *(
            {"notional": True},
            {"unmetered": True},
            {"cache_write_5m": 300_000},
            {"reasoning": 3},
            {"reported_nanos": -5},
        ),
        *({"parts": (("audio_input", 7),)}, {"parts": (("video_output", 7),)}, {"uncached_input": 0, "output": 0}),
    ]
    models = [("metacode-2", ""), ("claude-sonnet-4-5", ""), ("gpt-5", "flex"), ("gpt-5", "fast"), ("made-up", "")]
    seen = set()
    for model, tier in models:
        for kind in kinds:
            event = event_at(MIDNIGHT_THERE)
            labels = structs.replace(event.labels, model=model, provider="", tier=tier)
            event = structs.replace(event, labels=labels, **{"reported_nanos": None, **kind})
            found = rulebook.booking(event, source)
            price = rulebook.prices.price(event, day=found.local_day, reported_first=reported_first)
            assert (found.cost_nanos, found.basis, found.book_nanos, found.notional_nanos) == (
                price.cost_nanos,
                price.basis,
                price.book_nanos,
                price.notional_nanos,
            )
            seen.add(found.basis)
    assert seen >= {"book", "contract", "reported", "unpriced", "failed", "gateway_cache", "notional", "unmetered"}
