"""What one transaction knows of records and their calls."""

from collections.abc import Iterable, Sequence

from bot.intake.adjustments import BookedEvent
from bot.intake.twins.grouping import Grouping, Id
from bot.intake.twins.index import Batch, TwinIndex
from bot.intake.twins.sightings import Sighting, sighting_of
from bot.usage import UsageEvent
from storage.intake.booked_events import EventFilter
from storage.intake.twins.records import CallRecordRow
from storage.store import Transaction

_MOST_EVENTS = 1_000_000


class KnownCalls:
    """The calls of records, read as they are needed. `before` has each record's call as it was stored."""

    def __init__(self, tx: Transaction, index: TwinIndex) -> None:
        self._tx = tx
        self._index = index
        self._moments: dict[Id, int] = {}
        self.grouping = Grouping()
        self.before: dict[Id, frozenset[Id]] = {}
        self.stored: dict[Id, list[CallRecordRow]] = {}
        self.sightings: dict[Id, Sighting] = {}

    def take_in(self, sightings: Iterable[Sighting], *, are_new: bool) -> None:
        """Takes in records as calls of their own, unless they are known."""
        for sighting in sightings:
            self._take_in_call([sighting], are_new=are_new)

    def _take_in_call(self, call: Sequence[Sighting], *, are_new: bool) -> None:
        for sighting in call:
            self.sightings.setdefault(sighting.id, sighting)
            if not are_new:
                self.before.setdefault(sighting.id, frozenset({sighting.id}))
        self.grouping.know([call])

    async def load(self, ids: Sequence[Id]) -> None:
        """Reads the calls that records belong to, if these have several."""
        unknown = [at for at in ids if at not in self.stored and at not in self.before]
        if not unknown:
            return
        by_call: dict[Id, list[CallRecordRow]] = {}
        for record in await self._tx.usage.call_records.of_calls(unknown):
            self.stored.setdefault(record.id, []).append(record)
            by_call.setdefault((record.source_id, record.call_key), []).append(record)
        for records in by_call.values():
            members = frozenset(record.id for record in records)
            self.before.update((at, members) for at in members)
            seen = {
                record.id: sighting
                for record in records
                if (sighting := sighting_of(record.source_id, record.event)) is not None
            }
            self._take_in_call(list(seen.values()), are_new=False)

    async def candidates(self, batch: Batch, *, new: Iterable[Id]) -> dict[int, list[Sighting]]:
        """Returns records that may be twins of those of a batch, with their calls. The calls of `new` ones are known."""
        found = self._index.find(batch)
        tokens = sorted({one.token for one in found if one.other is None})
        old = {batch.token: batch for batch in await self._tx.usage.call_records.marks.batches(tokens)}
        candidates: dict[int, list[Sighting]] = {}
        for at, recent, token, row in found:
            other = old[token][row] if recent is None and token in old else recent
            if other is not None and other.id != batch[at].id:
                candidates.setdefault(at, []).append(other)
        others = {other.id: other for several in candidates.values() for other in several}
        await self.load([at for at in others if at not in self.grouping and at not in set(new)])
        self.take_in((other for at, other in others.items() if at not in self.grouping), are_new=False)
        return candidates

    async def of_key(self, at: Id, event: UsageEvent) -> tuple[list[UsageEvent], list[BookedEvent]]:
        """Returns the stored records of a key, or the event that was booked alone by it."""
        await self.load([at])
        if at in self.stored:
            return [record.event for record in self.stored[at]], []
        sighting = sighting_of(at[0], event)
        if sighting is not None:
            found = self._index.find(Batch.of([sighting], token=-1, received_at=0))
            same = (one.other for one in found if one.other is not None and one.other.id == at)
            self.take_in(list(same)[:1], are_new=False)
        moments = await self._tx.event_keys.moments_of(event.event_id)
        return [], await self._events(at[0], {*moments, event.occurred_at}, {at[1]})

    async def booked(self, members: Sequence[Id], *, plain: Sequence[Id]) -> list[BookedEvent]:
        """Returns the events of records, also those that count nowhere. `plain` ones were booked alone."""
        stored = [record for at in members for record in self.stored.get(at, ()) if record.is_booked]
        keys = {record.event.key for record in stored} | {key for _, key in plain}
        moments = {record.event.occurred_at for record in stored}
        moments |= {self.sightings[at].at for at in plain if at in self.sightings}
        moments |= {self._moments[at] for at in plain if at in self._moments}
        return await self._events(members[0][0], moments, keys) if keys else []

    async def _events(self, source_id: int, moments: set[int], keys: set[bytes]) -> list[BookedEvent]:
        wanted = EventFilter(source_id=source_id, moments=moments, with_twins=True)
        page = await self._tx.booked_events.page(wanted, limit=_MOST_EVENTS)
        found = [event for event in page.events if event.key_hash in keys]
        for event in found:
            self.before.setdefault(event.key, frozenset({event.key}))
            self._moments[event.key] = event.occurred_at
        return found
