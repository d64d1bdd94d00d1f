"""Usage comes in: events of concurrent requests gather into one commit, and the answer is given after it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog

from bot.attribution import Source
from bot.periods import DAY_MICROS
from bot.rulebook import Rulebook
from bot.usage import Booking, Fate, Parsed, Row, UsageEvent, digest
from handlers.context import Context
from storage.store import Transaction, is_data_error

log = structlog.get_logger()


class NotDurable(Exception):
    """It could not be made durable now; the sender should send it again. Nothing of it was answered for."""


class KeyRevoked(Exception):
    """The key was revoked between the door and the commit."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of a body's rows. The four counts add up to the rows."""

    accepted: int
    duplicates: int
    conflicts: int
    quarantined: int
    errors: tuple[tuple[int, str], ...]

    def to_json(self) -> dict[str, object]:
        return {
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "conflicts": self.conflicts,
            "quarantined": self.quarantined,
            "errors": [{"index": index, "reason": reason} for index, reason in self.errors],
        }


@dataclass(eq=False)
class _Job:
    """A body's rows on their way into the books."""

    source: Source
    key: bytes
    parsed: Parsed
    answered: "asyncio.Future[Answer]"
    decided_by: Rulebook | None = None
    bookings: list[Booking] = field(default_factory=list)
    fates: list[Fate] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)

    def decide(self, rulebook: Rulebook) -> None:
        """Attributes and prices the events, unless that was done by this rulebook before."""
        if self.decided_by is not rulebook:
            self.bookings = [rulebook.booking(event, self.source) for _, event in self.parsed.events]
            self.fates = ["accepted"] * len(self.bookings)
            self.decided_by = rulebook

    @property
    def is_plain(self) -> bool:
        """Whether nothing of it is for the quarantine."""
        return not (self.parsed.unusable or self.refused or "conflict" in self.fates)

    def answer(self) -> Answer:
        errors = [(row.index, row.reason) for row in self.parsed.unusable]
        errors += list(self.refused.items())
        conflicts = [i for (i, _), fate in zip(self.parsed.events, self.fates, strict=True) if fate == "conflict"]
        errors += [(i, CONFLICT_REASON) for i in conflicts if i not in self.refused]
        kept = len(self.parsed.unusable) + len(self.refused)
        return Answer(
            accepted=self.fates.count("accepted"),
            duplicates=self.fates.count("duplicate"),
            conflicts=len(conflicts) - sum(i in self.refused for i in conflicts),
            quarantined=kept,
            errors=tuple(sorted(errors)),
        )


CONFLICT_REASON = "an event with this id was booked before with another content; the first one stands"


class _Place(NamedTuple):
    """Where one event of a group stands."""

    job: _Job
    at: int


class Intake:
    """Takes bodies in, groups them and commits them: one writer on SQLite, two on PostgreSQL."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._queue: asyncio.Queue[_Job] = asyncio.Queue()
        self._writers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        count = 1 if self._context.store.is_sqlite else 2
        self._writers = [asyncio.create_task(self._write_on(), name=f"usage writer {n}") for n in range(count)]

    async def stop(self) -> None:
        """Ends after the group that is being written; what still waits was not answered, so its sender keeps it."""
        for writer in self._writers:
            writer.cancel()
        await asyncio.gather(*self._writers, return_exceptions=True)
        while not self._queue.empty():
            _fail([self._queue.get_nowait()], NotDurable())

    async def book(self, parsed: Parsed, *, source: Source, key: bytes = b"") -> Answer:
        """Books a parsed body and returns once it is committed. `key` is the hash of the key it came with.

        Raises NotDurable if it could not be committed, KeyRevoked if its key ended meanwhile.
        """
        job = _Job(source=source, key=key, parsed=parsed, answered=asyncio.get_running_loop().create_future())
        if not parsed.events and not parsed.unusable:
            return Answer(accepted=0, duplicates=0, conflicts=0, quarantined=0, errors=())
        job.decide(await self._context.rulebooks.remembered())  # here, because a commit may be under way meanwhile
        self._queue.put_nowait(job)
        return await job.answered

    async def _write_on(self) -> None:
        while True:
            group = [await self._queue.get()]
            rows = group[0].parsed.rows
            while rows < self._context.settings.group_rows and not self._queue.empty():
                group.append(self._queue.get_nowait())
                rows += group[-1].parsed.rows
            try:
                await self._commit(group)
            except asyncio.CancelledError:
                _fail(group, NotDurable())
                raise
            except Exception as error:  # noqa: BLE001  # a writer must outlive any group: its senders are told to come again
                log.error("usage not booked", error=repr(error), rows=rows)
                _fail(group, NotDurable())

    async def _commit(self, group: list[_Job]) -> None:
        try:
            async with self._context.store.begin() as tx:
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
            async with self._context.store.begin() as tx:
                await self._keep(tx, group)
        for job in group:
            if not job.answered.done():
                job.answered.set_result(job.answer())
        self._context.wake_watcher.set()

    async def _book(self, tx: Transaction, group: Sequence[_Job]) -> None:
        bookings = [booking for job in group for booking in job.bookings]
        fates = await tx.usage.book(bookings, received_at=self._context.now_micros())
        start = 0
        for job in group:
            job.fates = fates[start : start + len(job.bookings)]
            start += len(job.bookings)

    async def _keep(self, tx: Transaction, group: list[_Job]) -> None:
        kept = [(job.source.id, "unreadable", row) for job in group for row in job.parsed.unusable]
        for job in (job for job in group if not job.is_plain):
            for at, (index, event) in enumerate(job.parsed.events):
                reason = job.refused.get(index) or (CONFLICT_REASON if job.fates[at] == "conflict" else None)
                if reason:
                    kind = "refused" if index in job.refused else "conflict"
                    kept.append((job.source.id, kind, _row_of(index, event, reason)))
        if kept:
            now = self._context.now_micros()
            expires_at = now + self._context.settings.quarantine_days * DAY_MICROS
            await tx.quarantine.keep(kept, received_at=now, expires_at=expires_at)

    async def _bisect(self, places: Sequence[_Place]) -> None:
        """Halves a group that the database refused until the row it can't take stands alone, and books all others."""
        if not places:
            return
        try:
            async with self._context.store.begin() as tx:
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


def _without_revoked(group: Sequence[_Job], rulebook: Rulebook) -> list[_Job]:
    revoked = [job for job in group if job.key and job.key not in rulebook.sources]
    _fail(revoked, KeyRevoked())
    return [job for job in group if job not in revoked]


def _fail(jobs: Sequence[_Job], error: Exception) -> None:
    for job in jobs:
        if not job.answered.done():
            job.answered.set_exception(error)


def _row_of(index: int, event: UsageEvent, reason: str) -> Row:
    """What quarantine keeps of an event that was read: its canonical fields."""
    import msgspec

    fields = {k: v for k, v in msgspec.structs.asdict(event).items() if k not in ("key", "fingerprint")}
    return Row(index=index, reason=reason, kept=msgspec.json.encode(fields), key=digest([event.key, event.fingerprint]))
