"""A gateway's own spend figures compared with the books: drift, and its likely cause."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import msgspec

from bot.money import NANOS
from bot.periods import MICROS
from bot.usage import BudgetBlock, GatewayView, Labels, UsageEvent

LAG_MICROS = 300 * MICROS
"""The longest delay until a gateway counts a call in its team's spend, on any of its workers, and the call arrives here.
Gateways cache the figure for a minute.
"""
SETTLED_MICROS = 600 * MICROS
"""A drift is posted once it has lasted this long."""
MIN_DRIFT_NANOS = NANOS
DRIFT_PERCENT = 5

DriftDirection = Literal["gateway", "books"]


class BookedCall(NamedTuple):
    """A booked call of a gateway team: its time, its cost at the gateway's price, and its cost at ours."""

    at: int
    reported_nanos: int
    cost_nanos: int


@dataclass(frozen=True, kw_only=True)
class GatewayTeam:
    """A gateway's team: its highest reported spend, and the baseline from which the books are compared.

    `booked_nanos` is booked since the baseline at the gateway's own prices, so that the comparison finds missing calls
    and not price differences; `cost_nanos` is the same at our prices. `edge_nanos` was booked so soon after the baseline
    that the gateway may have counted as much of earlier calls. `settled_nanos` was booked longer ago than `LAG_MICROS`,
    so the gateway must have counted it; two marks set in turn provide it. `over_since` is when the drift first exceeded
    the tolerance, if it still does.
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
        """Returns the gateway's spend since the baseline."""
        return self.spend_nanos - self.base_nanos

    @property
    def allowed_nanos(self) -> int:
        """Returns the tolerated drift: one dollar, or five percent of what is booked."""
        return max(MIN_DRIFT_NANOS, self.booked_nanos * DRIFT_PERCENT // 100)

    @property
    def drift_nanos(self) -> int:
        """Returns the gateway's spend that is not booked; below zero, our bookings that the gateway did not count; 0 if
        neither is certain.
        """
        missing = self.counted_nanos - self.booked_nanos - self.edge_nanos
        uncounted = self.settled_nanos - self.counted_nanos
        return max(missing, 0) or -max(uncounted, 0)


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A drift to post. `more` is the side with the higher figure: the gateway or the books."""

    team: GatewayTeam
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
    """Updates a team by a new view of it and the calls booked with that view. Without a view, the calls come from the
    gateway's own log.

    The gateway's figure dates from a call's admission and from a per-worker cache. So the highest figure counts, and a
    lower or older one changes nothing. If the figure stays lower for longer than any cache lives, or names a later reset,
    the gateway has reset its count. Then a new baseline starts, without earlier calls.
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


def may_be_reset(known: GatewayTeam, view: GatewayView | None) -> bool:
    """Returns whether a view is of a gateway that may have reset its count, so that it may start a new baseline."""
    return view is not None and view.at >= known.seen_at and view.spend_nanos < known.spend_nanos


def _new_baseline(view: GatewayView, *, source_id: int, booked: Sequence[BookedCall]) -> GatewayTeam:
    """Starts a baseline. The calls booked with it may fall before or after the gateway's figure, so they form its edge."""
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


def exceeds_tolerance(team: GatewayTeam) -> bool:
    """Returns whether the drift is over one dollar and over five percent of what is booked."""
    return abs(team.drift_nanos) > team.allowed_nanos


def has_drift_closed(team: GatewayTeam) -> bool:
    """Returns whether a posted drift is below half the tolerance, so that it does not flicker."""
    return abs(team.drift_nanos) * 2 <= team.allowed_nanos


def judge_drift(team: GatewayTeam, *, now: int) -> tuple[GatewayTeam, Drift | None]:
    """Returns the team with the start of its excess drift, and the drift if it has lasted long enough."""
    if not exceeds_tolerance(team):
        return replace(team, over_since=None), None
    since = team.over_since if team.over_since is not None else now
    marked = replace(team, over_since=since)
    if now - since < SETTLED_MICROS:
        return marked, None
    return marked, Drift(team=marked, more="gateway" if team.drift_nanos > 0 else "books")


def largest_disagreement(figures: Sequence[ModelFigures]) -> ModelFigures | None:
    """Returns the model whose price differs most between the gateway and us, if by over one dollar and five percent."""
    largest = max(figures, key=lambda f: abs(f.cost_nanos - f.reported_nanos), default=None)
    if largest is None:
        return None
    difference = abs(largest.cost_nanos - largest.reported_nanos)
    allowed = max(MIN_DRIFT_NANOS, largest.cost_nanos * DRIFT_PERCENT // 100)
    return largest if difference > allowed else None


class DriftLine(msgspec.Struct, frozen=True, kw_only=True):
    """One team's drift in a message. `counted_nanos` and `booked_nanos` use the gateway's prices; `model` is the one with
    the largest price difference.
    """

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
    team = drift.team
    return DriftLine(
        gateway_team=team.gateway_team,
        alias=team.alias,
        base_at=team.base_at,
        more=drift.more,
        counted_nanos=team.counted_nanos,
        booked_nanos=team.booked_nanos,
        cost_nanos=team.cost_nanos,
        drift_nanos=abs(team.drift_nanos),
        model=model,
    )


def updated_line(line: DriftLine, team: GatewayTeam | None) -> DriftLine:
    """Returns a posted line with current figures, closed if the figures agree again or the gateway reset its count.

    Figures change only if they moved by a fifth, so that the message does not flicker.
    """
    if line.is_closed or team is None or team.base_at != line.base_at:
        return msgspec.structs.replace(line, is_closed=True)
    now = abs(team.drift_nanos)
    gone = has_drift_closed(team) or (team.drift_nanos > 0) != (line.more == "gateway")
    if not gone and abs(now - line.drift_nanos) * 5 <= line.drift_nanos:
        return line
    return msgspec.structs.replace(
        line,
        counted_nanos=team.counted_nanos,
        booked_nanos=team.booked_nanos,
        cost_nanos=team.cost_nanos,
        drift_nanos=now,
        is_closed=gone,
    )


def blocked_call(block: BudgetBlock) -> UsageEvent:
    """Returns the blocked call as an event that attribution can place."""
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
