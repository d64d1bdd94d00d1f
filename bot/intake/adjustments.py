"""Adjustments: the current state of a booked usage event, and signed rows beside it that correct it. Events never
change.
"""

from typing import NamedTuple

import msgspec

from bot.units import Units
from bot.usage import COUNTERS, Labels, Parts, UsageEvent


class BookedEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A usage event as it counts now: its booking, changed by its adjusting rows.

    `first_basis` is the basis of the booking, `adjustments` the number of adjusting rows. `user` is the person's
    e-mail, or another spelling if there is none. An event whose call is booked by a twin `counts` nowhere; one that has
    the figures of a fuller twin `is_raised`.
    """

    source_id: int
    key_hash: bytes
    event_id: str
    occurred_at: int
    uncached_input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int
    reasoning: int
    reported_nanos: int | None
    gateway_team: str
    declared_team: str
    tags: tuple[str, ...]
    tier: str
    geo: str
    region: str
    cost_is_guess: bool
    parts: Parts
    units: Units
    user: str
    first_basis: str
    adjustments: int

    team_id: int
    local_day: int
    tool: str
    provider: str
    model: str
    workflow: str
    person_id: int
    credential: str
    basis: str
    cost_nanos: int
    notional_nanos: int
    book_nanos: int | None
    book: str
    rule: str
    cost_reason: str
    counts: bool = True
    is_raised: bool = False

    @property
    def key(self) -> tuple[int, bytes]:
        return self.source_id, self.key_hash

    @property
    def series(self) -> tuple[int, str, str, str, str, int, str, str]:
        """Returns the key of its series: team, tool, provider, model, workflow, person, credential, basis."""
        return (
            *(self.team_id, self.tool, self.provider, self.model),
            *(self.workflow, self.person_id, self.credential, self.basis),
        )

    @property
    def counters(self) -> tuple[int, ...]:
        return tuple(getattr(self, name) for name in COUNTERS)

    @property
    def tokens(self) -> int:
        return self.uncached_input + self.cache_read + self.cache_write_5m + self.cache_write_1h + self.output


class Change(NamedTuple):
    """An event's current and corrected state: `new` is `old` with another team, day, part of the series or price, or
    with the figures of its call's fuller record; or one of both does not count.
    """

    old: BookedEvent
    new: BookedEvent

    @property
    def moves(self) -> bool:
        """Returns True if the event leaves its team, day or series, or has other counts; False if only its cost
        changes.
        """
        return _place(self.old) != _place(self.new) or self.new.is_raised != self.old.is_raised

    @property
    def is_one(self) -> bool:
        """Returns True if any total changes."""
        costs = (self.old.cost_nanos, self.old.notional_nanos)
        return self.moves or costs != (self.new.cost_nanos, self.new.notional_nanos)

    @property
    def cost_nanos(self) -> int:
        """Returns the change of the event's cost, in nano-dollars."""
        return self.new.cost_nanos - self.old.cost_nanos


def _place(booked: BookedEvent) -> tuple[object, ...]:
    return booked.counts, booked.local_day, booked.series, booked.counters


class Figures(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a raised event has of its fuller twin, beside the amounts of its adjusting row."""

    counters: tuple[int, ...]
    parts: Parts = ()
    units: Units = ()
    reported_nanos: int | None = None
    cost_is_guess: bool = False
    tier: str = ""
    geo: str = ""
    region: str = ""
    gateway_team: str = ""
    declared_team: str = ""
    tags: tuple[str, ...] = ()
    first_basis: str = ""


_NAMES = Figures.__struct_fields__[1:]
_figures = msgspec.json.Decoder(Figures)


def figures_text(booked: BookedEvent) -> str:
    """Returns the figures of a raised event as they are stored; "" for one that has its own."""
    if not booked.is_raised:
        return ""
    values = {name: getattr(booked, name) for name in _NAMES}
    return msgspec.json.encode(Figures(counters=booked.counters, **values)).decode()


def with_figures(booked: BookedEvent, text: str) -> BookedEvent:
    """Returns an event with the stored figures of its fuller twin, if it has such."""
    if not text:
        return booked
    figures = _figures.decode(text)
    counters = dict(zip(COUNTERS, figures.counters, strict=True))
    values = {name: getattr(figures, name) for name in _NAMES}
    return msgspec.structs.replace(booked, **counters, **values, is_raised=True)


def usage_event_from(booked: BookedEvent) -> UsageEvent:
    """Rebuilds the usage event, to price and attribute it again. User agent and address, which only identified the
    tool, are gone.
    """
    return UsageEvent(
        key=booked.key_hash,
        fingerprint=b"",
        event_id=booked.event_id,
        occurred_at=booked.occurred_at,
        labels=Labels(
            provider=booked.provider,
            model=booked.model,
            tool=booked.tool,
            workflow=booked.workflow,
            user=booked.user,
            credential=booked.credential,
            gateway_team=booked.gateway_team,
            declared_team=booked.declared_team,
            tags=booked.tags,
            tier=booked.tier,
            geo=booked.geo,
            region=booked.region,
        ),
        uncached_input=booked.uncached_input,
        cache_read=booked.cache_read,
        cache_write_5m=booked.cache_write_5m,
        cache_write_1h=booked.cache_write_1h,
        output=booked.output,
        reasoning=booked.reasoning,
        reported_nanos=booked.reported_nanos,
        failed=booked.first_basis == "failed",
        gateway_cache=booked.first_basis == "gateway_cache",
        notional=booked.first_basis == "notional",
        unmetered=booked.first_basis == "unmetered",
        parts=booked.parts,
        units=booked.units,
        cost_is_guess=booked.cost_is_guess,
    )
