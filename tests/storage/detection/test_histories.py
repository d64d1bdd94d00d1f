"""What a process keeps of teams' hours is what the database would say, whatever came in meanwhile, and however late."""

import random
from datetime import timedelta
from typing import Any

import numpy as np

from bot.detection.detector.spike_hours import HISTORY_HOURS
from bot.detection.histories import Histories, SpendPart
from bot.periods import HOUR_MICROS
from handlers.detection.histories import refresh
from handlers.org.attribution_commands import reapply
from storage.detection.histories import TeamChange
from tests.storage.conftest import Books
from tests.support.company import TEAMS_YML

TEAMS = ("search", "mobile")


async def read(books: Books, histories: Histories, *, ahead_hours: int = 0) -> dict[int, int | None]:
    """Reads the teams' hours as a sweep does; the clock may be ahead."""
    first = books.context.now_micros() // HOUR_MICROS + ahead_hours - HISTORY_HOURS
    async with books.context.store.read() as tx:
        directory = (await books.context.rulebooks.current(tx)).directory
        ids = [team.id for team in directory.real_teams]
        return await refresh(tx, histories, ids, first_hour=first)


def shown(histories: Histories, hour: int) -> dict[Any, list[tuple[int, int]]]:
    """(hour, nano-dollars) of every part, and of the team itself; zeros left out."""
    first = hour - HISTORY_HOURS
    found: dict[Any, list[tuple[int, int]]] = {}
    for team_id, history in histories.teams.items():
        found[team_id] = _rows(history.by_hour(first, HISTORY_HOURS + 48), first)
        for part in histories.parts_of(team_id, ("credential", "model", "workflow", "tool", "person")):
            found[part] = _rows(histories.part_costs(part, first_hour=first, count=HISTORY_HOURS + 48), first)
    return {key: rows for key, rows in found.items() if rows}


def _rows(nanos: Any, first: int) -> list[tuple[int, int]]:
    return [(first + at, int(nanos[at])) for at in np.flatnonzero(nanos).tolist()]


async def changes(books: Books) -> dict[int, TeamChange]:
    async with books.context.store.read() as tx:
        return await tx.histories.changes()


async def test_what_was_kept_is_what_reading_everything_would_give(books: Books) -> None:
    """Usage of now, late usage, corrections and moved usage, in any order."""
    chance = random.Random(5)
    kept = Histories()
    hour = books.context.now_micros() // HOUR_MICROS
    for step in range(14):
        ago = timedelta(hours=chance.choice([0, 0, 1, 20, 47, 49, 200, 800]))
        events = [
            books.event(
                f"{step}-{n}",
                ago=ago,
                dollars=chance.randrange(1, 90),
                team=None if step % 3 == 0 else chance.choice(TEAMS),
                credential=chance.choice(["key-12", "ci-7", "ci-8"]),
                model=chance.choice(["acme-large", "acme-small"]),
                workflow=chance.choice(["", "evals"]),
            )
            for n in range(3)
        ]
        await books.takes(*events)
        if step == 8:
            await books.imports(
                TEAMS_YML.replace("{credential: key-12, team: search}", "{credential: ci-7, team: mobile}")
            )
            await reapply(books.context, since=books.context.now().date() - timedelta(days=40))
        await read(books, kept, ahead_hours=100 if step == 5 else 0)
        afresh = Histories()
        await read(books, afresh, ahead_hours=100 if step == 5 else 0)

        assert shown(kept, hour) == shown(afresh, hour)
    assert len(shown(kept, hour)) > 10


async def test_only_what_is_older_than_two_days_counts_as_rewritten(books: Books) -> None:
    await books.takes(books.event(1))
    ((team_id, first),) = (await changes(books)).items()
    await books.takes(books.event(2, ago=timedelta(hours=48)))
    await books.takes(books.event(3, ago=timedelta(hours=-20)))
    recent = (await changes(books))[team_id]
    await books.takes(books.event(4, ago=timedelta(hours=29)))
    late = (await changes(books))[team_id]

    assert (first.version, recent.version, late.version) == (1, 3, 4)
    assert (recent.rewrites - first.rewrites, late.rewrites - recent.rewrites) == (0, 1)
    assert recent.newest_hour - first.newest_hour in {20, 21}


async def test_it_says_since_when_a_team_changed(books: Books) -> None:
    histories = Histories()
    await books.takes(books.event(1, ago=timedelta(hours=30)))
    assert set((await read(books, histories)).values()) == {None}
    assert await read(books, histories) == {}

    await books.takes(books.event(2, ago=timedelta(hours=400)), books.event(3))
    (since,) = (await read(books, histories)).values()
    await books.takes(books.event(4, ago=timedelta(hours=3)))
    (then,) = (await read(books, histories)).values()

    now = books.context.now_micros()
    assert (since, then) == ((now // HOUR_MICROS) - 400, (now // HOUR_MICROS) - 3)


async def test_a_clock_that_comes_back_finds_the_hours_it_had_dropped(books: Books) -> None:
    histories, hour = Histories(), books.context.now_micros() // HOUR_MICROS
    await books.takes(books.event(1, ago=timedelta(hours=600), credential="ci-7"))
    await read(books, histories, ahead_hours=400)
    assert shown(histories, hour) == {}

    await read(books, histories)
    (team_id,) = {part.team_id for part in shown(histories, hour) if isinstance(part, SpendPart)}
    assert SpendPart(team_id, "credential", "ci-7") in shown(histories, hour)


async def test_the_hours_in_which_a_source_had_usage(books: Books) -> None:
    hour = books.context.now_micros() // HOUR_MICROS
    await books.takes(books.event(1), books.event(2), books.event(3, ago=timedelta(hours=5)))
    await books.takes(books.event(3, ago=timedelta(hours=5)), books.event(4, ago=timedelta(hours=5)))
    async with books.context.store.read() as tx:
        used = await tx.histories.used_hours(first_hour=hour - 10)

    assert used == {books.source.id: {hour, hour - 5}}
