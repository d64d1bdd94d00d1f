"""What a gateway says it spent, held against what was booked: drift, and what is likely behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import msgspec

from bot.money import NANOS
from bot.periods import MICROS
from bot.usage import BudgetBlock, GatewayView, Labels, UsageEvent

LAG_MICROS = 300 * MICROS
"""Within so long a gateway counts a call in its team's spend (it caches the figure for a minute), whoever of its workers
tells it, and a call of which it told has arrived here."""
SETTLED_MICROS = 600 * MICROS
"""A drift is said once it has lasted so long."""
MIN_DRIFT_NANOS = NANOS
DRIFT_PERCENT = 5

DriftDirection = Literal["gateway", "books"]


class BookedCall(NamedTuple):
    """A call of a gateway's team that was booked: when it was, its cost at the gateway's own price, and at ours."""

    at: int
    reported_nanos: int
    cost_nanos: int


@dataclass(frozen=True, kw_only=True)
class GatewayTeam:
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
        return max(MIN_DRIFT_NANOS, self.booked_nanos * DRIFT_PERCENT // 100)

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

    watched: GatewayTeam
    more: DriftDirection


class ModelFigures(NamedTuple):
    """A gateway team's calls of one model, at the gateway's prices and at ours."""

    model: str
    calls: int
    reported_nanos: int
    cost_nanos: int


def update_baseline(
    known: GatewayTeam | None, view: GatewayView | None, *, source_id: int, booked: Sequence[BookedCall]
) -> GatewayTeam | None:
    """What is known of a team after another view of it, and after more was booked with that view; without one, after calls
    of which the gateway's own log told later.

    A gateway's figure is as of a call's admission, from a cache that each of its workers keeps for itself: so the highest
    word counts, and a lower or an older one moves nothing. Where the figure stays lower for longer than any cache keeps it,
    or names a later reset, the gateway began to count anew, and so does the comparison. Calls before its beginning are none
    of it.
    """
    if known is None:
        return _new_baseline(view, source_id=source_id, booked=booked) if view is not None else None
    calls = [call for call in booked if call.at >= known.base_at]
    reported = sum(call.reported_nanos for call in calls)
    soon = sum(call.reported_nanos for call in calls if call.at - known.base_at <= LAG_MICROS)
    more = replace(
        known,
        booked_nanos=known.booked_nanos + reported,
        cost_nanos=known.cost_nanos + sum(call.cost_nanos for call in calls),
        edge_nanos=known.edge_nanos + soon,
    )
    if view is None or view.at < known.seen_at:
        return more
    if view.spend_nanos < known.spend_nanos:
        is_new = (view.resets_at or 0) > (known.resets_at or 0) or view.at - known.seen_at >= LAG_MICROS
        return _new_baseline(view, source_id=source_id, booked=booked) if is_new else more
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


def _new_baseline(view: GatewayView, *, source_id: int, booked: Sequence[BookedCall]) -> GatewayTeam:
    """A new baseline. The calls that came with it were made before the gateway's figure or after, so they are its edge."""
    return GatewayTeam(
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
        edge_nanos=sum(call.reported_nanos for call in booked),
        settled_nanos=0,
        mark_at=view.at,
        mark_nanos=0,
        over_since=None,
    )


def exceeds_tolerance(watched: GatewayTeam) -> bool:
    """Whether the drift is too large: over a dollar, and over five percent of what was booked."""
    return abs(watched.drift_nanos) > watched.allowed_nanos


def has_drift_closed(watched: GatewayTeam) -> bool:
    """Whether a drift that was said has gone: half of what is too large, so that it does not come and go."""
    return abs(watched.drift_nanos) * 2 <= watched.allowed_nanos


def judge_drift(watched: GatewayTeam, *, now: int) -> tuple[GatewayTeam, Drift | None]:
    """The team with the time since when its drift is too large, and the drift, if that has lasted."""
    if not exceeds_tolerance(watched):
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
    allowed = max(MIN_DRIFT_NANOS, found.cost_nanos * DRIFT_PERCENT // 100)
    return found if apart > allowed else None


class DriftLine(msgspec.Struct, frozen=True, kw_only=True):
    """One team's drift as its message shows it. `counted_nanos` and `booked_nanos` are both at the gateway's prices;
    `model` is the one whose price differs most between the gateway and us."""

    gateway_team: str
    alias: str
    base_at: int
    more: DriftDirection
    counted_nanos: int
    booked_nanos: int
    cost_nanos: int
    drift_nanos: int
    model: ModelFigures | None
    is_closed: bool = False


def line_of(drift: Drift, *, model: ModelFigures | None) -> DriftLine:
    watched = drift.watched
    return DriftLine(
        gateway_team=watched.gateway_team,
        alias=watched.alias,
        base_at=watched.base_at,
        more=drift.more,
        counted_nanos=watched.counted_nanos,
        booked_nanos=watched.booked_nanos,
        cost_nanos=watched.cost_nanos,
        drift_nanos=abs(watched.drift_nanos),
        model=model,
    )


def updated_line(line: DriftLine, watched: GatewayTeam | None) -> DriftLine:
    """A line that was said, as it is now: gone where the figures agree again or the gateway counts anew, with new figures
    where they moved by a fifth, so that the message does not flicker."""
    if line.is_closed or watched is None or watched.base_at != line.base_at:
        return msgspec.structs.replace(line, is_closed=True)
    now = abs(watched.drift_nanos)
    gone = has_drift_closed(watched) or (watched.drift_nanos > 0) != (line.more == "gateway")
    if not gone and abs(now - line.drift_nanos) * 5 <= line.drift_nanos:
        return line
    return msgspec.structs.replace(
        line,
        counted_nanos=watched.counted_nanos,
        booked_nanos=watched.booked_nanos,
        cost_nanos=watched.cost_nanos,
        drift_nanos=now,
        is_closed=gone,
    )


def blocked_call(block: BudgetBlock) -> UsageEvent:
    """The call that a budget stopped, as far as it tells which team it belongs to."""
    return UsageEvent(
        key=b"",
        fingerprint=b"",
        event_id="",
        occurred_at=block.at,
        labels=Labels(
            model="unknown",
            user=block.user,
            credential=block.credential,
            gateway_team=block.gateway_team,
        ),
        uncached_input=0,
        cache_read=0,
        cache_write_5m=0,
        cache_write_1h=0,
        output=0,
        reasoning=0,
        reported_nanos=None,
        failed=True,
        gateway_cache=False,
        notional=False,
    )
