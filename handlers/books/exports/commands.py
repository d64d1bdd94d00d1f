"""`tokens export`: usage, ledger and audit log as files for finance and data teams."""

import sys
from collections.abc import AsyncIterator
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from bot.books.exports.columns import ExportRow
from bot.refusals import ConfigError, FieldRefusal
from handlers.books.exports.files import FORMATS, FileFormat, encoded, require_pyarrow
from handlers.books.exports.sources import COLUMNS, ExportName, export_scope, note_named_people, removed_before, rows_of
from handlers.cli import err, opened, run
from handlers.context import Context
from handlers.progress import Reporter
from storage.books.exports.pages import pages
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


async def export(context: Context, name: ExportName, out: str, *, period: str | None, file_format: FileFormat) -> int:
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


def _run(name: ExportName, out: str, period: str | None, chosen: str | None) -> None:
    async def work() -> None:
        file_format = format_of(out, chosen)
        async with opened() as context:
            try:
                rows = await export(context, name, out, period=period, file_format=file_format)
            except FieldRefusal as error:
                raise ConfigError(f"--{error.field}: {error}") from error
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


@commands.command("audit")
def audit_command(*, period: PeriodOption = None, out: OutOption, chosen: FormatOption = None) -> None:
    """A row per record of the audit log: who asked, decided or changed what, under which policy."""
    _run("audit", out, period, chosen)
