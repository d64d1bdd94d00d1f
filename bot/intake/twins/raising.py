"""A booked event that takes the figures of its call's fuller record."""

import msgspec

from bot.intake.adjustments import BookedEvent, Change, usage_event_from
from bot.intake.twins.sightings import Sighting
from bot.usage import COUNTERS, Booking, TwinHint, UsageEvent

_OF_EVENT = (*COUNTERS, "parts", "units", "reported_nanos", "cost_is_guess")
_OF_LABELS = (
    *("gateway_team", "declared_team", "tags", "tier", "geo", "region"),
    *("provider", "model", "workflow", "credential"),
)
_OF_BOOKING = (
    *("team_id", "local_day", "tool", "basis", "cost_nanos", "notional_nanos", "book_nanos", "book", "rule"),
    "cost_reason",
)


def as_booked(call: UsageEvent, carrier: BookedEvent) -> UsageEvent:
    """Returns a call as the event that books it: it keeps its moment, and so its place among the events."""
    return msgspec.structs.replace(
        call, key=carrier.key_hash, event_id=carrier.event_id, occurred_at=carrier.occurred_at
    )


def raised(carrier: BookedEvent, booking: Booking, *, person_id: int) -> Change | None:
    """Returns the change of an event to a new booking of its call; None if it has it."""
    new = msgspec.structs.replace(
        carrier,
        **{name: getattr(booking.event, name) for name in _OF_EVENT},
        **{name: getattr(booking.event.labels, name) for name in _OF_LABELS},
        **{name: getattr(booking, name) for name in _OF_BOOKING},
        first_basis=booking.basis,
        person_id=person_id,
        counts=True,
    )
    return None if new == carrier else Change(carrier, msgspec.structs.replace(new, is_raised=True))


def taken_out(event: BookedEvent) -> Change:
    """Returns the change of an event whose call another one books."""
    return Change(event, msgspec.structs.replace(event, counts=False))


def record_of(booked: BookedEvent, sighting: Sighting | None) -> UsageEvent:
    """Returns the record of an event that was booked alone, with the hint that is kept of it."""
    hint = None
    if sighting is not None:
        hint = TwinHint(**{name: getattr(sighting, name) for name in TwinHint.__struct_fields__})
    return msgspec.structs.replace(usage_event_from(booked), twin_hint=hint)
