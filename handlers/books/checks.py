"""`tokens check`: recomputes every sum and chain, and lists disagreements."""

import typer

from handlers.cli import opened, out, run
from storage.books.checks import faults


def check_command() -> None:
    """Proves that events, rollups, ledger and audit log agree. Exit code 1 if anything does not."""

    async def work() -> list[str]:
        async with opened() as context, context.store.read() as tx:
            return [fault async for fault in faults(tx)]

    disagreements = run(work())
    for fault in disagreements:
        out.print(fault, markup=False)
    out.print(
        "Everything agrees."
        if not disagreements
        else f"{len(disagreements)} disagreement{'' if len(disagreements) == 1 else 's'}."
    )
    if disagreements:
        raise typer.Exit(1)
