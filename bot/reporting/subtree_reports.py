"""The report of a department, or of the company: the figures of a node with every team below it, over some days."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.alerting.alert_quality import AlertQuality
from bot.books.budgets import Standing
from bot.books.forecasts import Forecast
from bot.org.teams import Directory, Team
from bot.org.tools import ToolKind
from bot.periods import Period, local_day
from bot.reporting.causes.candidates import Cause
from bot.reporting.digests import Driver
from bot.reporting.figures import Share
from bot.reporting.mix import ToolMix
from bot.reporting.spans import Span
from bot.requests.budget_requests import BudgetRequest
from bot.requests.waiting.decision_times import DecisionTimes

TREND_WEEKS = 8
_MOVERS = 3
_LEAST_MOVE = 20
"""A team that moved is named from a twentieth of the larger total on."""


class Window(NamedTuple):
    """Teams whose usage counts on the days [first, end)."""

    team_ids: tuple[int, ...]
    first_day: int
    end_day: int


@dataclass(frozen=True, kw_only=True)
class TeamSpend:
    """A team's spend over the report's days, and over the days before."""

    team: Team
    cost_nanos: int
    before_nanos: int

    @property
    def change_nanos(self) -> int:
        return self.cost_nanos - self.before_nanos


class Mover(NamedTuple):
    """A team whose change moved the total, and what drove it: the cause of its week, or else the part that changed most.

    `hides_key` is whether the cause is a key that one person alone uses.
    """

    spend: TeamSpend
    driver: Driver | None
    cause: Cause | None = None
    hides_key: bool = False


class BudgetRisk(NamedTuple):
    """A budget that is used up, or runs out within its period: on `run_out_day`, None once nothing is left."""

    team: Team
    run_out_day: int | None
    over_nanos: int
    """The forecast at the period's end beyond the budget."""


class MixWeek(NamedTuple):
    """A week's spend by kind of tool, in nano-dollars."""

    monday: int
    in_house_nanos: int
    third_party_nanos: int

    @property
    def cost_nanos(self) -> int:
        return self.in_house_nanos + self.third_party_nanos


class CostCentreSpend(NamedTuple):
    """The spend of a cost centre's teams; the name is empty for teams without one, and for unattributed usage."""

    name: str
    teams: int
    cost_nanos: int
    before_nanos: int


@dataclass(frozen=True, kw_only=True)
class SubtreeBudget:
    """The budget of a node with all teams below it. `unallocated_nanos` is available and no team below has it."""

    allocated_nanos: int
    charged_nanos: int
    held_nanos: int
    available_nanos: int
    unallocated_nanos: int


@dataclass(frozen=True, kw_only=True)
class SubtreeReport:
    """The figures of some nodes with everything below them, counted by each team's own days.

    The teams' spend and the unattributed one add up to the total, and so do the tools and the cost centres. Teams in
    preview are left out, unless finance reads it: `hidden_teams` counts them.
    """

    nodes: tuple[Team, ...]
    span: Span
    teams: tuple[TeamSpend, ...]
    """Largest first; teams without spend in both spans are left out."""
    team_count: int
    """The teams in the report that have not ended, without nodes that have teams below."""
    hidden_teams: int
    cost_nanos: int
    before_nanos: int
    calls: int
    tokens: int
    first_day: int | None
    """The first day with usage, if it lies after the start of the compared days: then there is no full comparison yet."""
    unattributed_nanos: int
    unpriced_calls: int
    unpriced_tokens: int
    period: Period
    budget: SubtreeBudget | None
    """None where no budget is declared, or where none is shown."""
    forecast: Forecast
    movers: tuple[Mover, ...]
    risks: tuple[BudgetRisk, ...]
    tools: tuple[Share, ...]
    mix: ToolMix
    weeks: tuple[MixWeek, ...]
    """The last eight closed weeks, oldest first."""
    cost_centres: tuple[CostCentreSpend, ...]
    waiting: tuple[BudgetRequest, ...]
    """Oldest first."""
    times: DecisionTimes
    team_times: tuple[tuple[Team, DecisionTimes], ...]
    alerts: AlertQuality
    noisy: tuple[tuple[Team, AlertQuality], ...]
    unfinished: tuple[Team, ...] = ()
    """Teams whose last day is not over yet in their own zone."""

    @property
    def is_company(self) -> bool:
        return any(node.kind == "organisation" for node in self.nodes)

    @property
    def change_nanos(self) -> int:
        return self.cost_nanos - self.before_nanos

    @property
    def is_compared(self) -> bool:
        """Returns whether the days before are complete, so that a change means something."""
        return self.first_day is None

    @property
    def main_mover(self) -> Mover | None:
        """Returns the team that explains at least half of the change, if one does and there is a full comparison."""
        change = self.change_nanos if self.is_compared else 0
        return next((one for one in self.movers if 2 * one.spend.change_nanos * _sign(change) >= abs(change) > 0), None)


def _sign(nanos: int) -> int:
    return -1 if nanos < 0 else 1


def is_shown(team: Team, *, shows_preview: bool) -> bool:
    """Returns whether a report has a team's figures. Those of a team in preview are for finance alone."""
    return shows_preview or team.mode != "preview"


def windows_of(
    directory: Directory, nodes: Sequence[Team], first_day: int, end_day: int, *, shows_preview: bool
) -> list[Window]:
    """Returns the teams whose usage counts for some nodes on the days [first, end). A team that moved counts on the days on
    which it was below one of them.
    """
    shown = {team.id for team in directory.teams if is_shown(team, shows_preview=shows_preview)}
    if any(node.kind == "organisation" for node in nodes):
        return [Window(tuple(sorted(shown)), first_day, end_day)]
    if not directory.lineage.moves_within(first_day, end_day):
        members = {team.id for node in nodes for team in directory.subtree(node)}
        return [Window(tuple(sorted(members & shown)), first_day, end_day)]
    spans: dict[int, list[tuple[int, int]]] = {}
    for node in nodes:
        for span in directory.lineage.spans_below(node.id, first_day, end_day):
            spans.setdefault(span.team_id, []).append((span.first_day, span.end_day))
    found: dict[tuple[int, int], list[int]] = {}
    for team_id in sorted(spans.keys() & shown):
        for days in _joined(spans[team_id]):
            found.setdefault(days, []).append(team_id)
    return [Window(tuple(ids), *days) for days, ids in sorted(found.items())]


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Joins spans of days that touch or overlap, as of a team that is below two of the nodes."""
    joined: list[tuple[int, int]] = []
    for first, end in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((first, end))
    return joined


def team_sums(windows: Collection[Window], by_day: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """Returns nano-dollars by team over windows, from those by (team, day)."""
    spans: dict[int, list[Window]] = {}
    for window in windows:
        for team_id in window.team_ids:
            spans.setdefault(team_id, []).append(window)
    sums: dict[int, int] = {}
    for (team_id, day), nanos in by_day.items():
        if any(window.first_day <= day < window.end_day for window in spans.get(team_id, ())):
            sums[team_id] = sums.get(team_id, 0) + nanos
    return sums


def movers_of(spends: Iterable[TeamSpend]) -> list[TeamSpend]:
    """Returns up to three teams with the largest changes, either way, each at least 5% of the larger total."""
    known = list(spends)
    total = max(sum(s.cost_nanos for s in known), sum(s.before_nanos for s in known))
    ranked = sorted(known, key=lambda s: (-abs(s.change_nanos), s.team.name))
    return [s for s in ranked[:_MOVERS] if s.change_nanos and abs(s.change_nanos) * _LEAST_MOVE >= total]


def risks_of(standings: Iterable[Standing]) -> tuple[BudgetRisk, ...]:
    """Returns the budgets with nothing left, and those that run out within their period, most urgent first."""
    found = []
    for standing in standings:
        team, balance = standing.team, standing.balance
        if team.kind != "team" or team.has_ended or team.mode == "announce" or balance.budget != "set":
            continue
        over = max(0, standing.forecast.end_nanos - balance.allocated_nanos)
        if balance.left_nanos <= 0 < balance.charged_nanos:
            found.append(BudgetRisk(team, None, over))
        elif balance.left_nanos > 0 and (day := _run_out_day(standing)) is not None:
            found.append(BudgetRisk(team, day, over))
    return tuple(sorted(found, key=lambda one: (one.run_out_day or 0, -one.over_nanos, one.team.name)))


def _run_out_day(standing: Standing) -> int | None:
    """Returns the day on which a budget runs out at the usual pace, or at that of just now, whichever is first."""
    forecast, days = standing.forecast, list[int]()
    if forecast.is_expected_to_run_out and forecast.run_out_day is not None:
        days.append(forecast.run_out_day)
    if forecast.pace is not None and forecast.pace.run_out_at is not None:
        days.append(local_day(forecast.pace.run_out_at, standing.zone))
    return min(days, default=None)


def cost_centres_of(spends: Iterable[TeamSpend]) -> tuple[CostCentreSpend, ...]:
    """Returns the spend by cost centre, largest first."""
    found: dict[str, list[TeamSpend]] = {}
    for spend in spends:
        found.setdefault(spend.team.cost_center, []).append(spend)
    listed = [
        CostCentreSpend(name, len(own), sum(s.cost_nanos for s in own), sum(s.before_nanos for s in own))
        for name, own in found.items()
    ]
    return tuple(sorted(listed, key=lambda one: (-one.cost_nanos, one.name)))


def mix_weeks(
    by_week: Mapping[tuple[str, int], int], *, mondays: Iterable[int], kind_of: Callable[[str], ToolKind]
) -> tuple[MixWeek, ...]:
    """Returns each week's spend by kind of tool, from nano-dollars by (tool, Monday)."""
    sums: dict[tuple[ToolKind, int], int] = {}
    for (tool, monday), nanos in by_week.items():
        at = (kind_of(tool), monday)
        sums[at] = sums.get(at, 0) + nanos
    return tuple(
        MixWeek(monday, sums.get(("in_house", monday), 0), sums.get(("third_party", monday), 0)) for monday in mondays
    )
