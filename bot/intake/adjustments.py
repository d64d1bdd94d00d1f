"""Adjustments: how a usage event counts now, and the signed rows beside it that make it count otherwise. Events never change."""

from typing import NamedTuple

import msgspec

from bot.usage import COUNTERS, Labels, UsageEvent


class BookedEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A usage event as it counts now: as it was booked, changed by its adjusting rows so far.

    `first_basis` is the basis it was booked with, `adjustments` how often it was adjusted. `user` is the person's e-mail, or
    another name for them where none is known.
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

    @property
    def key(self) -> tuple[int, bytes]:
        return self.source_id, self.key_hash

    @property
    def series(self) -> tuple[int, str, str, str, str, int, str, str]:
        """What names its series: team, tool, provider, model, workflow, person, credential, basis."""
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
    """An event as it counts now, and as it should: `new` is `old` with another team, day, part of the series or price."""

    old: BookedEvent
    new: BookedEvent

    @property
    def moves(self) -> bool:
        """Whether the event leaves its team, day or series, rather than cost something else where it is."""
        return (self.old.local_day, self.old.series) != (self.new.local_day, self.new.series)

    @property
    def is_one(self) -> bool:
        """Whether anything differs that totals are made of."""
        costs = (self.old.cost_nanos, self.old.notional_nanos)
        return self.moves or costs != (self.new.cost_nanos, self.new.notional_nanos)

    @property
    def cost_nanos(self) -> int:
        """By how much the event's cost changes."""
        return self.new.cost_nanos - self.old.cost_nanos


def usage_event_from(booked: BookedEvent) -> UsageEvent:
    """The event again, to be priced and attributed anew. What only told its tool (user agent, address) is not kept."""
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
    )
