"""Books groups of events so that each call counts once, also if another process books a record of it at the same moment."""

from collections.abc import Sequence

import structlog

from bot.intake.twins.index import Batch
from bot.intake.twins.sightings import Sighting, sighting_of
from bot.usage import Booking, BookingOutcome
from handlers.context import Context
from handlers.intake.twins.memory import TwinMemory, is_suspect
from handlers.intake.twins.settling import Settling
from handlers.intake.usage_jobs import UsageJob
from storage.store import Transaction

log = structlog.get_logger()


class TwinBooking:
    """Books with what this process knows of the newest records."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.memory = TwinMemory(context)

    async def book(
        self, tx: Transaction, jobs: Sequence[UsageJob], bookings: Sequence[Booking]
    ) -> list[BookingOutcome]:
        """Books new events of jobs and returns the outcome of each, in order. A further record of a call is a duplicate:
        its call takes what it alone knows.
        """
        now = self._context.now_micros()
        if all(booking.event.twin_hint is None for booking in bookings):
            return await tx.usage.book(bookings, received_at=now)
        outcomes = await tx.usage.record_keys([(booking.source_id, booking.event) for booking in bookings])
        hinted = [at for at, booking in enumerate(bookings) if booking.event.twin_hint is not None]
        if all(outcomes[at] == "duplicate" for at in hinted):
            accepted = [booking for booking, outcome in zip(bookings, outcomes, strict=True) if outcome == "accepted"]
            if accepted:
                await tx.usage.insert(accepted, received_at=now)
            return outcomes
        await tx.usage.call_records.lock()
        await self.memory.read_others(tx)
        rulebook, sources = await self._context.rulebooks.current(tx), {job.source.id: job.source for job in jobs}
        settling = Settling(tx, rulebook, sources, self.memory.index, now=now)
        sightings = list[Sighting]()
        for at in hinted:
            source_id, event = bookings[at].source_id, bookings[at].event
            if outcomes[at] == "accepted":
                settling.add(source_id, event)
                sightings += [sighting] if (sighting := sighting_of(source_id, event)) is not None else []
        for at in hinted:
            if outcomes[at] == "conflict":
                outcomes[at] = await settling.repeat(bookings[at].source_id, bookings[at].event)
        again = (sighting_of(source_id, event) for source_id, event in settling.repeats)
        batch = self.memory.batch_of([*sightings, *(sighting for sighting in again if sighting is not None)])
        await settling.look(batch)
        sums = await settling.settle()
        plain = []
        for at, booking in enumerate(bookings):
            if outcomes[at] != "accepted":
                continue
            if booking.event.twin_hint is None:
                plain.append(booking)
            elif (booking.source_id, booking.event.key) not in settling.inserted:
                outcomes[at] = "duplicate"
        await tx.usage.insert([*plain, *settling.inserted.values()], received_at=now, sums=sums)
        await tx.usage.call_records.marks.add(batch)
        tx.after_commit(lambda: self.memory.committed(batch))
        return outcomes

    async def settle_others(self, jobs: Sequence[UsageJob]) -> None:
        """Settles calls of which another process booked a record while this one booked another. Each process does so
        after its commits, so the later one sees both.
        """
        if not any(job.has_twin_hints for job in jobs):
            return
        async with self._context.store.read() as tx:
            await self.memory.read_others(tx)
            batches = list(self.memory.unchecked)
            suspects = self._suspects(batches)
            if not suspects or not await self._would_change(tx, suspects):
                self.memory.checked(batches)
                return
        async with self._context.store.begin() as tx:
            await tx.usage.call_records.lock()
            settling = await self._settling(tx)
            await settling.look(Batch.of(suspects, token=-1, received_at=0))
            sums = await settling.settle()
            await tx.usage.insert(list(settling.inserted.values()), received_at=self._context.now_micros(), sums=sums)
        self.memory.checked(batches)
        log.info("twins of other processes settled", calls=len(settling.changes))

    def _suspects(self, batches: Sequence[Batch]) -> list[Sighting]:
        """Returns records of other processes that may be of one call with records elsewhere."""
        found = {
            batch[one.at].id: batch[one.at]
            for batch in batches
            for one in self.memory.index.find(batch)
            if one.token != batch.token and is_suspect(batch[one.at], one)
        }
        return list(found.values())

    async def _would_change(self, tx: Transaction, suspects: Sequence[Sighting]) -> bool:
        settling = await self._settling(tx)
        await settling.look(Batch.of(suspects, token=-1, received_at=0))
        return settling.has_changes

    async def _settling(self, tx: Transaction) -> Settling:
        rulebook = await self._context.rulebooks.current(tx)
        sources = {source.id: source for source, _ in await tx.keys.listed()}
        return Settling(tx, rulebook, sources, self.memory.index, now=self._context.now_micros())
