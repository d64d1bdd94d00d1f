"""One commit for a group of usage jobs: the fast path, the full path, and the split around a row the database refuses.

A group of new, metered events of known people and series takes the fast path (`storage/intake/groups/fast_writer.py`); any other
group takes the full path.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import NamedTuple

import structlog

from bot.intake.quarantine import QuarantineCapacity, QuarantineKind, row_from_event
from bot.periods import DAY_MICROS
from bot.rulebook import Rulebook
from bot.usage import UnusableRow
from handlers.context import Context
from handlers.crosschecks.producers import ProducerLog, SourceRows
from handlers.intake.activity import SourceActivity
from handlers.intake.gateways.added_views import GatewayViews, gathered
from handlers.intake.gateways.reservations import settle_booked
from handlers.intake.totals import DeferredTotals, may_wait
from handlers.intake.twins.booking import TwinBooking
from handlers.intake.usage_jobs import CONFLICT_REASON, UsageJob, fail_jobs
from handlers.rulebooks import KeyRevoked
from storage.crosschecks.producers import producers_insert
from storage.faults import DatabaseError, is_busy, is_data_error
from storage.intake.event_keys.inserts import KeysInsert
from storage.intake.groups.fast_writer import FastWriter
from storage.intake.groups.group_rows import GroupRows, group_rows, unknown_bookings
from storage.intake.left_out import left_out_insert
from storage.intake.quarantine import QuarantineRow
from storage.intake.twins.marks import marks_inserts
from storage.intake.usage import activity_insert, source_hours_insert
from storage.store import Transaction

log = structlog.get_logger()


class _Place(NamedTuple):
    """The place of one event in a group."""

    job: UsageJob
    at: int


class GroupCommits:
    """Commits groups of usage jobs. All writers of a process share one."""

    def __init__(self, context: Context, totals: DeferredTotals) -> None:
        self._context = context
        self._totals = totals
        self._activity = SourceActivity()
        self._twins = TwinBooking(context)
        self.producers = ProducerLog()
        self._views = GatewayViews()

    async def commit(self, group: list[UsageJob], fast_writer: FastWriter, *, defers: bool) -> list[UsageJob]:
        """Commits a group and returns its jobs, without those whose key was revoked meanwhile.

        If it `defers`, the totals of a simple group wait for a fold.
        """
        try:
            async with self._time_limit():
                await self._context.store.keep_keys()
        except (DatabaseError, TimeoutError) as error:  # the commit itself says whether the database is away
            log.warning("keys not kept", error=repr(error))
        if not await self._commit_fast(group, fast_writer, defers=defers):
            for job in group:
                job.unfold()
            group = await self._commit(group)
        self._context.store.usage_memory.count_commit()
        await self._twins.settle_others(group)
        return group

    def clear_caches(self) -> None:
        """Clears what this process assumes about the database, after a commit failed."""
        self._context.store.clear_caches()
        self._activity.clear_hours()
        self._twins.memory.clear()
        self.producers.clear()
        self._views.clear()

    async def _commit_fast(self, group: list[UsageJob], fast_writer: FastWriter, *, defers: bool) -> bool:
        """Commits a simple group in one step; returns False, with nothing written, if the group needs the full path."""
        rulebook = await self._context.rulebooks.cached()
        for job in group:
            await job.decide(rulebook)
        if not self._is_simple(group, rulebook):
            return False
        store, now = self._context.store, self._context.now_micros()
        batches = [batch for job in group for batch in job.batches if batch]
        memory, partitioned = store.usage_memory, not store.is_sqlite
        rows = group_rows(batches, memory, received_at=now, partitioned=partitioned)
        if rows is None:
            async with self._time_limit(), store.begin() as tx:
                if (await self._context.rulebooks.current(tx)) is not rulebook:
                    return False
                await tx.usage.ensure_references(unknown_bookings(batches, memory, partitioned=partitioned))
            rows = group_rows(batches, memory, received_at=now, partitioned=partitioned)
        added = self._views.added_by(group, now=now)
        looked = await self._twins.memory.look(batches)
        if rows is None or added is None or looked.has_suspects or (keys := rows.keys(memory)) is None:
            return False
        defers = defers and may_wait(rows.largest_nanos)
        others = marks_inserts(looked.batch)
        active = self._activity.unrecorded_sources(group, now=self._context.now_micros())
        others += [activity_insert(active, received_at=now)] if active else []
        hours = self._activity.unrecorded_hours(group)
        others.append(source_hours_insert(hours))
        if left_out := _left_out(group):
            others.append(left_out_insert(left_out, received_at=now))
        seen = self.producers.seen_in(_by_source(group), now=now)
        others += [producers_insert(seen.due, at=now)] if seen.due else []
        others += added.inserts
        try:
            async with self._time_limit():
                write = partial(
                    fast_writer.write,
                    events=rows.insert,
                    others=others,
                    version=rulebook.version,
                    deferred_at=now if defers else None,
                )
                done = await write(keys) or await self._write_to_next_run(write, rows, keys.token)
        except (DatabaseError, OverflowError) as error:  # the full path tells a bad row from a database that is away
            log.warning("express way closed", error=str(error).splitlines()[:1])
            if is_busy(error):
                raise  # the fast path has waited for the lock already
            if not is_data_error(error):
                store.clear_caches()
            return False
        if done:
            memory.keys.count_written(len(rows.events), keys.token)
            self._twins.memory.committed(looked.batch)
            if defers:
                self._totals.add(len(rows.events))
            self._activity.record_sources(active, now=self._context.now_micros())
            self._activity.record_hours(hours)
            self.producers.record(seen, now=now)
            self._views.record_added(added.teams)
        return done

    def _is_simple(self, group: Sequence[UsageJob], rulebook: Rulebook) -> bool:
        """Returns whether a group has only live, metered events of keys in force and of producers that are known here."""
        if not all(job.is_simple and (not job.key or job.key in rulebook.sources) for job in group):
            return False
        known = not self.producers.needs_reading(_by_source(group), now=self._context.now_micros())
        return known and any(job.calls or job.bookings for job in group)

    async def _write_to_next_run(
        self, write: Callable[[KeysInsert], Awaitable[bool]], rows: GroupRows, token: int
    ) -> bool:
        """Writes a group whose run of keys was sealed while it waited for its turn; returns False if it was not."""
        async with self._context.store.begin() as tx:
            await tx.event_keys.load()
        memory = self._context.store.usage_memory
        keys = rows.keys(memory) if token != memory.keys.token else None
        if keys is None or not await write(keys):
            return False
        memory.keys.count_written(len(rows.events), keys.token)
        return True

    def _time_limit(self) -> asyncio.Timeout:
        """Limits a whole transaction to `answer_seconds`: after that its senders have stopped waiting."""
        return asyncio.timeout(self._context.settings.answer_seconds)

    async def _commit(self, group: list[UsageJob]) -> list[UsageJob]:
        """Commits a group by the full path and returns the jobs that are done; fails those of revoked keys."""
        try:
            async with self._time_limit(), self._context.store.begin() as tx:
                rulebook = await self._context.rulebooks.current(tx)
                group = _without_revoked(group, rulebook)
                for job in group:
                    await job.decide(rulebook)
                await self._book(tx, group)
                await self._quarantine(tx, group)
        except Exception as error:
            if not is_data_error(error):
                raise
            await self._bisect([_Place(job, at) for job in group for at in range(len(job.bookings))])
            async with self._time_limit(), self._context.store.begin() as tx:
                await settle_booked(tx, group, now=self._context.now_micros())
                await self._observe(tx, group)
                await tx.left_out.add(_left_out(group), received_at=self._context.now_micros())
                await self._quarantine(tx, group)
        return group

    async def _book(self, tx: Transaction, group: Sequence[UsageJob]) -> None:
        now = self._context.now_micros()
        bookings = [booking for job in group for booking in job.bookings]
        if bookings:
            outcomes = await self._twins.book(tx, group, bookings)
            start = 0
            for job in (job for job in group if job.meters):
                job.outcomes = outcomes[start : start + len(job.bookings)]
                start += len(job.bookings)
            await settle_booked(tx, group, now=now)
        await self._observe(tx, group)
        active = self._activity.unrecorded_sources(group, now=self._context.now_micros())
        if active:
            await tx.usage.record_active_sources(active, received_at=now)
            tx.after_commit(lambda: self._activity.record_sources(active, now=self._context.now_micros()))
        hours = self._activity.unrecorded_hours(group)
        await tx.usage.record_source_hours(hours)
        tx.after_commit(lambda: self._activity.record_hours(hours))
        await tx.left_out.add(_left_out(group), received_at=now)

    async def _observe(self, tx: Transaction, group: Sequence[UsageJob]) -> None:
        """Records the events of observing sources, and the gateway views and blocks of all sources.

        All writers lock teams in one order, so the views and blocks of a source are gathered before they are written.
        """
        for job in group:
            events = [event for _, event in job.parsed.events]
            if not job.meters and events:
                job.outcomes = await tx.usage.record_keys([(job.source.id, event) for event in events])
                accepted = [event for event, outcome in zip(events, job.outcomes, strict=True) if outcome == "accepted"]
                await tx.observations.add(job.source.id, accepted)
        for source_id, views, booked in gathered(group):
            teams = await tx.gateways.record_views(source_id, views, booked)
            tx.after_commit(partial(self._views.record_read, source_id, teams, now=self._context.now_micros()))
        for source_id in sorted({job.source.id for job in group if job.parsed.blocks}):
            blocks = [block for job in group if job.source.id == source_id for block in job.parsed.blocks]
            await tx.gateways.record_blocks(source_id, blocks)

    async def _quarantine(self, tx: Transaction, group: list[UsageJob]) -> None:
        """Stores unreadable rows, conflicts and rows the database refused in quarantine."""
        rows = [
            _quarantine_row(job.source.id, "unreadable", job.read_as, row)
            for job in group
            for row in job.parsed.unusable
        ]
        for job in (job for job in group if not job.is_plain):
            for at, (index, event) in enumerate(job.parsed.events):
                reason = job.refused.get(index) or (CONFLICT_REASON if job.outcomes[at] == "conflict" else None)
                if reason:
                    kind: QuarantineKind = "refused" if index in job.refused else "conflict"
                    rows.append(_quarantine_row(job.source.id, kind, "", row_from_event(index, event, reason)))
        now = self._context.now_micros()
        read_as = {job.source.id: job.read_as for job in group if job.parsed.unread}
        for source_id, row in await self.producers.write(tx, _by_source(group), now=now):
            rows.append(_quarantine_row(source_id, "unread", read_as[source_id], row))
        if rows:
            settings = self._context.settings
            cap = QuarantineCapacity(rows=settings.quarantine_rows, bytes=settings.quarantine_bytes)
            expires_at = now + settings.quarantine_days * DAY_MICROS
            await tx.quarantine.keep(rows, received_at=now, expires_at=expires_at, cap=cap)

    async def _bisect(self, places: Sequence[_Place]) -> None:
        """Halves a group that the database refused until the bad row stands alone, and books all other rows."""
        if not places:
            return
        try:
            async with self._time_limit(), self._context.store.begin() as tx:
                bookings = [place.job.bookings[place.at] for place in places]
                outcomes = await self._twins.book(tx, [place.job for place in places], bookings)
            for place, outcome in zip(places, outcomes, strict=True):
                place.job.outcomes[place.at] = outcome
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
            place.job.outcomes[place.at] = "conflict"
            place.job.refused[place.job.parsed.events[place.at][0]] = "the database can't store this row"


def _left_out(group: Sequence[UsageJob]) -> dict[tuple[int, str], int]:
    """Returns the number of accepted calls by (source id, field) out of which the field was left."""
    counts: Counter[tuple[int, str]] = Counter()
    for job in group:
        counts.update({(job.source.id, field): number for field, number in job.left_out})
    return counts


def _by_source(group: Sequence[UsageJob]) -> list[SourceRows]:
    return [SourceRows(job.source.id, job.parsed) for job in group]


def _without_revoked(group: Sequence[UsageJob], rulebook: Rulebook) -> list[UsageJob]:
    revoked = [job for job in group if job.key and job.key not in rulebook.sources]
    fail_jobs(revoked, KeyRevoked())
    return [job for job in group if job not in revoked]


def _quarantine_row(source_id: int, kind: QuarantineKind, read_as: str, row: UnusableRow) -> QuarantineRow:
    return QuarantineRow(source_id, kind, read_as, row.reason, row.kept, row.key)
