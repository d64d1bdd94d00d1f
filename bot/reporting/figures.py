"""Figures of a span: what teams spent and on what, with the same of the days before. Parts add up to the whole."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bot.reporting.spans import Span

SpendPart = Literal["tool", "model", "workflow", "credential"]
UNPRICED = "unpriced"
"""The cost basis of usage without a known price."""


class BasisUse(NamedTuple):
    """The use of one part on one cost basis."""

    name: str
    basis: str
    calls: int
    tokens: int
    cost_nanos: int


@dataclass(frozen=True, kw_only=True)
class Share:
    """One tool's, model's or workflow's spend over some days, with the spend before: nano-dollars, calls and tokens. Cost
    is that of priced usage alone."""

    name: str
    cost_nanos: int
    before_nanos: int
    tokens: int
    calls: int = 0
    unpriced_calls: int = 0
    unpriced_tokens: int = 0
    before_unpriced_calls: int = 0

    @property
    def change_nanos(self) -> int:
        return self.cost_nanos - self.before_nanos

    @property
    def has_no_price(self) -> bool:
        """Returns whether nothing is known of its cost: all its usage lacks a price."""
        return self.cost_nanos == 0 and self.unpriced_calls > 0

    @property
    def is_new(self) -> bool:
        """Returns whether it costs something and was not used before, not even without a price."""
        return self.cost_nanos > 0 and self.before_nanos == self.before_unpriced_calls == 0


@dataclass(frozen=True, kw_only=True)
class Spend:
    """What teams spent over a span, and over the days before it.

    `first_day` is the first day with usage if it lies after the start of the compared days: then there is no full
    comparison yet.
    """

    span: Span
    cost_nanos: int
    before_nanos: int
    calls: int
    tokens: int
    unpriced_calls: int = 0
    unpriced_tokens: int = 0
    before_unpriced_calls: int = 0
    first_day: int | None = None

    @property
    def change_nanos(self) -> int:
        return self.cost_nanos - self.before_nanos

    @property
    def is_compared(self) -> bool:
        """Returns whether the days before are complete, so that a change means something."""
        return self.first_day is None

    @property
    def has_no_price(self) -> bool:
        """Returns whether nothing is known of the cost: all usage lacks a price."""
        return self.cost_nanos == 0 and self.unpriced_calls > 0

    @property
    def before_has_no_price(self) -> bool:
        """Returns the same of the days before."""
        return self.before_nanos == 0 and self.before_unpriced_calls > 0


def shares_of(now: Iterable[BasisUse], before: Iterable[BasisUse]) -> tuple[Share, ...]:
    """Returns the shares of some uses, largest first, then those without a price by their tokens."""
    current, earlier = _by_name(now), _by_name(before)
    listed = [_share(name, current.get(name, ()), earlier.get(name, ())) for name in current.keys() | earlier.keys()]
    return tuple(sorted(listed, key=lambda share: (-share.cost_nanos, -share.tokens, share.name)))


def spend_of_shares(span: Span, shares: Sequence[Share], *, first_day: int | None = None) -> Spend:
    """Returns the spend that the shares of any one part add up to."""
    return Spend(
        span=span,
        cost_nanos=sum(share.cost_nanos for share in shares),
        before_nanos=sum(share.before_nanos for share in shares),
        calls=sum(share.calls for share in shares),
        tokens=sum(share.tokens for share in shares),
        unpriced_calls=sum(share.unpriced_calls for share in shares),
        unpriced_tokens=sum(share.unpriced_tokens for share in shares),
        before_unpriced_calls=sum(share.before_unpriced_calls for share in shares),
        first_day=first_day,
    )


def _by_name(uses: Iterable[BasisUse]) -> Mapping[str, Sequence[BasisUse]]:
    found: dict[str, list[BasisUse]] = {}
    for use in uses:
        found.setdefault(use.name, []).append(use)
    return found


def _share(name: str, now: Sequence[BasisUse], before: Sequence[BasisUse]) -> Share:
    unpriced = [use for use in now if use.basis == UNPRICED]
    return Share(
        name=name,
        cost_nanos=sum(use.cost_nanos for use in now),
        before_nanos=sum(use.cost_nanos for use in before),
        tokens=sum(use.tokens for use in now),
        calls=sum(use.calls for use in now),
        unpriced_calls=sum(use.calls for use in unpriced),
        unpriced_tokens=sum(use.tokens for use in unpriced),
        before_unpriced_calls=sum(use.calls for use in before if use.basis == UNPRICED),
    )
