"""Settles which records are of one call, within one transaction: each call ends as one booked event with the figures of
its fullest record, whatever came first.
"""

from collections.abc import Mapping, Sequence

import msgspec

from bot.intake.adjustments import BookedEvent, Change
from bot.intake.twins.calls import merged, same_key_is_one_call
from bot.intake.twins.grouping import Id, in_order
from bot.intake.twins.index import Batch, TwinIndex
from bot.intake.twins.raising import as_booked, raised, record_of, taken_out
from bot.intake.twins.sightings import Sighting
from bot.org.attribution import Source
from bot.rulebook import Rulebook
from bot.usage import Booking, BookingOutcome, TwinHint, UsageEvent
from handlers.intake.twins.known import KnownCalls
from storage.intake.rollups import Bucket
from storage.intake.twins.records import CallRecordRow
from storage.store import Transaction

KIND = "twin"
"""The kind of adjusting rows that give a call the figures of its fuller record."""


class Settling:
    """The records that one transaction looks at, and what it makes of them: events to insert, and changes of others."""

    def __init__(
        self, tx: Transaction, rulebook: Rulebook, sources: Mapping[int, Source], index: TwinIndex, *, now: int
    ) -> None:
        self._tx = tx
        self._rulebook = rulebook
        self._sources = sources
        self._now = now
        self._known = KnownCalls(tx, index)
        self._fresh: dict[Id, UsageEvent] = {}
        self._repeats: dict[Id, list[UsageEvent]] = {}
        self.inserted: dict[Id, Booking] = {}
        self.changes: list[Change] = []

    def add(self, source_id: int, event: UsageEvent) -> None:
        """Takes in a new record, whose key is stored."""
        self._fresh[source_id, event.key] = event

    async def repeat(self, source_id: int, event: UsageEvent) -> BookingOutcome:
        """Takes in a record whose key is known with another content. Returns whether it is of the same call."""
        at = (source_id, event.key)
        if event.twin_hint is None:
            return "conflict"
        known = list(self._repeats.get(at, ()))
        if at in self._fresh:
            known.append(self._fresh[at])
        else:
            stored, booked = await self._known.of_key(at, event)
            known += stored + [record_of(found, self._known.sightings.get(at)) for found in booked]
        if any(record.fingerprint == event.fingerprint for record in known):
            return "duplicate"
        scope = event.twin_hint.scope
        same = [record for record in known if record.twin_hint is None or record.twin_hint.scope == scope]
        if not known or (same and not same_key_is_one_call(_hinted(max(same, key=_tokens), scope), event)):
            return "conflict"
        self._repeats.setdefault(at, []).append(event)
        return "duplicate"

    @property
    def repeats(self) -> list[tuple[int, UsageEvent]]:
        """Returns the further records of known keys, each with its source: their counts may be those of other records."""
        return [(at[0], event) for at, events in self._repeats.items() for event in events]

    async def look(self, records: Batch) -> None:
        """Joins records with their twins: new ones, or ones that are booked."""
        waiting = in_order(records.sightings)
        await self._known.load([sighting.id for sighting in waiting if sighting.id not in self._fresh])
        self._known.take_in((one for one in waiting if one.id in self._fresh), are_new=True)
        self._known.take_in((one for one in waiting if one.id not in self._fresh), are_new=False)
        while waiting:
            batch = Batch.of(waiting, token=records.token, received_at=0)
            candidates = await self._known.candidates(batch, new=self._fresh)
            ejected: list[Sighting] = []
            for at, sighting in enumerate(waiting):
                ejected += self._known.grouping.join(sighting, candidates.get(at, ()))
            waiting = in_order(ejected)

    @property
    def has_changes(self) -> bool:
        """Returns True if calls are not as they are stored."""
        calls = (frozenset(sighting.id for sighting in call) for call in self._known.grouping.calls)
        return any(self._known.before.get(at) != members for members in calls for at in members)

    async def settle(self) -> dict[Bucket, list[int]]:
        """Decides every call that changed, and stores its records and adjusting rows. Returns what these add to the
        totals.
        """
        told = set[Id]()
        for call in self._known.grouping.calls:
            told |= await self._settled(frozenset(sighting.id for sighting in call))
        for at in [*self._fresh, *self._repeats]:  # records of logs, which have no place of their own
            if at not in told:
                told |= await self._settled(self._known.before.get(at, frozenset()) | {at})
        made_by = {"kind": KIND, "at": self._now, "actor_id": None, "document": KIND}
        _, sums = await self._tx.adjustments.record(self.changes, **made_by)  # type: ignore[arg-type]
        return sums

    async def _settled(self, members: frozenset[Id]) -> frozenset[Id]:
        is_new = any(at in self._fresh for at in members)
        is_alone = len(members) == 1 and not any(at in self._repeats or at in self._known.stored for at in members)
        if is_new and is_alone:
            (at,) = members
            self._book(self._fresh[at], at[0])
        elif any(at in self._repeats or self._known.before.get(at) != members for at in members):
            await self._decide(sorted(members))
        return members

    async def _decide(self, members: Sequence[Id]) -> None:
        """Books a call by one event with the figures of all its records."""
        source_id = members[0][0]
        stored = [record for at in members for record in self._known.stored.get(at, ())]
        kept = {record.id for record in stored}
        fresh = [self._fresh[at] for at in members if at in self._fresh]
        repeats = [event for at in members for event in self._repeats.get(at, ())]
        plain = [at for at in members if at not in self._fresh and at not in kept]
        booked = await self._known.booked(members, plain=plain)
        singles = {
            event.key: record_of(event, self._known.sightings.get(event.key)) for event in booked if event.key in plain
        }
        spellings = await self._tx.people.spellings_of({record.person_id for record in stored if record.person_id})
        call = merged([*(_named(record, spellings) for record in stored), *fresh, *repeats, *singles.values()])
        carrier = await self._booked_by(booked, call, source_id)
        if carrier is None:
            place, events = (call.key, call.occurred_at), {call.key}
        else:
            place, events = (carrier.key_hash, carrier.occurred_at), {event.key_hash for event in booked}
        people = await self._tx.people.ids_of({event.labels.user for event in (*fresh, *repeats) if event.labels.user})
        rows = [
            record._replace(
                is_booked=record.is_booked or (record.has_key and record.event.key in events),
                has_key=record.has_key and record.event.key not in events,
            )
            for record in stored
        ]
        rows += [
            self._row(event, source_id, people.get(event.labels.user, 0))._replace(
                is_booked=event.key in events, has_key=event.key not in events
            )
            for event in fresh
        ]
        rows += [self._row(event, source_id, people.get(event.labels.user, 0)) for event in repeats]
        persons = {event.key: event.person_id for event in booked}
        rows += [self._row(event, source_id, persons[at])._replace(is_booked=True) for at, event in singles.items()]
        await self._tx.usage.call_records.keep([row._replace(call_key=place[0], call_at=place[1]) for row in rows])

    async def _booked_by(self, booked: Sequence[BookedEvent], call: UsageEvent, source_id: int) -> BookedEvent | None:
        """Returns the event that books a call from now on; None if it is a new one."""
        if not booked:
            self._book(call, source_id)
            return None
        counting = [event for event in booked if event.counts] or booked
        carrier = min(counting, key=lambda event: (event.key_hash != call.key, event.key_hash))
        booking = self._rulebook.booking(as_booked(call, carrier), self._sources[source_id])
        user = booking.event.labels.user
        people = await self._tx.people.ids_of({user}) if user else {}
        change = raised(carrier, booking, person_id=people.get(user, 0))
        self.changes += [change] if change is not None else []
        self.changes += [taken_out(event) for event in booked if event.counts and event is not carrier]
        return carrier

    def _book(self, event: UsageEvent, source_id: int) -> None:
        self.inserted[source_id, event.key] = self._rulebook.booking(event, self._sources[source_id])

    def _row(self, event: UsageEvent, source_id: int, person_id: int) -> CallRecordRow:
        tool = self._rulebook.tools.tool_of(event, api_base=event.labels.api_base)
        labels = msgspec.structs.replace(event.labels, tool=tool)
        return CallRecordRow(
            source_id=source_id,
            event=msgspec.structs.replace(event, labels=labels),
            person_id=person_id,
            call_key=b"",
            call_at=0,
            made_at=self._now,
            is_booked=False,
            has_key=False,
        )


def _tokens(event: UsageEvent) -> int:
    return event.tokens


def _hinted(event: UsageEvent, scope: int) -> UsageEvent:
    """Returns a record as one of an instrumentation, if nothing is known of it."""
    return event if event.twin_hint is not None else msgspec.structs.replace(event, twin_hint=TwinHint(scope))


def _named(record: CallRecordRow, spellings: Mapping[int, Sequence[str]]) -> UsageEvent:
    """Returns a stored record with its person, as attribution needs it."""
    user = next(iter(spellings.get(record.person_id, ())), "")
    return msgspec.structs.replace(record.event, labels=msgspec.structs.replace(record.event.labels, user=user))
