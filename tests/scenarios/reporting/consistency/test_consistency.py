"""Equal figures are equal on every surface, and equal to the sum over single events: over six months, for every team, zone
and role, and around the midnights of nine zones."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.scenarios.reporting.consistency.judges import ALL, Judge
from tests.scenarios.reporting.consistency.worlds import ZONES, midnight, world

EVERYTHING = bool(os.environ.get("CONSISTENCY_OF_EVERYTHING"))
"""`make consistency` judges every team at every moment; else each team has its months and its midnights."""
MONTHS = tuple(datetime(2026, month, 17, 12, 3, tzinfo=UTC) for month in range(6, 12))
MONDAY = date(2026, 10, 26)
"""The clocks of London go back the day before; those of Lord Howe and Auckland went on this month."""
MINUTES = (-5, 0, 5) if EVERYTHING else (-5, 5)
SEEDS = (1, 2) if EVERYTHING else (1,)


async def test_equal_figures_are_equal_everywhere(database_url: str, tmp_path: Path) -> None:
    faults: list[str] = []
    amounts = 0
    for seed in SEEDS:
        moments: list[tuple[datetime, tuple[str, ...]]] = [
            (at, ALL if EVERYTHING else ALL[number::3]) for number, at in enumerate(MONTHS)
        ]
        for slug, zone in ZONES.items():
            at = midnight(MONDAY, zone)
            moments += [(at + timedelta(minutes=more), ALL if EVERYTHING else (slug,)) for more in MINUTES]
        async with world(database_url, seed=seed, first=datetime(2026, 5, 31, tzinfo=UTC)) as company:
            for at, slugs in sorted(moments):
                await company.goes_to(at)
                judge = Judge(company.context)
                for slug in slugs:
                    await judge.judge_team(slug)
                await judge.judge_company()
                await judge.judge_person("member")
                if at in MONTHS:
                    await judge.judge_exports(tmp_path)
                    await judge.judge_strangers()
                faults, amounts = faults + judge.faults, amounts + judge.amounts

    assert amounts > 1_000
    assert not faults, "\n".join(faults)
