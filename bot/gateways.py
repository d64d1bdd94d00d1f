"""What a gateway says it spent, held against what was booked: drift, and what is likely behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from bot.money import NANOS
from bot.periods import MICROS
from bot.usage import GatewayView

LAG_MICROS = 300 * MICROS
"""Within so long a gateway counts a call in its team's spend (it caches the figure for a minute), whoever of its workers
tells it, and a call of which it told has arrived here."""
SETTLED_MICROS = 600 * MICROS
"""A drift is said once it has lasted so long."""
LEAST_DRIFT_NANOS = NANOS
DRIFT_PERCENT = 5

Direction = Literal["gateway", "books"]


class Booked(NamedTuple):
    """What was booked of a gateway's team: at the gateway's own prices, and at ours."""

    reported_nanos: int
    cost_nanos: int


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A gateway's team: its highest word of what it spent, and the baseline since which the books are compared with it.

    `booked_nanos` is what was booked since at the gateway's own prices, so that the comparison shows calls that are missing
    and not prices that differ; `cost_nanos` is the same at ours. `edge_nanos` was booked so soon after the baseline that
    the gateway may have counted as much again of calls before it. `settled_nanos` was booked longer ago than `LAG_MICROS`, so
    that the gateway must have counted it; it follows from two marks that are set in turn. `over_since` is when the drift
    was first found to be too large, if it still is.
    """

    source_id: int
    gateway_team: str
    alias: str
    spend_nanos: int
    cap_nanos: int | None
    resets_at: int | None
    seen_at: int
    base_nanos: int
    base_at: int
    booked_nanos: int
    cost_nanos: int
    edge_nanos: int
    settled_nanos: int
    mark_at: int
    mark_nanos: int
    over_since: int | None

    @property
    def counted_nanos(self) -> int:
        """What the gateway counted since the baseline."""
        return self.spend_nanos - self.base_nanos

    @property
    def allowed_nanos(self) -> int:
        return max(LEAST_DRIFT_NANOS, self.booked_nanos * DRIFT_PERCENT // 100)

    @property
    def drift_nanos(self) -> int:
        """What the gateway counted and we did not book, or, below zero, what we booked and it must have counted; 0 where
        both can be true."""
        missing = self.counted_nanos - self.booked_nanos - self.edge_nanos
        uncounted = self.settled_nanos - self.counted_nanos
        return max(missing, 0) or -max(uncounted, 0)


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A drift worth saying. `more` is who counts more: the gateway, or the books."""

    watched: Watched
    more: Direction


class ModelFigures(NamedTuple):
    """A gateway team's calls of one model, at the gateway's prices and at ours."""

    model: str
    calls: int
    reported_nanos: int
    cost_nanos: int


def looked_at(known: Watched | None, view: GatewayView, *, source_id: int, booked: Booked) -> Watched:
    """What is known of a team after another view of it, and after more was booked with that view.

    A gateway's figure is as of a call's admission, from a cache that each of its workers keeps for itself: so the highest
    word counts, and a lower or an older one moves nothing. Where the figure stays lower for longer than any cache keeps it,
    or names a later reset, the gateway began to count anew, and so does the comparison.
    """
    if known is None:
        return _begun(view, source_id=source_id, booked=booked)
    soon = view.at - known.base_at <= LAG_MICROS
    more = replace(
        known,
        booked_nanos=known.booked_nanos + booked.reported_nanos,
        cost_nanos=known.cost_nanos + booked.cost_nanos,
        edge_nanos=known.edge_nanos + (booked.reported_nanos if soon else 0),
    )
    if view.at < known.seen_at:
        return more
    if view.spend_nanos < known.spend_nanos:
        is_new = (view.resets_at or 0) > (known.resets_at or 0) or view.at - known.seen_at >= LAG_MICROS
        return _begun(view, source_id=source_id, booked=booked) if is_new else more
    if view.at - known.mark_at >= LAG_MICROS:
        more = replace(more, settled_nanos=known.mark_nanos, mark_nanos=known.booked_nanos, mark_at=view.at)
    return replace(
        more,
        alias=view.alias,
        spend_nanos=view.spend_nanos,
        cap_nanos=view.cap_nanos,
        resets_at=view.resets_at,
        seen_at=view.at,
    )


def _begun(view: GatewayView, *, source_id: int, booked: Booked) -> Watched:
    """A new baseline. The calls that came with it were made before the gateway's figure or after, so they are its edge."""
    return Watched(
        source_id=source_id,
        gateway_team=view.gateway_team,
        alias=view.alias,
        spend_nanos=view.spend_nanos,
        cap_nanos=view.cap_nanos,
        resets_at=view.resets_at,
        seen_at=view.at,
        base_nanos=view.spend_nanos,
        base_at=view.at,
        booked_nanos=0,
        cost_nanos=0,
        edge_nanos=booked.reported_nanos,
        settled_nanos=0,
        mark_at=view.at,
        mark_nanos=0,
        over_since=None,
    )


def is_over(watched: Watched) -> bool:
    """Whether the drift is too large: over a dollar, and over five percent of what was booked."""
    return abs(watched.drift_nanos) > watched.allowed_nanos


def is_closed(watched: Watched) -> bool:
    """Whether a drift that was said has gone: half of what is too large, so that it does not come and go."""
    return abs(watched.drift_nanos) * 2 <= watched.allowed_nanos


def judged(watched: Watched, *, now: int) -> tuple[Watched, Drift | None]:
    """The team with the time since when its drift is too large, and the drift, if that has lasted."""
    if not is_over(watched):
        return replace(watched, over_since=None), None
    since = watched.over_since if watched.over_since is not None else now
    marked = replace(watched, over_since=since)
    if now - since < SETTLED_MICROS:
        return marked, None
    return marked, Drift(watched=marked, more="gateway" if watched.drift_nanos > 0 else "books")


def largest_disagreement(figures: Sequence[ModelFigures]) -> ModelFigures | None:
    """The model whose price differs most between the gateway and us, if by more than a dollar and five percent."""
    found = max(figures, key=lambda f: abs(f.cost_nanos - f.reported_nanos), default=None)
    if found is None:
        return None
    apart = abs(found.cost_nanos - found.reported_nanos)
    allowed = max(LEAST_DRIFT_NANOS, found.cost_nanos * DRIFT_PERCENT // 100)
    return found if apart > allowed else None
