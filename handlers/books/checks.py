"""`tokens check`: recomputes every sum and chain, and lists disagreements."""

import time

import typer

from handlers.cli import err, opened, out, run
from handlers.progress import Reporter
from storage.books.checks import faults


def check_command() -> None:
    """Proves that events, rollups, ledger and audit log agree. Exit code 1 if anything does not."""

    async def work() -> int:
        count = 0
        with Reporter(err) as reporter:
            async with opened() as context, context.store.read() as tx:
                async for fault in faults(tx, reporter.show):
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
