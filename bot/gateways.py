"""What a gateway says it spent, held against what was booked: drift, and what is likely behind it."""

from dataclasses import dataclass, replace
from typing import Literal

from bot.money import NANOS
from bot.periods import MICROS
from bot.usage import GatewayView

SETTLED_MICROS = 300 * MICROS
"""A view is judged once it is this old: until then calls that it counts may still be on their way."""
LEAST_DRIFT_NANOS = NANOS
DRIFT_PERCENT = 5

Direction = Literal["gateway", "books"]


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A gateway's team: its newest word, and the baseline since which the books are compared with it.

    Drift is `(spend_nanos - base_nanos) - booked_nanos`: what the gateway counted since the baseline and we did not book.
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

    @property
    def drift_nanos(self) -> int:
        return self.spend_nanos - self.base_nanos - self.booked_nanos


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A drift worth saying. `more` is who counts more: the gateway, or the books."""

    watched: Watched
    more: Direction

    @property
    def dedupe_key(self) -> str:
        """Once per team, baseline and direction."""
        watched = self.watched
        return f"drift:{watched.source_id}:{watched.gateway_team}:{watched.base_at}:{self.more}"


def looked_at(known: Watched | None, view: GatewayView, *, source_id: int, booked_nanos: int) -> Watched:
    """What is known of a team after another view of it, and after `booked_nanos` more were booked with that view.

    A gateway's figure is as of a call's admission, before that call's own cost. A first view, a spend that fell or another
    reset begins a new baseline: the calls that came with it are booked after it. A view older than the last one moves
    nothing back, for batches arrive in any order.
    """
    began = Watched(
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
    )
    if known is None:
        return began
    if view.at < known.seen_at:
        return replace(known, booked_nanos=known.booked_nanos + booked_nanos)
    if view.spend_nanos < known.spend_nanos or view.resets_at != known.resets_at:
        return began
    return replace(
        began, base_nanos=known.base_nanos, base_at=known.base_at, booked_nanos=known.booked_nanos + booked_nanos
    )


def drift_of(watched: Watched, *, now: int, unsettled_nanos: int = 0) -> Drift | None:
    """The drift of a team, if it is over five percent of what was booked and over a dollar, both sides settled.

    `unsettled_nanos` is what the last batch booked, which the gateway's word, given at admission, may not count yet.
    """
    if now - watched.seen_at < SETTLED_MICROS:
        return None
    allowed = max(LEAST_DRIFT_NANOS, abs(watched.booked_nanos) * DRIFT_PERCENT // 100)
    if watched.drift_nanos > allowed:
        return Drift(watched=watched, more="gateway")
    if -watched.drift_nanos > allowed + unsettled_nanos:
        return Drift(watched=watched, more="books")
    return None
