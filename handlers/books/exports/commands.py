"""`tokens export`: usage, ledger and audit log as files for finance and data teams."""

import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from bot.books.exports.beancount import (
    beancount_balances,
    beancount_header,
    beancount_moves,
    beancount_opened,
)
from bot.books.exports.columns import ExportRow
from bot.books.exports.focus import PROFILES
from bot.periods import DAY_MICROS
from bot.refusals import ConfigError, FieldRefusal
from handlers.books.exports.files import FORMATS, FileFormat, encoded, require_pyarrow
from handlers.books.exports.sources import (
    COLUMNS,
    ExportName,
    export_scope,
    ledger_periods,
    note_named_people,
    removed_before,
    rows_of,
)
from handlers.cli import err, fail, opened, run
from handlers.context import Context
from handlers.progress import Reporter
from storage.books.exports.entry_rows import EntryRows
from storage.books.exports.pages import PAGE, pages
from storage.books.exports.snapshots import snapshot_now

commands = typer.Typer(help="Usage, ledger and audit log as files, for finance and data teams.", no_args_is_help=True)
STANDARD_OUTPUT = "-"

PeriodOption = Annotated[str | None, typer.Option("--period", help="A period, such as 2026-11; without it everything.")]
OutOption = Annotated[str, typer.Option("--out", help="The file to write; `-` is standard output.")]
FormatOption = Annotated[str | None, typer.Option("--format", help="csv or parquet; without it, by the file's name.")]


def format_of(out: str, chosen: str | None) -> FileFormat:
    """Returns the format that was chosen, or that a file's name says. Raises ConfigError if there is no such format."""
    if chosen is None:
        return "parquet" if out.endswith(".parquet") else "csv"
    for known in FORMATS:
        if chosen == known:
            return known
    raise ConfigError(f"--format: {chosen!r} is no format; there are: {', '.join(FORMATS)}")


async def export(
    context: Context,
    name: ExportName,
    out: str,
    *,
    period: str | None,
    file_format: FileFormat,
    is_silent: bool = False,
) -> int:
    """Writes an export to a file, or standard output, in one snapshot. Returns the number of rows."""
    if file_format == "parquet":
        require_pyarrow()
    written = 0
    with Reporter(err) as reporter:
        async with context.store.read() as tx:
            directory = (await context.rulebooks.current(tx)).directory
            scope = export_scope(await snapshot_now(tx), period, directory, name=name)
            if removed := await removed_before(tx, scope, name):
                err.print(f"Events before {removed} were removed: their archives have them, this export has not.")
            rows_in = rows_of(name, scope, directory)
            total = await rows_in(tx).count()

            async def watched() -> AsyncIterator[list[ExportRow]]:
                nonlocal written
                async for rows in pages(lambda: nullcontext(tx), rows_in):
                    yield rows
                    written += len(rows)
                    if not is_silent:
                        reporter.show(f"Exporting {name}", written, max(total, written))

            await _write(out, encoded(COLUMNS[name], watched(), file_format))
    await note_named_people(context, scope, name, by="command line")
    return written


async def _write(out: str, pieces: AsyncIterator[bytes]) -> None:
    """Writes pieces to standard output, or to a file that takes its name once it is whole."""
    if out == STANDARD_OUTPUT:
        await _write_into(sys.stdout.buffer, pieces)
        sys.stdout.buffer.flush()
        return
    path = Path(out)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("wb") as file:
            await _write_into(file, pieces)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


async def _write_into(file: BinaryIO, pieces: AsyncIterator[bytes]) -> None:
    async for piece in pieces:
        file.write(piece)


async def _refused_by_option(exporting: Awaitable[int]) -> int:
    """Returns the number of rows. Raises ConfigError with the option's name for a field that is refused."""
    try:
        return await exporting
    except FieldRefusal as error:
        raise ConfigError(f"--{error.field}: {error}") from error


def _run(name: ExportName, out: str, period: str | None, chosen: str | None) -> None:
    async def work() -> None:
        file_format = format_of(out, chosen)
        async with opened() as context:
            rows = await _refused_by_option(export(context, name, out, period=period, file_format=file_format))
        if out != STANDARD_OUTPUT:
            err.print(f"{out}: {rows:,} rows", markup=False)

    run(work())


@commands.command("usage")
def usage_command(*, period: PeriodOption = None, out: OutOption, chosen: FormatOption = None) -> None:
    """A row per event and per adjusting row: who used which model with which tool, and what it cost."""
    _run("usage", out, period, chosen)


@commands.command("ledger")
def ledger_command(*, period: PeriodOption = None, out: OutOption, chosen: FormatOption = None) -> None:
    """A row per entry: what moved from which account to which, when, why, and by whom."""
    _run("ledger", out, period, chosen)


@commands.command("focus")
def focus_command(
    *,
    period: PeriodOption = None,
    out: OutOption,
    chosen: FormatOption = None,
    profile: Annotated[str, typer.Option("--profile", help="The version of FOCUS.")] = PROFILES[0],
) -> None:
    """A period's usage as charges in FOCUS, for tools that compare all bills: a row per team, day and series."""
    if profile not in PROFILES:
        fail(f"--profile: there is no profile {profile!r}; there are: {', '.join(PROFILES)}")
    _run("focus", out, period, chosen)


@commands.command("audit")
def audit_command(*, period: PeriodOption = None, out: OutOption, chosen: FormatOption = None) -> None:
    """A row per record of the audit log: who asked, decided or changed what, under which policy."""
    _run("audit", out, period, chosen)


@commands.command("beancount")
def beancount_command(*, period: PeriodOption = None, out: OutOption) -> None:
    """The ledger as a beancount file: a transaction per entry, and every account's balance."""

    async def work() -> None:
        async with opened() as context:
            rows = await _refused_by_option(export_beancount(context, out, period=period))
        if out != STANDARD_OUTPUT:
            err.print(f"{out}: {rows:,} entries", markup=False)

    run(work())


async def export_beancount(context: Context, out: str, *, period: str | None) -> int:
    """Writes the ledger as a beancount file, in one snapshot. Returns the number of entries."""
    written = 0
    with Reporter(err) as reporter:
        async with context.store.read() as tx:
            directory = (await context.rulebooks.current(tx)).directory
            scope = export_scope(await snapshot_now(tx), period, directory, name="ledger")
            rows = EntryRows(tx, scope, ledger_periods(scope.period, directory))
            total, balances = await rows.count(), await rows.balances()

            async def pieces() -> AsyncIterator[bytes]:
                nonlocal written
                yield beancount_header(directory.organisation.name).encode()
                yield beancount_opened(account for account, _, _ in balances).encode()
                after, last_day = 0, 0
                while moves := await rows.moves((after,), PAGE):
                    yield beancount_moves(moves).encode()
                    after, written = moves[-1].entry_id, written + len(moves)
                    last_day = max([last_day, *(move.effective_at // DAY_MICROS for move in moves)])
                    reporter.show("Exporting beancount", written, total)
                yield ("\n" + beancount_balances(balances, last_day=last_day)).encode()

            await _write(out, pieces())
    return written
