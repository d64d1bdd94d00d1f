"""`make drill`: a ten-minute drill with faults, its verdict as a table, and exit code 1 if something was lost or doubled."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.drill.judge import Finding, judge
from tests.drill.report import as_page, as_text
from tests.drill.stage import Drill, run_drill
from tests.support.paths import ROOT
from tests.support.postgres import postgres

out = Console(highlight=False, soft_wrap=True)
PAGE = ROOT / "docs" / "reliability.md"


def main() -> None:
    """Runs a drill and exits with 1 if its verdict is not clean."""
    parser = argparse.ArgumentParser(prog="python -m tests.drill", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the faults last")
    parser.add_argument("--seed", type=int, default=1, help="the seed of every choice")
    parser.add_argument("--database", metavar="URL", help="an empty PostgreSQL database; default: a server of its own")
    parser.add_argument("--logs", type=Path, help="a folder for the processes' logs; default: a temporary one")
    parser.add_argument("--write", action="store_true", help="write the table into docs/reliability.md")
    asked = parser.parse_args()
    if asked.database and not asked.database.startswith(("postgres://", "postgresql://")):
        parser.error("--database must be a PostgreSQL: several processes share it")
    sys.exit(asyncio.run(_drill(asked)))


async def _drill(asked: argparse.Namespace) -> int:
    folder = asked.logs or Path(tempfile.mkdtemp(prefix="tokens-drill-"))
    folder.mkdir(parents=True, exist_ok=True)
    out.print(f"Drill of {asked.minutes:g} minutes with seed {asked.seed}; logs are in {folder}")
    if asked.database:
        return await _run(asked, folder, asked.database)
    async with postgres() as server:
        await server.create()
        return await _run(asked, folder, server.address)


async def _run(asked: argparse.Namespace, folder: Path, database_url: str) -> int:
    drill = Drill(folder=folder, database_url=database_url, seed=asked.seed)
    stored, agrees = await run_drill(drill, minutes=asked.minutes)
    found = judge(drill.records, stored)
    found.append(Finding(what="faults of `tokens check`", found=[] if agrees else ["see the log of the drill"]))
    out.print(as_text(found, drill.records, stored, minutes=asked.minutes, seed=asked.seed), markup=False)
    if asked.write:
        as_page(PAGE, found, drill.records, stored, minutes=asked.minutes, seed=asked.seed)
        out.print(f"The table is in {PAGE.relative_to(ROOT)}.")
    return int(any(finding.fails for finding in found))


if __name__ == "__main__":
    main()
