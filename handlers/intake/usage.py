"""Usage comes in: events of concurrent requests gather into one commit, and the answer is given after it.

A group of nothing but new, metered events of known people and series goes the express way (`storage/intake/fast_writer.py`); any
other goes the longer one, which can do everything.
"""

import asyncio
import sys
from collections.abc import Sequence
from typing import NamedTuple

import structlog

from bot.crosschecks.gateways import BookedCall
from bot.intake.quarantine import QuarantineCapacity, QuarantineKind, row_from_event
from bot.org.attribution import Source
from bot.periods import DAY_MICROS, HOUR_MICROS, MICROS
from bot.rulebook import Rulebook
from bot.usage import Parsed, UnusableRow
from handlers.context import Context
from handlers.intake.usage_jobs import CONFLICT_REASON, Answer, KeyRevoked, NotDurable, TooBusy, UsageJob
from storage.faults import DatabaseError, is_busy, is_data_error
from storage.intake.fast_writer import FastWriter
from storage.intake.quarantine import QuarantineRow
from storage.intake.usage import activity_insert, fast_inserts, source_hours_insert
from storage.store import Transaction

log = structlog.get_logger()


class _Place(NamedTuple):
    """Where one event of a group stands."""

    job: UsageJob
    at: int


class Intake:
    """Takes bodies in, groups them and commits them by two writers: while the database works for one, the other makes the
    next group ready. On SQLite they take turns in the database."""

    WRITERS = 2
    _SWITCH_SECONDS = 0.001
    _ACTIVITY_SECONDS = 10.0
    _LEAST_ROWS = 1_000
    _MAX_REMEMBERED = 100_000

    def __init__(self, context: Context) -> None:
        self._context = context
        self._queue: asyncio.Queue[UsageJob] = asyncio.Queue()
        self._waiting_rows = 0
        self._writers: list[asyncio.Task[None]] = []
        self._fast_writers: list[FastWriter] = []
        self._told_active: dict[int, float] = {}
        self._told_used: set[tuple[int, int]] = set()

    def start(self) -> None:
        # The database's thread asks for Python's lock between its statements, and a loop that reads bodies gives it away at
        # the end of an interval only: at Python's own 5 ms a group waited longer for the lock than for the database.
        sys.setswitchinterval(min(sys.getswitchinterval(), self._SWITCH_SECONDS))
        self._fast_writers = self._context.store.fast_writers(self.WRITERS)
        self._writers = [asyncio.create_task(self._write_on(way), name="usage writer") for way in self._fast_writers]

    async def stop(self) -> None:
        """Ends after the group that is being written; what still waits was not answered, so its sender keeps it."""
        for writer in self._writers:
            writer.cancel()
        await asyncio.gather(*self._writers, return_exceptions=True)
        for way in set(self._fast_writers):
            await way.close()
        while not self._queue.empty():
            _fail([self._queue.get_nowait()], NotDurable())

    async def book(
        self,
        parsed: Parsed,
        *,
        source: Source,
        key: bytes = b"",
        read_as: str = "cloudevents",
        is_live: bool = True,
    ) -> Answer:
        """Books a parsed body and returns once it is committed. `key` is the hash of the key it came with, `read_as` names
        the parser that could read its quarantined rows again.

        Raises NotDurable if it could not be committed, or not within `answer_seconds`: it may be booked all the same then,
        and is a duplicate when it comes again. TooBusy if too much waits, KeyRevoked if its key ended meanwhile.
        """
        if not (parsed.events or parsed.unusable or parsed.views or parsed.blocks):
            return Answer(accepted=0, duplicates=0, conflicts=0, quarantined=0, errors=())
        if self._waiting_rows and self._waiting_rows + parsed.rows > self._context.settings.most_waiting_rows:
            raise TooBusy
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        job = UsageJob(source=source, key=key, parsed=parsed, read_as=read_as, is_live=is_live, answered=answered)
        try:
            async with asyncio.timeout(self._context.settings.answer_seconds):
                job.decide(await self._context.rulebooks.remembered())  # here: a commit may be under way meanwhile
                self._waiting_rows += parsed.rows
                self._queue.put_nowait(job)
                return await answered
        except TimeoutError as error:
            raise NotDurable from error

    async def _write_on(self, express: FastWriter) -> None:
        while True:
            group = [await self._queue.get()]
            rows = group[0].parsed.rows
            # Not all that waits: those answered send again, and are read while the others are being written.
            most = min(max(self._waiting_rows // 2, self._LEAST_ROWS), self._context.settings.group_rows)
            while rows < most and not self._queue.empty():
                group.append(self._queue.get_nowait())
                rows += group[-1].parsed.rows
            try:
                await self._write([job for job in group if job.is_waited_for], express)
            finally:
                self._waiting_rows -= rows  # not when a sender stops waiting: till now its rows were in memory

    async def _write(self, group: list[UsageJob], express: FastWriter) -> None:
        if not group:
            return
        try:
            if not await self._commit_fast(group, express):
                group = await self._commit(group)
        except asyncio.CancelledError:
            _fail(group, NotDurable())
            raise
        except Exception as error:  # noqa: BLE001  # a writer must outlive any group: its senders are told to come again
            log.error("usage not booked", error=repr(error), rows=sum(job.parsed.rows for job in group))
            self._context.store.clear_caches()
            self._told_used.clear()
            _fail(group, NotDurable())
            return
        for job in group:
            if not job.answered.done():
                job.answered.set_result(job.answer())
        self._context.wake_watcher.set()

    async def _commit_fast(self, group: list[UsageJob], express: FastWriter) -> bool:
        """Commits a simple group in one step; False if that can't be, with nothing written."""
        rulebook = await self._context.rulebooks.remembered()
        for job in group:
            job.decide(rulebook)
        if not all(job.is_simple and (not job.key or job.key in rulebook.sources) for job in group):
            return False
        store, now = self._context.store, self._context.now_micros()
        bookings = group[0].bookings if len(group) == 1 else [b for job in group for b in job.bookings]
        memory, partitioned = store.usage_memory, not store.is_sqlite
        found = fast_inserts(bookings, memory, received_at=now, partitioned=partitioned)
        if found is None:
            async with self._bound(), store.begin() as tx:
                if (await self._context.rulebooks.current(tx)) is not rulebook:
                    return False
                await tx.usage.ensure_references(bookings)
            found = fast_inserts(bookings, memory, received_at=now, partitioned=partitioned)
        if found is None:
            return False
        keys, events = found
        others = []
        active = self._newly_active(group)
        if active:
            others.append(activity_insert(active, received_at=now))
        used = self._newly_used(group)
        others.append(source_hours_insert(used))
        try:
            async with self._bound():
                done = await express.write(keys, events, others, version=rulebook.version)
        except (DatabaseError, OverflowError) as error:  # the longer way tells a bad row from a database that is away
            log.warning("express way closed", error=str(error).splitlines()[:1])
            if is_busy(error):
                raise  # it was waited for already
            if not is_data_error(error):
                store.clear_caches()
            return False
        if done:
            self._remember_active(active)
            self._remember_used(used)
        return done

    def _bound(self) -> asyncio.Timeout:
        """How long a transaction is waited for, in all. Beyond it its connection is given up: nobody waits for it any more."""
        return asyncio.timeout(self._context.settings.answer_seconds)

    async def _commit(self, group: list[UsageJob]) -> list[UsageJob]:
        """Commits a group and returns the jobs that are done; those of revoked keys are told so."""
        try:
            async with self._bound(), self._context.store.begin() as tx:
                rulebook = await self._context.rulebooks.current(tx)
                group = _without_revoked(group, rulebook)
                for job in group:
                    job.decide(rulebook)
                await self._book(tx, group)
                await self._keep(tx, group)
        except Exception as error:
            if not is_data_error(error):
                raise
            await self._bisect([_Place(job, at) for job in group for at in range(len(job.bookings))])
            async with self._bound(), self._context.store.begin() as tx:
                await self._observe(tx, group)
                await self._keep(tx, group)
        return group

    async def _book(self, tx: Transaction, group: Sequence[UsageJob]) -> None:
        now = self._context.now_micros()
        bookings = [booking for job in group for booking in job.bookings]
        if bookings:
            fates = await tx.usage.book(bookings, received_at=now)
            start = 0
            for job in (job for job in group if job.meters):
                job.fates = fates[start : start + len(job.bookings)]
                start += len(job.bookings)
        await self._observe(tx, group)
        active = self._newly_active(group)
        if active:
            await tx.usage.record_active_sources(active, received_at=now)
            tx.after_commit(lambda: self._remember_active(active))
        used = self._newly_used(group)
        await tx.usage.record_source_hours(used)
        tx.after_commit(lambda: self._remember_used(used))

    async def _observe(self, tx: Transaction, group: Sequence[UsageJob]) -> None:
        """What observing sources saw, and what gateways said beside their calls. Teams are locked in one order by all writers,
        so what a source's bodies say of them is gathered first."""
        for job in group:
            events = [event for _, event in job.parsed.events]
            if not job.meters and events:
                job.fates = await tx.usage.record_keys([(job.source.id, event) for event in events])
                accepted = [event for event, fate in zip(events, job.fates, strict=True) if fate == "accepted"]
                await tx.observations.add(job.source.id, accepted)
        for source_id in sorted({job.source.id for job in group if job.parsed.views or not job.is_live}):
            jobs = [job for job in group if job.source.id == source_id]
            views = [view for job in jobs for view in job.parsed.views]
            await tx.gateways.record_views(source_id, views, _booked_by_team(jobs))
        for source_id in sorted({job.source.id for job in group if job.parsed.blocks}):
            blocks = [block for job in group if job.source.id == source_id for block in job.parsed.blocks]
            await tx.gateways.record_blocks(source_id, blocks)

    def _newly_used(self, group: Sequence[UsageJob]) -> set[tuple[int, int]]:
        """(source, UTC hour of use) of a group, as far as this process has not kept it yet."""
        used = {(job.source.id, event.occurred_at // HOUR_MICROS) for job in group for _, event in job.parsed.events}
        return used - self._told_used

    def _remember_used(self, used: set[tuple[int, int]]) -> None:
        if len(self._told_used) > self._MAX_REMEMBERED:
            self._told_used.clear()
        self._told_used |= used

    def _newly_active(self, group: Sequence[UsageJob]) -> dict[int, int]:
        """Sources that were not said to be active for a while → the first moment of what they sent."""
        now = self._context.now_micros() / MICROS  # the clock may be moved, back too
        found: dict[int, int] = {}
        for job in group:
            source_id = job.source.id
            if (
                job.is_live
                and job.parsed.events
                and abs(now - self._told_active.get(source_id, -1e9)) > self._ACTIVITY_SECONDS
            ):
                first = min(event.occurred_at for _, event in job.parsed.events)
                found[source_id] = min(first, found.get(source_id, first))
        return found

    def _remember_active(self, active: dict[int, int]) -> None:
        now = self._context.now_micros() / MICROS
        self._told_active.update(dict.fromkeys(active, now))

    async def _keep(self, tx: Transaction, group: list[UsageJob]) -> None:
        wrong = [
            _quarantine_row(job.source.id, "unreadable", job.read_as, row)
            for job in group
            for row in job.parsed.unusable
        ]
        for job in (job for job in group if not job.is_plain):
            for at, (index, event) in enumerate(job.parsed.events):
                reason = job.refused.get(index) or (CONFLICT_REASON if job.fates[at] == "conflict" else None)
                if reason:
                    kind: QuarantineKind = "refused" if index in job.refused else "conflict"
                    wrong.append(_quarantine_row(job.source.id, kind, "", row_from_event(index, event, reason)))
        if wrong:
            now, settings = self._context.now_micros(), self._context.settings
            cap = QuarantineCapacity(rows=settings.quarantine_rows, bytes=settings.quarantine_bytes)
            expires_at = now + settings.quarantine_days * DAY_MICROS
            await tx.quarantine.keep(wrong, received_at=now, expires_at=expires_at, cap=cap)

    async def _bisect(self, places: Sequence[_Place]) -> None:
        """Halves a group that the database refused until the row it can't take stands alone, and books all others."""
        if not places:
            return
        try:
            async with self._bound(), self._context.store.begin() as tx:
                bookings = [place.job.bookings[place.at] for place in places]
                fates = await tx.usage.book(bookings, received_at=self._context.now_micros())
            for place, fate in zip(places, fates, strict=True):
                place.job.fates[place.at] = fate
        except Exception as error:
            if not is_data_error(error):
                raise
            if len(places) > 1:
                middle = len(places) // 2
                await self._bisect(places[:middle])
                await self._bisect(places[middle:])
                return
            place = places[0]
            log.warning("row refused by the database", error=repr(error))
            place.job.fates[place.at] = "conflict"
            place.job.refused[place.job.parsed.events[place.at][0]] = "the database can't store this row"


def _booked_by_team(jobs: Sequence[UsageJob]) -> dict[str, list[BookedCall]]:
    """What was booked now of a gateway's teams. What an observing source saw costs nothing."""
    found: dict[str, list[BookedCall]] = {}
    for job in jobs:
        costs = [booking.cost_nanos for booking in job.bookings] or [0] * len(job.fates)
        for (_, event), fate, cost in zip(job.parsed.events, job.fates, costs, strict=True):
            if event.labels.gateway_team and fate == "accepted":
                call = BookedCall(event.occurred_at, event.reported_nanos or 0, cost)
                found.setdefault(event.labels.gateway_team, []).append(call)
    return found


def _without_revoked(group: Sequence[UsageJob], rulebook: Rulebook) -> list[UsageJob]:
    revoked = [job for job in group if job.key and job.key not in rulebook.sources]
    _fail(revoked, KeyRevoked())
    return [job for job in group if job not in revoked]


def _fail(jobs: Sequence[UsageJob], error: Exception) -> None:
    for job in jobs:
        if not job.answered.done():
            job.answered.set_exception(error)


def _quarantine_row(source_id: int, kind: QuarantineKind, read_as: str, row: UnusableRow) -> QuarantineRow:
    return QuarantineRow(source_id, kind, read_as, row.reason, row.kept, row.key)
