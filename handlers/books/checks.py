"""`tokens check`: recomputes every sum and chain, and lists disagreements."""

import time
from datetime import date
from typing import Annotated

import typer

from bot.periods import day_number
from bot.refusals import ConfigError
from handlers.cli import err, opened, out, run
from handlers.context import Context
from handlers.progress import Reporter
from storage.books.checks import faults


def check_command(
    since: Annotated[
        str, typer.Option("--since", metavar="PERIOD|DAY", help="Only the tail, such as from 2026-11 or 2026-11-15 on.")
    ] = "",
) -> None:
    """Proves that events, rollups, ledger, periods, statements and audit log agree. Exit code 1 if anything does not."""

    async def work() -> int:
        count = 0
        with Reporter(err) as reporter:
            async with opened() as context:
                since_day = await _first_day(context, since) if since else None
                async with context.store.read() as tx:
                    async for fault in faults(tx, reporter.show, since_day=since_day):
                        out.print(fault, markup=False)
                        count += 1
        return count

    started = time.monotonic()
    disagreements = run(work())
    err.print(f"The check took {time.monotonic() - started:.1f} s.")
    out.print(
        "Everything agrees."
        if not disagreements
        else f"{disagreements} disagreement{'' if disagreements == 1 else 's'}."
    )
    if disagreements:
        raise typer.Exit(1)


async def _first_day(context: Context, since: str) -> int:
    """Returns the first day of a period's name, or a day's own number. Raises ConfigError for anything else."""
    calendar = (await context.rulebooks.latest()).directory.organisation.calendar
    try:
        return calendar.named(since.upper()).first_day
    except ValueError:
        pass
    try:
        return day_number(date.fromisoformat(since))
    except ValueError as error:
        raise ConfigError(
            f"--since: {since[:30]!r} is no period and no day; write it like 2026-11 or 2026-11-15"
        ) from error
