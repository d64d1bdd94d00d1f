"""`tokens check`: recomputes every sum and chain, and lists disagreements."""

import typer

from handlers.cli import opened, out, run
from storage.books.checks import faults


def check_command() -> None:
    """Proves that events, rollups, ledger and audit log agree. Exit code 1 if anything does not."""

    async def work() -> list[str]:
        async with opened() as context, context.store.read() as tx:
            return [fault async for fault in faults(tx)]

    found = run(work())
    for fault in found:
        out.print(fault, markup=False)
    out.print("Everything agrees." if not found else f"{len(found)} disagreement{'' if len(found) == 1 else 's'}.")
    if found:
        raise typer.Exit(1)
