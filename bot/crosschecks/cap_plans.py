"""Plans of a team's caps: how what is available is shared among its targets, and which caps are written in which order.

A target's cap is the gateway's spend in its own period plus the target's room. The rooms of a team's targets are together
at most what the books say is available, at each moment: caps that go down are written first, and the others go up by what
is free then (decision 24).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.crosschecks.caps import CENT_NANOS
from bot.crosschecks.gateway_caps import UNLIMITED

_NEAR_NANOS = 10 * CENT_NANOS


@dataclass(frozen=True, kw_only=True)
class PlannedTarget:
    """A target in a plan: its cap now (None: nobody knows) and the spend that its gateway counts.

    `is_fixed`: its cap can't be written now, because somebody must choose first, or the gateway does not answer or refuses.
    `is_exact`: the books changed since it was last written, so it gets its cap to the cent.
    """

    id: int
    cap_nanos: int | None
    spent_nanos: int
    is_fixed: bool = False
    is_exact: bool = True
    unit_nanos: int = CENT_NANOS
    least_nanos: int = 0

    def counted(self, nanos: int) -> int:
        """Returns the cap that the gateway can have of an amount: rounded down to its unit, and at least its least."""
        return max(max(nanos, 0) // self.unit_nanos * self.unit_nanos, self.least_nanos)

    @property
    def room_nanos(self) -> int:
        """Returns what the gateway still lets through."""
        return max((self.cap_nanos or 0) - self.spent_nanos, 0)


@dataclass(frozen=True, kw_only=True)
class CapPlan:
    """The caps that targets shall have, and of these the ones to write: first all of `lower`, then those of `higher`."""

    wanted: Mapping[int, int]
    lower: tuple[int, ...]
    higher: tuple[int, ...]


def plan_caps(targets: Sequence[PlannedTarget], *, available_nanos: int) -> CapPlan:
    """Returns the plan of one team's targets.

    What fixed targets may still spend is taken first; the rest is shared by use: two thirds by spend, one third evenly, so
    that a gateway that nobody used yet has room too. A target of an unknown or unlimited cap has a share, as it would use it.
    """
    taken = sum(t.room_nanos for t in targets if t.is_fixed and t.cap_nanos not in (None, UNLIMITED))
    sharing = [t for t in targets if not (t.is_fixed and t.cap_nanos not in (None, UNLIMITED))]
    rest = max(available_nanos - taken, 0)
    spent = sum(max(t.spent_nanos, 0) for t in sharing)
    weights = {t.id: 2 * len(sharing) * max(t.spent_nanos, 0) + spent if spent else 1 for t in sharing}
    total = sum(weights.values())
    wanted = {t.id: t.counted(t.spent_nanos + rest * weights[t.id] // total) for t in sharing if not t.is_fixed}
    free = [t for t in sharing if not t.is_fixed]
    if not any(t.is_exact or not is_near(t, wanted[t.id]) for t in free):
        return CapPlan(wanted=wanted, lower=(), higher=())
    lower = tuple(t.id for t in free if t.cap_nanos in (None, UNLIMITED) or (t.cap_nanos or 0) > wanted[t.id])
    higher = tuple(t.id for t in free if t.id not in lower and t.cap_nanos != wanted[t.id])
    return CapPlan(wanted=wanted, lower=lower, higher=higher)


def is_near(target: PlannedTarget, wanted_nanos: int) -> bool:
    """Returns whether a cap is near enough for a mere look: usage is on its way between the gateway and the books. A cap may be
    above by ten cents or a percent of its room, and below by a tenth.
    """
    if target.cap_nanos in (None, UNLIMITED):
        return False
    room, off = max(wanted_nanos - target.spent_nanos, 0), (target.cap_nanos or 0) - wanted_nanos
    return off <= max(_NEAR_NANOS, room // 100) if off > 0 else -off <= max(_NEAR_NANOS, room // 10)


def free_to_raise(
    plan: CapPlan, targets: Sequence[PlannedTarget], *, caps_now: Mapping[int, int | None], available_nanos: int
) -> dict[int, int]:
    """Returns the caps to which `plan.higher` may go up, given what caps are after the lowering: as planned, unless one of the
    others did not go down. Then they share what is left.
    """
    raised = [t for t in targets if t.id in plan.higher]
    others = [t for t in targets if t.id not in plan.higher]
    used = 0
    for target in others:
        cap = caps_now.get(target.id, target.cap_nanos)
        used += max(cap - target.spent_nanos, 0) if cap is not None and cap != UNLIMITED else 0
    left = max(available_nanos - used, 0)
    rooms = {t.id: max(plan.wanted[t.id] - t.spent_nanos, 0) for t in raised}
    total = sum(rooms.values())
    if total <= left:
        return {t.id: plan.wanted[t.id] for t in raised}
    shared = {t.id: t.counted(t.spent_nanos + left * rooms[t.id] // total) for t in raised}
    return {t.id: max(shared[t.id], t.cap_nanos or 0) for t in raised if shared[t.id] > (t.cap_nanos or 0)}
