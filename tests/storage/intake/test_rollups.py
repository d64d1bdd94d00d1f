"""The totals are the same by every path, and readers notice their changes."""

from datetime import timedelta
from typing import Any

import msgspec

from bot.intake.adjustments import Change
from bot.periods import HOUR_MICROS
from storage.intake.booked_events import EventFilter, current_pages
from tests.storage.conftest import Books

TEAMS = {"search": "anna@acme.test", "mobile": "mia@acme.test"}


def calls(books: Books, team: str) -> list[dict[str, Any]]:
    return [
        books.event(
            f"{team}-{number}", dollars=number + 1, ago=timedelta(hours=number % 3), team=team, user=TEAMS[team]
        )
        for number in range(7)
    ]


async def team_ids(books: Books) -> list[int]:
    directory = (await books.context.rulebooks.latest()).directory
    return [next(team.id for team in directory.teams if team.slug == slug) for slug in TEAMS]


async def kept_of(books: Books, team_id: int) -> tuple[list[Any], ...]:
    """Returns a team's hours, days and changes, without ids of the team."""
    found = []
    for table in ("usage_hours", "usage_days", "team_changes"):
        rows = [row._asdict() for row in await books.rows(table) if row.team_id == team_id]
        found.append([{k: v for k, v in row.items() if k not in ("team_id", "series_id")} for row in rows])
    return tuple(found)


async def test_the_express_and_the_longer_way_keep_the_same(books: Books) -> None:
    await books.takes(*(calls(books, team)[0] for team in TEAMS))  # the full path, which creates all references
    for team, more in (("search", []), ("mobile", [{"id": "unreadable"}])):  # a bad row takes the full path
        assert (await books.takes(*calls(books, team)[1:], *more)).accepted == 6

    express, longer = [await kept_of(books, team_id) for team_id in await team_ids(books)]

    assert express == longer
    assert [changes["version"] for changes in express[2]] == [2]
    assert sum(hour["calls"] for hour in express[0]) == 7


async def test_what_moves_to_another_team_is_news_of_both(books: Books) -> None:
    await books.takes(*(calls(books, team)[0] for team in TEAMS))
    search, mobile = await team_ids(books)
    ((booked, *_),) = [
        page async for page in current_pages(books.context.store.read, EventFilter(event_id="req-search-0"))
    ]
    before = {row.team_id: row for row in await books.rows("team_changes")}

    async with books.context.store.begin() as tx:
        moved = Change(booked, msgspec.structs.replace(booked, team_id=mobile))
        at = books.context.now_micros()
        assert await tx.adjustments.adjust([moved], kind="move", at=at, actor_id=None, document="test")

    after = {row.team_id: row for row in await books.rows("team_changes")}
    hour = booked.occurred_at // HOUR_MICROS
    for team_id in (search, mobile):
        assert after[team_id].version == before[team_id].version + 1
        assert after[team_id].oldest_hour <= hour <= after[team_id].newest_hour
