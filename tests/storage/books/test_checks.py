"""`tokens check` names the rows at fault, whatever is wrong with them, and reads with flat memory."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import literal_column, text

from storage.books import usage_checks
from storage.books.marks import PRIME, marks
from storage.tables.intake import usage_days, usage_events
from tests.storage.conftest import Books

HOUR = timedelta(hours=1)
SPENT = ("cost_nanos", "uncached_input", "cache_read", "notional_nanos", "reasoning", "calls")


async def filled(books: Books) -> list[tuple[int, int, int]]:
    """Books usage of two models in three hours; returns the places of the hours, in order."""
    events = [
        books.event(f"{model}-{ago}", ago=ago * HOUR, model=model, dollars=7)
        for model in ("claude-opus-4-5", "claude-haiku-4-5")
        for ago in range(3)
    ]
    await books.takes(*events)
    assert await books.faults() == []
    return sorted((row.team_id, row.hour, row.series_id) for row in await books.rows("usage_hours"))


async def change(books: Books, *statements: str) -> None:
    async with books.context.store.begin() as tx:
        for statement in statements:
            await tx.connection.execute(text(statement))


def where(place: Sequence[int]) -> str:
    return f"WHERE team_id = {place[0]} AND hour = {place[1]} AND series_id = {place[2]}"


def line(place: Sequence[int]) -> str:
    return f"usage hours: team {place[0]}, hour {place[1]}, series {place[2]}: events and rollup differ"


@pytest.mark.parametrize("column", SPENT)
async def test_a_changed_amount_of_an_hour_is_named_with_its_row(books: Books, column: str) -> None:
    places = await filled(books)

    await change(books, f"UPDATE usage_hours SET {column} = {column} + 1 {where(places[1])}")

    assert await books.faults() == [line(places[1])]


async def test_amounts_that_were_swapped_between_hours_and_series_are_named(books: Books) -> None:
    """The sums of each hour, each series and all of them are right."""
    (team, first, one), (_, _, other), (_, second, _), *_ = await filled(books)
    corners = {(team, first, one): 5, (team, first, other): -5, (team, second, one): -5, (team, second, other): 5}

    await change(
        books, *(f"UPDATE usage_hours SET cost_nanos = cost_nanos + {by} {where(p)}" for p, by in corners.items())
    )

    assert await books.faults() == [line(place) for place in sorted(corners)]


async def test_a_lost_row_and_one_too_many_are_named(books: Books) -> None:
    places = await filled(books)
    extra = (places[0][0], 1, places[0][2])

    await change(
        books,
        f"DELETE FROM usage_hours {where(places[2])}",
        f"INSERT INTO usage_hours (team_id, hour, series_id, calls, cost_nanos) VALUES ({extra[0]}, 1, {extra[2]}, 1, 1)",
    )

    assert await books.faults() == [line(extra), line(places[2])]


async def test_a_day_at_fault_is_named_and_its_hours_are_not(books: Books) -> None:
    await filled(books)
    (team, day, series) = min((row.team_id, row.local_day, row.series_id) for row in await books.rows("usage_days"))

    await change(books, f"UPDATE usage_days SET output = output - 1 WHERE local_day = {day} AND series_id = {series}")

    assert await books.faults() == [f"usage days: team {team}, day {day}, series {series}: events and rollup differ"]


async def test_marks_of_pieces_add_up_to_those_of_the_whole(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    await filled(books)
    monkeypatch.setattr(usage_checks, "_ROWS", 2)  # a piece of few rows on SQLite

    async with books.context.store.read() as tx:
        query = marks(usage_events, [usage_events.c.local_day], calls=literal_column("1"))
        (_, whole) = (await tx.connection.execute(query)).one()
        (_, said) = (await tx.connection.execute(marks(usage_days, [usage_days.c.local_day]))).one()

    assert int(whole) % PRIME == int(said) % PRIME != 0
    assert await books.faults() == []


async def test_how_far_it_is_goes_up_to_the_end(books: Books) -> None:
    await filled(books)
    seen: list[tuple[str, int, int]] = []

    async with books.context.store.read() as tx:
        async for fault in usage_checks.usage_faults(tx, lambda *far: seen.append(far)):
            pytest.fail(fault)

    assert [what for what, done, total in seen if done == total] == ["Reading events", "Reading totals"]
    assert seen == sorted(seen, key=lambda far: (far[0] != "Reading events", far[1]))
