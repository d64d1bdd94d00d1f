"""`make clients`: runs real programs against stand-in model APIs and compares the books with what these billed."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console

from tests.clients.programs import PROGRAMS
from tests.clients.report import details, is_clean, judged, table, write_page
from tests.clients.stage import Wanted, run_programs
from tests.support.paths import ROOT
from tests.support.postgres import postgres

PAGE = ROOT / "docs" / "connect" / "README.md"
out = Console(highlight=False, soft_wrap=True, markup=False)


def main() -> None:
    """Runs the programs and exits with 1 if a call is lost, doubled or booked wrong."""
    slugs = [program.slug for program in PROGRAMS]
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description=__doc__)
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=f"which to run: {', '.join(slugs)}; all if none")
    parser.add_argument("--calls", type=int, default=40, help="the least number of calls of each program")
    parser.add_argument("--at-once", type=int, default=1, help="how many programs run at the same time")
    parser.add_argument("--newest", action="store_true", help="install the newest versions instead of the pinned ones")
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "clients", help="where programs are installed")
    parser.add_argument("--homes", type=Path, help="where their homes are made, and kept; default: a temporary folder")
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep the bodies that the programs post, without keys"
    )
    parser.add_argument("--postgresql", action="store_true", help="book into a PostgreSQL of its own, not into SQLite")
    parser.add_argument("--write", action="store_true", help="write the table into docs/connect/README.md")
    asked = parser.parse_args()
    if unknown := set(asked.programs) - set(slugs):
        parser.error(f"no such program: {', '.join(sorted(unknown))}")
    asked.cache = asked.cache.resolve()
    if asked.homes:
        asked.homes.mkdir(parents=True, exist_ok=True)
        sys.exit(asyncio.run(_run(asked, asked.homes.resolve())))
    with tempfile.TemporaryDirectory(prefix="tokens-clients-") as folder:
        sys.exit(asyncio.run(_run(asked, Path(folder))))


@asynccontextmanager
async def _database(folder: Path, *, is_postgresql: bool) -> AsyncIterator[str]:
    if not is_postgresql:
        yield f"sqlite:///{folder}/tokens.db"
        return
    async with postgres() as server:
        await server.create()
        yield server.address


async def _run(asked: argparse.Namespace, folder: Path) -> int:
    programs = [program for program in PROGRAMS if not asked.programs or program.slug in asked.programs]
    wanted = Wanted(
        cache=asked.cache, homes=folder, calls=asked.calls, newest=asked.newest, at_once=asked.at_once, kept=asked.keep
    )
    async with _database(folder, is_postgresql=asked.postgresql) as database_url:
        performances, books, seen = await run_programs(programs, wanted, database_url, tell=out.print)
    found = judged(performances, books)
    lines = table(found)
    out.print("\n".join([*lines, "", *details(found, books), "", seen]))
    if asked.write:
        write_page(PAGE, lines)
        out.print(f"The table is in {PAGE.relative_to(ROOT)}.")
    return 0 if is_clean(found, books) else 1


if __name__ == "__main__":
    main()
