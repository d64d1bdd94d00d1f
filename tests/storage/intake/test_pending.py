"""Totals that wait: a fold makes them exact, `tokens check` counts what waits, and what is lost has a name."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from bot.money import NANOS
from bot.periods import HOUR_MICROS
from bot.sources import SOURCES
from handlers.intake.totals import DeferredTotals, fold_totals, may_wait
from storage.books.checks import faults
from storage.intake import pending
from storage.intake.groups.fast_writer import FastWriter
from tests.storage.conftest import Books, Json

BODIES = 8
ROWS = 5


def bodies(books: Books, name: str) -> list[list[Json]]:
    """Bodies of calls of three workflows, over several hours and days."""
    return [
        [
            books.event(f"{name}-{body}-{row}", ago=timedelta(hours=7 * row), workflow=f"flow-{row % 3}", user=USER)
            for row in range(ROWS)
        ]
        for body in range(BODIES)
    ]


USER = "emi@acme.test"


async def floods(books: Books, name: str = "flood") -> None:
    """Books many bodies at once, one a group, so that others wait behind all but the last."""
    answers = await asyncio.gather(*(books.takes(*body) for body in bodies(books, name)))
    assert sum(answer.accepted for answer in answers) == BODIES * ROWS


@pytest.fixture
async def loaded(books: Books, monkeypatch: pytest.MonkeyPatch) -> Books:
    """Books that know all people and series, with one body a group."""
    monkeypatch.setattr(books.context, "settings", books.context.settings.model_copy(update={"group_rows": 1}))
    await books.takes(*bodies(books, "first")[0])
    return books


@pytest.fixture
def unfolded(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Ends every process before its first fold, until the patch is undone."""

    async def dies(*_: object, **__: object) -> None:
        pass

    with monkeypatch.context() as patch:
        patch.setattr(DeferredTotals, "fold", dies)
        yield patch


EXACT = {((BODIES + 1) * ROWS, (BODIES + 1) * ROWS * NANOS)}


def test_a_fold_takes_the_oldest_groups_up_to_its_size_and_always_one() -> None:
    most = pending.FOLD_EVENTS

    assert pending.next_fold([]) == []
    assert pending.next_fold([(7, most * 3), (8, 1)]) == [7]
    assert pending.next_fold([(7, 1), (8, most - 1), (9, 1)]) == [7, 8]


async def test_the_last_answer_of_a_flood_comes_when_all_totals_are_exact(loaded: Books) -> None:
    (before,) = await loaded.rows("team_changes")

    await floods(loaded)

    assert await loaded.totals() == EXACT
    assert await loaded.rows("usage_pending") == []
    assert await loaded.faults() == []
    (after,) = await loaded.rows("team_changes")
    assert before.version < after.version < before.version + BODIES  # one fold for many groups


async def test_what_waits_is_counted_by_the_check_and_folded_after_a_restart(
    loaded: Books, unfolded: pytest.MonkeyPatch
) -> None:
    (before,) = await loaded.rows("team_changes")
    await floods(loaded)
    assert sum(row.calls for row in await loaded.rows("usage_pending")) >= (BODIES - 2) * ROWS
    assert len(await loaded.totals()) == 2  # the totals miss what the events have
    assert await loaded.faults() == []

    unfolded.undo()
    assert await fold_totals(loaded.context) == 1

    assert await loaded.totals() == EXACT
    assert await loaded.rows("usage_pending") == []
    assert await loaded.faults() == []
    (after,) = await loaded.rows("team_changes")
    hours = {row.occurred_at // HOUR_MICROS for row in await loaded.rows("usage_events")}
    assert after.version > before.version
    assert (after.oldest_hour, after.newest_hour) == (min(hours), max(hours))
    assert await fold_totals(loaded.context) == 0


@pytest.mark.usefixtures("unfolded")
async def test_a_group_whose_totals_got_lost_has_a_name(loaded: Books) -> None:
    await floods(loaded)
    lost = text("DELETE FROM usage_pending WHERE id = (SELECT min(id) FROM usage_pending)")

    async with loaded.context.store.begin() as tx:
        await tx.connection.execute(lost)
        found = [fault async for fault in faults(tx)]

    assert sum("events and rollup differ" in fault for fault in found) == len(found) > 0


async def test_folds_at_once_take_every_group_once_beside_who_books(
    loaded: Books, unfolded: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    await floods(loaded)
    unfolded.undo()
    monkeypatch.setattr(pending, "FOLD_EVENTS", ROWS)  # a fold for each group
    groups = len(await loaded.rows("usage_pending"))
    direct = [loaded.event(f"direct-{row}", workflow=f"flow-{row % 3}", user=USER) for row in range(ROWS)]

    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(fold_totals(loaded.context))
        booked = tasks.create_task(loaded.takes(*direct))

    assert groups > 3
    assert await loaded.rows("usage_pending") == []
    assert booked.result().accepted == ROWS
    assert len(await loaded.totals()) == 1
    assert await loaded.faults() == []


async def test_a_fold_that_fails_takes_no_answer_back_and_comes_again(
    loaded: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_: FastWriter) -> bool:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch, capture_logs() as logged:
        for writer in set(map(type, loaded.intake._fast_writers)):
            patch.setattr(writer, "fold", fails)
        await floods(loaded)
    assert {line["event"] for line in logged if line["log_level"] != "info"} == {"totals wait"}
    assert await loaded.faults() == []

    again: dict[str, Any] = loaded.event("later", workflow="flow-1", user=USER)
    await loaded.takes(again)

    assert await loaded.rows("usage_pending") == []
    assert len(await loaded.totals()) == 1


async def test_a_group_that_no_total_can_hold_is_set_aside_and_holds_up_no_other(
    loaded: Books, unfolded: pytest.MonkeyPatch
) -> None:
    await floods(loaded)
    full = text(f"UPDATE usage_hours SET cost_nanos = {2**63 - 1} WHERE hour = (SELECT max(hour) FROM usage_hours)")
    async with loaded.context.store.begin() as tx:
        await tx.connection.execute(full)
    older = [loaded.event(f"older-{row}", ago=timedelta(days=3), workflow="flow-1", user=USER) for row in range(ROWS)]
    newer = [loaded.event(f"newer-{row}", workflow="flow-0", user=USER) for row in range(ROWS)]
    await asyncio.gather(loaded.takes(*older), loaded.takes(*newer))
    waiting = await loaded.rows("usage_pending")

    unfolded.undo()
    await fold_totals(loaded.context)

    aside = await loaded.rows("usage_pending")
    assert 0 < len(aside) < len(waiting)
    assert all(row.calls == -ROWS for row in aside)
    await fold_totals(loaded.context)
    assert await loaded.rows("usage_pending") == aside


@pytest.mark.parametrize(("dollars", "waits"), [(10_000, True), (10_001, False)])
async def test_enormous_amounts_never_wait(loaded: Books, dollars: int, waits: bool) -> None:
    event = loaded.event("large", dollars=dollars, workflow="flow-0", user=USER)
    parsed = SOURCES["cloudevents"](json.dumps([event]).encode(), now=loaded.context.now())
    rulebook = await loaded.context.rulebooks.latest()

    (booking,) = rulebook.bookings([event for _, event in parsed.events], loaded.source)

    assert may_wait(booking.cost_nanos) is waits
