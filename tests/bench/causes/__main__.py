"""`python -m tests.bench.causes`: how often a digest's headline names the planted cause of a week, and blames something in
a quiet one. Usage is written into a database, and the product's own reads and words make the headlines.
"""

import argparse
import asyncio
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from bot.clock import ShiftedClock
from bot.org.teams_yml.teams_file import read_teams_file
from bot.periods import day_number, week_of
from bot.settings import Settings
from bot.views.reporting.digests import finding_words
from handlers.cli import prepare
from handlers.org.teams import import_teams
from handlers.reporting.digests import build_digest
from storage import bulk
from storage.store import Transaction
from tests.bench.causes.planting import PLANTED, Planted, TeamWeek, team_week

out = Console(highlight=False, width=140)
SEEDS = (1, 2, 3, 4)
TEAM_WEEKS = 504
QUIET_SHARE = 3
"""Weeks without a cause for each with one of a kind."""
_SERIES = ("id", "team_id", "tool", "provider", "model", "workflow", "person_id", "credential", "basis")
_DAYS = ("team_id", "local_day", "series_id", "calls", "uncached_input", "cache_read", "output", "cost_nanos")
_SPLIT = ((0, 7), (3, 3))
"""Days of the week with their tenths of its usage."""


class Judged(NamedTuple):
    """A headline, and whether it is right: it names the planted cause, or blames nothing in a quiet week."""

    week: TeamWeek
    headline: str
    is_right: bool


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.causes", description=__doc__)
    parser.add_argument("--seed", type=int, nargs="+", default=list(SEEDS), dest="seeds")
    parser.add_argument("--weeks", type=int, default=TEAM_WEEKS, help="team-weeks per seed")
    parser.add_argument("--misses", action="store_true", help="print every headline that is wrong")
    asked = parser.parse_args()
    with ProcessPoolExecutor(2) as pool:
        found = list(pool.map(judged, asked.seeds, [asked.weeks] * len(asked.seeds)))
    table = Table(title="Headlines by planted cause", title_justify="left")
    for name in ("seed", "team-weeks", *PLANTED[:-1], "all causes", "blamed in a quiet week"):
        table.add_column(name, justify="right")
    for seed, weeks in zip(asked.seeds, found, strict=True):
        table.add_row(str(seed), str(len(weeks)), *_shares(weeks))
    table.add_row("all", str(sum(map(len, found))), *_shares([one for weeks in found for one in weeks]))
    out.print(table)
    if asked.misses:
        for seed, weeks in zip(asked.seeds, found, strict=True):
            for one in weeks:
                if not one.is_right:
                    facts = f"{seed} {one.week.planted} {one.week.style} {one.week.effect:+.0%} {one.week.expected}"
                    out.print(f"{facts}: {one.headline}", markup=False, soft_wrap=True)


def _shares(weeks: list[Judged]) -> list[str]:
    right, all_of = (
        Counter(one.week.planted for one in weeks if one.is_right),
        Counter(one.week.planted for one in weeks),
    )
    causes = [kind for kind in PLANTED if kind != "none"]
    named = sum(right[kind] for kind in causes) / max(1, sum(all_of[kind] for kind in causes))
    blamed = 1 - right["none"] / max(1, all_of["none"])
    return [*(f"{right[kind] / max(1, all_of[kind]):.1%}" for kind in causes), f"{named:.1%}", f"{blamed:.1%}"]


def judged(seed: int, count: int) -> list[Judged]:
    """Returns a seed's headlines."""
    return asyncio.run(_judge(_team_weeks(seed, count)))


def _team_weeks(seed: int, count: int) -> list[TeamWeek]:
    chance = np.random.default_rng(seed)
    kinds: list[Planted] = [*PLANTED, *["none"] * (QUIET_SHARE - 1)]  # type: ignore[list-item]
    return [team_week(chance, kinds[at % len(kinds)]) for at in range(count)]


async def _judge(weeks: list[TeamWeek]) -> list[Judged]:
    with tempfile.TemporaryDirectory(prefix="tokens-causes-") as folder:
        clock = ShiftedClock()
        context = await prepare(Settings(database_url=f"sqlite:///{Path(folder)}/tokens.db"), clock)
        try:
            slugs = "\n".join(f"  - {{slug: team-{at}, name: Team {at}}}" for at in range(len(weeks)))
            organisation = "organisation: {name: Acme, timezone: UTC, mode: govern}"
            await import_teams(context, read_teams_file(f"{organisation}\nteams:\n{slugs}\n"), dry_run=False)
            monday = week_of(day_number(clock.now().date()))[0] - 7
            async with context.store.begin() as tx:
                teams = [(await context.scope(tx)).directory.by_slug(f"team-{at}") for at in range(len(weeks))]
                await _write(tx, {team.id: week for team, week in zip(teams, weeks, strict=True) if team}, monday)
            found = []
            async with context.store.read() as tx:
                scope = await context.scope(tx)
                for week, team in zip(weeks, teams, strict=True):
                    assert team is not None
                    digest = await build_digest(scope.of_team(team), monday)
                    headline, cause = finding_words(digest), digest.change.cause
                    blames = cause is not None and cause.kind != "many"  # which blames nothing
                    named = blames and all(word in headline for word in week.expected)
                    found.append(Judged(week, headline, named if week.planted != "none" else not blames))
            return found
        finally:
            await context.store.close()


async def _write(tx: Transaction, weeks: dict[int, TeamWeek], monday: int) -> None:
    """Writes the teams' series and their days."""
    ids: dict[tuple[object, ...], int] = {}
    days: dict[tuple[int, int, int], list[int]] = {}
    for team_id, week in weeks.items():
        for use in week.uses:
            series = ids.setdefault((team_id, *use[1:5], use.person_id, use.credential, use.basis), len(ids) + 1)
            left = (use.calls, use.uncached_input, use.cache_read, use.output, use.cost_nanos)
            for at, (weekday, tenths) in enumerate(_SPLIT):
                kept = days.setdefault((team_id, monday - 7 * use.week + weekday, series), [0] * len(left))
                for place, n in enumerate(left):
                    kept[place] += n * tenths // 10 if at == 0 else n - n * _SPLIT[0][1] // 10
    await bulk.insert(tx.connection, "usage_series", _SERIES, [(series, *named) for named, series in ids.items()])
    await bulk.insert(tx.connection, "usage_days", _DAYS, [(*key, *sums) for key, sums in days.items()])


if __name__ == "__main__":
    main()
