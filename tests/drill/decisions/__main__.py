"""`python -m tests.drill.decisions`: the bot dies at every step of a decision, in every order, on both databases.

After each death the next life makes good what the last one left: the request is decided once, booked once and shown once,
and the asker gets one verdict,
or the same one twice if Slack took it and nobody marked it. Exits with code 1 at the first that is not.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console

from bot.settings import Settings
from tests.support.decisions.acme_process import decides_through, deciding
from tests.support.decisions.deaths import DEATHS
from tests.support.postgres import postgres

out = Console(highlight=False, soft_wrap=True)


def main() -> None:
    """Runs the drill."""
    parser = argparse.ArgumentParser(prog="python -m tests.drill.decisions", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often it dies at each step, on each database")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the order")
    asked = parser.parse_args()
    sys.exit(asyncio.run(_drill(asked.rounds, asked.seed)))


async def _drill(rounds: int, seed: int) -> int:
    chance = random.Random(seed)
    for name, database in (("SQLite", _sqlite), ("PostgreSQL", _postgresql)):
        deaths = [death for _ in range(rounds) for death in chance.sample(DEATHS, len(DEATHS))]
        began = time.monotonic()
        async with database() as url, deciding(url) as acme:
            try:
                await decides_through(acme, deaths)
            except AssertionError as error:
                out.print(f"{name}: {error}", markup=False)
                out.print(f"The steps were: {deaths}", markup=False)
                return 1
        seconds = time.monotonic() - began
        words = f"{len(deaths)} deaths at {len(DEATHS)} steps, each decided, booked and shown once; the books agree"
        out.print(f"{name}: {words} ({seconds:.0f} s).", markup=False)
    return 0


@asynccontextmanager
async def _sqlite() -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory(prefix="tokens-drill-") as folder:
        yield Settings(database_url=f"sqlite:///{Path(folder) / 'tokens.db'}").database_url


@asynccontextmanager
async def _postgresql() -> AsyncIterator[str]:
    async with postgres() as server:
        yield await server.create()


if __name__ == "__main__":
    main()
