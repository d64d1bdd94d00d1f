"""`python -m tests.bench.year`: makes a year of ten million events, and measures what Tokens takes to answer about it."""

import argparse
import asyncio
from datetime import UTC, datetime

from rich.console import Console

from bot.settings import Settings
from storage.migrate import migrate
from tests.bench.year.company import Size
from tests.bench.year.make import make_year

out = Console(highlight=False, width=130)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.year", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000, help="how many events the year has")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes another year")
    parser.add_argument("--into", metavar="PATH_OR_URL", help="only make the year, in this empty database")
    asked = parser.parse_args()
    asyncio.run(_make(asked.into, Size(events=asked.events), seed=asked.seed))


async def _make(into: str, size: Size, *, seed: int) -> None:
    plain = into if "://" in into else f"sqlite:///{into}"
    url = Settings(database_url=plain).database_url
    await migrate(url)
    now = datetime.now(UTC)
    keys = await make_year(url, size, now=now, seed=seed, said=out.print)
    out.print(f"A year up to {now:%Y-%m-%d %H:%M} UTC, seed {seed}. Keys of its sources:")
    for name, key in keys.items():
        out.print(f"{name} {key}")


if __name__ == "__main__":
    main()
