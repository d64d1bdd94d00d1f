"""Removes raw events that are older than `TOKENS_KEEP_EVENTS_DAYS`, month by month, after their archive is verified."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import structlog
import typer

from bot.periods import DAY_MICROS, micros, moment
from bot.refusals import ConfigError
from bot.settings import FEWEST_DAYS_OF_EVENTS
from handlers.books.archives import ArchivedMonth, file_of, read_manifest, require_pyarrow, verify, write_month
from handlers.cli import err, opened, out, run
from handlers.context import Context
from handlers.progress import Reporter
from storage.books.archive_rows import archive_rows
from storage.books.removals import Removal, Removals, RemovedSums, first_month_kept, month_of
from storage.faults import is_lock_timeout
from storage.store import Transaction

log = structlog.get_logger()

Watch = Callable[[str, int, int], None]


def _ignore(_what: str, _done: int, _total: int) -> None:
    """Watches nothing."""


async def remove_old_events(context: Context) -> int:
    """Removes the months that are old enough; returns the number of events that went. A scheduled job."""
    days = context.settings.keep_events_days
    if days is None:
        return 0
    folder = Path(context.settings.archive_to) if context.settings.archive_to else None
    before = first_month_kept(context.now_micros(), days=days)
    gone = await remove_before(context, before, folder)
    async with context.store.begin() as tx:
        await tx.outcomes.clear_ids(before=before)
    if gone:
        log.info("old events removed", events=gone, before=f"{moment(before):%Y-%m-%d}")
    return gone


async def remove_before(context: Context, before: int, folder: Path | None, watch: Watch = _ignore) -> int:
    """Removes all whole months before a moment, each after it is archived, if there is a folder."""
    gone = 0
    if folder is not None:
        require_pyarrow()
    await context.store.fold_totals()
    while True:
        async with context.store.read() as tx:
            month = (
                None if await Removals(tx).is_waiting_for_moves() else await Removals(tx).oldest_month(before=before)
            )
        if month is None:
            return gone
        went = await _remove_month(context, month, folder, watch)
        if not went:
            return gone
        gone += went


async def _remove_month(context: Context, month: tuple[int, int], folder: Path | None, watch: Watch) -> int:
    """Archives and removes one month. Returns 0 if another process does it, or readers keep it."""
    async with context.store.begin() as tx:
        removal = await Removals(tx).claim(*month, at=context.now_micros())
    if removal is None:
        return 0
    try:
        went = await _archive_and_remove(context, removal, folder, watch)
    except BaseException:
        await _release(context, removal)
        raise
    if not went:
        await _release(context, removal)
        return 0
    async with context.store.begin() as tx:
        done = await Removals(tx).mark_done(removal.id, at=context.now_micros())
        detail = {"events": done.rows, "part": done.part, "file": done.file, "sha256": done.sha256}
        await tx.audit.record(
            at=context.now_micros(),
            actor_id=None,
            action="events removed",
            subject=f"usage:{done.month}",
            detail=detail,
        )
    return went


async def _release(context: Context, removal: Removal) -> None:
    async with context.store.begin() as tx:
        await Removals(tx).release(removal.id)


async def _archive_and_remove(context: Context, removal: Removal, folder: Path | None, watch: Watch) -> int:
    store = context.store
    async with store.read() as tx:  # the archive and the sums are of one moment
        sums = await Removals(tx).sums(removal.events)
        if not sums.rows:
            return 0
        if folder is not None:
            archived = await _archived(tx, folder, removal, sums, watch)
            removal = removal._replace(file=archived.file, sha256=archived.sha256)
    async with store.begin() as tx:
        await Removals(tx).note_archive(removal.id, file=removal.file, sha256=removal.sha256)
    if not store.is_sqlite:
        try:
            async with store.begin() as tx:
                return sums.rows if await Removals(tx).empty_month(removal, sums) else 0
        except Exception as error:
            if not is_lock_timeout(error):
                raise
            return 0  # somebody reads the month: the next run finds it free
    went = 0
    while True:
        async with store.begin() as tx:
            piece = await Removals(tx).remove_piece(removal, at=context.now_micros())
        if not piece:
            return went if went == sums.rows else 0  # the others wait for their totals
        went += piece
        watch(f"Removing {removal.month}", went, sums.rows)


async def _archived(tx: Transaction, folder: Path, removal: Removal, sums: RemovedSums, watch: Watch) -> ArchivedMonth:
    """Returns the verified archive of the events that a removal takes: the one that is there, or a new one.

    Once some of them are gone, only the one that is there will do.
    """
    known = read_manifest(folder).get(file_of(removal.month, removal.part))
    if removal.rows and removal.file:
        if known is None or known.sha256 != removal.sha256:
            raise ConfigError(
                f"The archive: {folder / removal.file}, whose events are being removed, is not in its manifest"
            )
    elif known is not None and (known.rows != sums.rows or not sums.total.items() <= known.sums.items()):
        known = None
    if known is not None:
        await asyncio.to_thread(verify, folder, known)
        return known
    pages = archive_rows(tx, removal.events)
    return await write_month(
        folder, removal.month, removal.part, pages, lambda rows: watch(f"Archiving {removal.month}", rows, sums.rows)
    )


async def archive_before(context: Context, before: int, folder: Path, watch: Watch = _ignore) -> list[ArchivedMonth]:
    """Archives all whole months before a moment and removes nothing. A file that has the same events stays as it is."""
    require_pyarrow()
    found: list[ArchivedMonth] = []
    since = 0
    while True:
        async with context.store.read() as tx:
            month = await Removals(tx).oldest_month(before=before, since=since)
            if month is None:
                return found
            removal = await Removals(tx).planned(*month)
            sums = await Removals(tx).sums(removal.events)
            if sums.rows:
                found.append(await _archived(tx, folder, removal, sums, watch))
        since = month[1]


def archive_command(
    to: Annotated[Path, typer.Option("--to", help="The folder to write into.")],
    before: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Archive the whole months before this day.")
    ] = None,
    older_than: Annotated[
        int | None, typer.Option("--older-than", min=1, help="Or those older than so many days.")
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove the events after their archive is verified.")
    ] = False,
) -> None:
    """Writes raw events of old months to Parquet files, one a month, and verifies them. Running it again goes on."""

    async def work() -> None:
        if (before is None) == (older_than is None):
            raise ConfigError("Give --before DATE or --older-than DAYS: one of them.")
        with Reporter(err) as reporter:
            async with opened() as context:
                now = context.now_micros()
                if before is not None:
                    until = month_of(micros(before.replace(tzinfo=UTC)))[0]
                else:
                    until = first_month_kept(now, days=older_than or 0)
                if remove and until > now - FEWEST_DAYS_OF_EVENTS * DAY_MICROS:
                    raise ConfigError(
                        f"--remove: events younger than {FEWEST_DAYS_OF_EVENTS} days stay, so that a month can be closed."
                    )
                files = await archive_before(context, until, to, reporter.show)
                for archived in files:
                    out.print(f"{archived.file}: {archived.rows} events, sha256 {archived.sha256}", markup=False)
                if not files:
                    out.print(f"There are no events before {moment(until):%Y-%m-%d}.")
                if remove:
                    gone = await remove_before(context, until, to, reporter.show)
                    out.print(f"{gone} events were removed. Their totals, entries and keys stay.")

    run(work())
