"""The intake of usage: events of concurrent requests share one commit, and each request is answered after it."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import structlog

from bot.org.attribution import Source
from bot.sources.plain_calls import PlainCalls
from bot.usage import Parsed
from handlers.context import Context
from handlers.intake.group_commits import GroupCommits
from handlers.intake.outcomes.booking import book_outcomes
from handlers.intake.sums.running_sums import book_running_sums
from handlers.intake.totals import DeferredTotals
from handlers.intake.usage_jobs import NO_ROWS, Answer, NotDurable, TooBusy, UsageJob, fail_jobs
from storage.faults import database_fault, is_away
from storage.intake.groups.fast_writer import FastWriter

log = structlog.get_logger()


@dataclass
class Admission:
    """Rows of a large body that wait from the start, before its pieces are booked one by one."""

    rows_left: int


class Intake:
    """Groups request bodies and commits them with two writers: one prepares a group while the database works for the other.

    On SQLite the writers take turns in the database. While others wait behind a group, its totals wait for a fold; the last
    one is answered when all totals are exact.
    """

    WRITERS = 2
    _SWITCH_SECONDS = 0.001
    _MIN_ROWS = 1_000

    def __init__(self, context: Context) -> None:
        self._context = context
        self._totals = DeferredTotals(context)
        self._commits = GroupCommits(context, self._totals)
        self._queue: asyncio.Queue[UsageJob] = asyncio.Queue()
        self._waiting_rows = 0
        self._writers: list[asyncio.Task[None]] = []
        self._fast_writers: list[FastWriter] = []

    def start(self) -> None:
        # The database's thread needs Python's lock between its statements, and an event loop that reads bodies releases the
        # lock only at the end of an interval. At Python's 5 ms a group waited longer for the lock than for the database.
        sys.setswitchinterval(min(sys.getswitchinterval(), self._SWITCH_SECONDS))
        self._fast_writers = self._context.store.fast_writers(self.WRITERS)
        self._writers = [
            asyncio.create_task(self._write_groups(way), name="usage writer") for way in self._fast_writers
        ]

    async def stop(self) -> None:
        """Ends after the groups being written. Jobs that still wait fail, so their senders keep them."""
        for writer in self._writers:
            writer.cancel()
        await asyncio.gather(*self._writers, return_exceptions=True)
        for fast_writer in set(self._fast_writers):
            await fast_writer.close()
        while not self._queue.empty():
            fail_jobs([self._queue.get_nowait()], NotDurable())

    @contextmanager
    def admit(self, rows: int) -> Iterator[Admission]:
        """Lets in a body whose pieces are booked one by one. Raises TooBusy if too many rows wait."""
        self._require_room(rows)
        admission = Admission(rows)
        self._waiting_rows += rows
        try:
            yield admission
        finally:
            self._waiting_rows -= admission.rows_left

    async def book(
        self,
        parsed: Parsed,
        *,
        source: Source,
        calls: PlainCalls | None = None,
        key: bytes = b"",
        read_as: str = "cloudevents",
        is_live: bool = True,
        admission: Admission | None = None,
    ) -> Answer:
        """Books a parsed body, or one that is `calls` alone, and returns after its commit.

        `key` is the hash of the ingest key it came with. `read_as` names the parser that can read its quarantined rows again.
        `admission` is that of its body, if its rows wait already.

        Raises NotDurable if the body could not be committed within `answer_seconds`: it may be booked later, and is then a
        duplicate when it comes again. Raises TooBusy if too many rows wait, KeyRevoked if the key was revoked meanwhile.
        """
        if parsed.outcomes:
            book = partial(self.book, source=source, key=key, read_as=read_as, is_live=is_live, admission=admission)
            return await book_outcomes(self._context, parsed, source=source, key=key, book=book)
        if parsed.sums:
            book = partial(self.book, source=source, key=key, read_as=read_as, is_live=is_live, admission=admission)
            return await book_running_sums(self._context, parsed, source_id=source.id, book=book)
        if not (
            calls or parsed.events or parsed.unusable or parsed.views or parsed.blocks or self._has_news(parsed, source)
        ):
            if key:  # no commit looks at the key
                async with self._context.store.read() as tx:
                    await self._context.rulebooks.require_key(tx, key)
            return replace(NO_ROWS, ignored=parsed.ignored)
        if admission is None:
            self._require_room(parsed.rows)
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        job = UsageJob(
            source=source, key=key, parsed=parsed, read_as=read_as, is_live=is_live, answered=answered, calls=calls
        )
        try:
            async with asyncio.timeout(self._context.settings.answer_seconds):
                await job.decide(await self._context.rulebooks.cached())  # here, as a commit may run meanwhile
                waiting = min(admission.rows_left, parsed.rows) if admission is not None else 0
                if admission is not None:
                    admission.rows_left -= waiting
                self._waiting_rows += parsed.rows - waiting
                self._queue.put_nowait(job)
                return await answered
        except TimeoutError as error:
            raise NotDurable from error

    def _has_news(self, parsed: Parsed, source: Source) -> bool:
        """Returns whether rows that are not booked have to be counted now."""
        return bool(parsed.unread) and self._commits.producers.is_due(source.id, parsed, now=self._context.now_micros())

    def _require_room(self, rows: int) -> None:
        """Raises TooBusy if too many rows wait."""
        if self._waiting_rows and self._waiting_rows + rows > self._context.settings.most_waiting_rows:
            raise TooBusy

    async def _write_groups(self, fast_writer: FastWriter) -> None:
        while True:
            group = [await self._queue.get()]
            rows = group[0].parsed.rows
            # Half of the waiting rows: senders answered first send again, and are read while the other half is written.
            most = min(max(self._waiting_rows // 2, self._MIN_ROWS), self._context.settings.group_rows)
            while rows < most and not self._queue.empty():
                group.append(self._queue.get_nowait())
                rows += group[-1].parsed.rows
            try:
                await self._write([job for job in group if job.is_waited_for], fast_writer, rows=rows)
            finally:
                self._waiting_rows -= rows  # only now: a job whose sender left stays in memory until here

    async def _write(self, group: list[UsageJob], fast_writer: FastWriter, *, rows: int) -> None:
        """Commits a group of so many rows, and answers it."""
        if not group:
            return
        try:
            defers = self._waiting_rows > rows or self._totals.events > 0
            committed = await self._commits.commit(group, fast_writer, defers=defers)
        except asyncio.CancelledError:
            fail_jobs(group, NotDurable())
            raise
        except Exception as error:  # a writer must outlive any group: its senders are asked to send again
            if is_away(error):
                log.warning("usage not booked", error=database_fault(error) or repr(error), rows=rows)
            else:
                log.error("usage not booked", error=repr(error), rows=rows, exc_info=error)
            self._commits.clear_caches()
            fail_jobs(group, NotDurable())
            return
        try:
            if self._totals.events and self._waiting_rows <= rows:  # nobody else waits, in the queue or in a group
                await self._totals.fold(fast_writer, everything=True)
        finally:
            for job in committed:
                if not job.answered.done():
                    job.answered.set_result(job.answer())
        if self._totals.is_due:
            await self._totals.fold(fast_writer, everything=False)
        self._context.wake_watcher.set()
