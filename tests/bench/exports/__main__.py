"""Exports of a month with adjusting rows add up to the books: `python -m tests.bench.exports`, 100,000 events by default."""

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path

from bot.clock import ShiftedClock
from bot.periods import Period
from bot.settings import Settings
from handlers.books.exports.commands import export
from handlers.books.exports.sources import EXPORTS, ExportName
from handlers.cli import prepare
from handlers.context import Context
from tests.bench.databases import databases
from tests.support.company import organise
from tests.support.export_month import (
    as_usage,
    booked_sums,
    charged_sums,
    exported_charges,
    exported_sums,
    fill_organised,
    read_csv,
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.exports", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--keep", type=Path, help="a folder for the files")
    asked = parser.parse_args()
    good = True
    for kind in [asked.only] if asked.only else ("sqlite", "postgresql"):
        with databases(kind) as made, tempfile.TemporaryDirectory() as folder:
            url = asyncio.run(made.new())
            good = asyncio.run(measure(url, kind, asked.keep or Path(folder), events=asked.events)) and good
    return 0 if good else 1


async def measure(url: str, kind: str, folder: Path, *, events: int) -> bool:
    """Fills a database, exports it, and returns whether all sums agree."""
    context = await prepare(Settings(database_url=url, answer_seconds=60), ShiftedClock())
    try:
        period = await fill_organised(context, await organise(context), events=events)
        for name in EXPORTS:
            await _timed(context, kind, name, folder, period)
        await _timed(context, kind, "usage", folder, period, parquet=True)
        return await _agrees(context, kind, folder, period)
    finally:
        await context.store.close()


async def _timed(
    context: Context, kind: str, name: ExportName, folder: Path, period: Period, *, parquet: bool = False
) -> None:
    ending = "parquet" if parquet else "csv"
    file = folder / f"{kind}-{name}.{ending}"
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    rows = await export(
        context, name, str(file), period=period.name, file_format="parquet" if parquet else "csv", is_silent=True
    )
    cpu, grown = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    size = file.stat().st_size / 1e6
    _say(
        f"{kind}: {name}.{ending}: {rows:,} rows, {size:.1f} MB, {cpu:.1f} s of CPU, {grown / 1024:.0f} MB more memory"
    )


async def _agrees(context: Context, kind: str, folder: Path, period: Period) -> bool:
    files = [folder / f"{kind}-{name}.csv" for name in ("usage", "ledger", "focus")]
    usage, ledger, focus = [read_csv(await asyncio.to_thread(file.read_text)) for file in files]
    booked = await booked_sums(context, period)
    found = {
        "usage": exported_sums(usage) == booked,
        "ledger": exported_charges(ledger) == await charged_sums(context),
        "focus": exported_sums(map(as_usage, focus)) == booked,
    }
    for name, is_right in found.items():
        _say(f"{kind}: {name}: {'every sum is the books' if is_right else 'ANOTHER SUM than the books have'}")
    return all(found.values())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    raise SystemExit(main())
