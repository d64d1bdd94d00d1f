"""Cost per outcome: AI spend divided by what the work brought, by team, workflow and tool, and never by person.

A team's spend of one workflow and tool is *known* on some days if the team has outcomes of them on these days: an outcome
without a workflow or tool stands for all of them. Only known spend is divided. There is no average where half of the spend or
more is unknown, nor of fewer than five outcomes. A team of one person, and a workflow or tool of one to four, are not shown.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from bot.alerting.alert_details import SMALLEST_GROUP
from bot.org.teams import Team
from bot.reporting.value.value_spans import ValueSpan, since_first

LEAST_TEAM = 2
"""A team's total is its own; that of a team of one is a person's."""
LEAST_OUTCOMES = 5
"""Of fewer outcomes an average says nothing; their number is shown as it is."""
MERGED = "change_merged"
Key = TypeVar("Key", int, str)


class Spent(NamedTuple):
    """What a team spent on one workflow and tool in the span that starts on a day, and its tokens without a price."""

    team_id: int
    start: int
    workflow: str
    tool: str
    cost_nanos: int
    unpriced_tokens: int


class Brought(NamedTuple):
    """A team's outcomes of one kind, workflow and tool in the span that starts on a day."""

    team_id: int
    start: int
    workflow: str
    tool: str
    kind: str
    number: int


Dated = TypeVar("Dated", Spent, Brought)


class Behind(NamedTuple):
    """A person behind a team's spend on one workflow and tool; 0 is use by no person. For counting alone."""

    team_id: int
    workflow: str
    tool: str
    person_id: int


@dataclass(frozen=True, kw_only=True)
class OutcomeCost:
    """Spend, the part of it that is known, and the outcomes that it brought."""

    cost_nanos: int
    known_nanos: int
    outcomes: int

    @property
    def is_covered(self) -> bool:
        """Returns whether more than half of the spend is known."""
        return 2 * self.known_nanos > self.cost_nanos

    @property
    def average_nanos(self) -> int | None:
        """Returns the known spend per outcome, half up; None for few outcomes, without spend, or if half or more is unknown."""
        if self.outcomes < LEAST_OUTCOMES or self.known_nanos <= 0 or not self.is_covered:
            return None
        return (2 * self.known_nanos + self.outcomes) // (2 * self.outcomes)


class WeekCost(NamedTuple):
    """A week's cost per outcome, by its Monday."""

    monday: int
    cost: OutcomeCost


class PartCost(NamedTuple):
    """The cost per outcome of one team, workflow or tool. `team` is None for the others."""

    name: str
    cost: OutcomeCost
    team: Team | None = None


@dataclass(frozen=True, kw_only=True)
class PartCosts:
    """The parts with outcomes, the most expensive first. `small` is how many have too few people to be shown."""

    parts: tuple[PartCost, ...] = ()
    small: int = 0


@dataclass(frozen=True, kw_only=True)
class ValueReport:
    """What the spend of a team, or of a node with all teams below it, brought."""

    team: Team
    span: ValueSpan
    kind: str
    """The kind of outcomes that is divided by: merged changes, or else the most frequent one."""
    cost: OutcomeCost
    before: OutcomeCost
    weeks: tuple[WeekCost, ...]
    others: tuple[tuple[str, int], ...]
    """Other kinds with their number."""
    teams: PartCosts
    workflows: PartCosts
    tools: PartCosts
    unpriced_tokens: int
    is_subtree: bool


def value_report(
    team: Team,
    span: ValueSpan,
    *,
    spent: Iterable[Spent],
    brought: Iterable[Brought],
    behind: Collection[Behind],
    teams: Sequence[Team],
) -> ValueReport:
    """Returns the report of a team, or of a node with the `teams` that count for it.

    `behind` has everybody who used AI in the span, once for each team, workflow and tool.
    """
    spends, outcomes = list(spent), list(brought)
    span = since_first(span, [*(one.start for one in spends), *(one.start for one in outcomes)])
    kind = main_kind(outcomes)
    own = [one for one in outcomes if one.kind == kind]
    now, then = _since(spends, span.first_day), _before(spends, span.before_end)
    now_own, then_own = _since(own, span.first_day), _before(own, span.before_end)
    weeks = span.starts[-span.weeks :] if span.weeks else ()
    return ValueReport(
        team=team,
        span=span,
        kind=kind,
        cost=outcome_cost(now, now_own),
        before=outcome_cost(then, then_own),
        weeks=tuple(WeekCost(at, outcome_cost(_at(now, at), _at(now_own, at))) for at in weeks),
        others=_others(outcomes, kind, first_day=span.first_day),
        teams=_by_team(now, now_own, behind, teams) if len(teams) > 1 else PartCosts(),
        workflows=_by_name(now, now_own, behind, lambda one: one.workflow),
        tools=_by_name(now, now_own, behind, lambda one: one.tool),
        unpriced_tokens=sum(one.unpriced_tokens for one in now),
        is_subtree=len(teams) > 1,
    )


def main_kind(brought: Iterable[Brought]) -> str:
    """Returns the kind that spend is divided by: merged changes if there are any, else the most frequent one."""
    counts: dict[str, int] = {}
    for one in brought:
        counts[one.kind] = counts.get(one.kind, 0) + one.number
    if MERGED in counts or not counts:
        return MERGED
    return min(counts, key=lambda kind: (-counts[kind], kind))


def outcome_cost(spent: Sequence[Spent], brought: Sequence[Brought]) -> OutcomeCost:
    """Returns what outcomes of some days cost, all of one kind."""
    told: dict[int, set[tuple[str, str]]] = {}
    for one in brought:
        told.setdefault(one.team_id, set()).add((one.workflow, one.tool))
    known = sum(one.cost_nanos for one in spent if _is_known(one, told.get(one.team_id, set())))
    return OutcomeCost(
        cost_nanos=sum(one.cost_nanos for one in spent), known_nanos=known, outcomes=sum(one.number for one in brought)
    )


def _is_known(one: Spent, told: set[tuple[str, str]]) -> bool:
    """Returns whether outcomes of its team stand for a part of the spend."""
    return not told.isdisjoint({("", ""), (one.workflow, ""), ("", one.tool), (one.workflow, one.tool)})


def _by_team(
    spent: Sequence[Spent], brought: Sequence[Brought], behind: Collection[Behind], teams: Sequence[Team]
) -> PartCosts:
    by_id = {team.id: team for team in teams}
    people = _people((one.team_id, one.person_id) for one in behind)
    spends, outcomes = _grouped(spent, lambda one: one.team_id), _grouped(brought, lambda one: one.team_id)
    parts, small = [], 0
    for team_id in sorted(outcomes):
        team = by_id.get(team_id)
        if team is None or team.kind == "unattributed":
            continue
        if _is_small(people.get(team_id, set()), LEAST_TEAM):
            small += 1
            continue
        parts.append(PartCost(team.name, outcome_cost(spends.get(team_id, []), outcomes[team_id]), team))
    return PartCosts(parts=_ordered(parts), small=small)


def _by_name(
    spent: Sequence[Spent],
    brought: Sequence[Brought],
    behind: Collection[Behind],
    name_of: Callable[[Spent | Brought | Behind], str],
) -> PartCosts:
    """Returns the workflows or tools that outcomes name. Their spend is that of all teams in the report."""
    people = _people((name_of(one), one.person_id) for one in behind)
    spends, outcomes = _grouped(spent, name_of), _grouped(brought, name_of)
    parts, small = [], 0
    for named in sorted(outcomes.keys() - {""}):
        if _is_small(people.get(named, set()), SMALLEST_GROUP):
            small += 1
            continue
        parts.append(PartCost(named, outcome_cost(spends.get(named, []), outcomes[named])))
    return PartCosts(parts=_ordered(parts), small=small)


def small_names(behind: Collection[Behind], name_of: Callable[[Behind], str]) -> frozenset[str]:
    """Returns the workflows or tools that one to four people used: their figures would be those of a few people."""
    people = _people((name_of(one), one.person_id) for one in behind)
    return frozenset(str(name) for name, ids in people.items() if _is_small(ids, SMALLEST_GROUP))


def _people(pairs: Iterable[tuple[object, int]]) -> dict[object, set[int]]:
    found: dict[object, set[int]] = {}
    for part, person_id in pairs:
        if person_id:
            found.setdefault(part, set()).add(person_id)
    return found


def _is_small(people: set[int], least: int) -> bool:
    """Returns whether a part would show what a few people did. Programs alone are nobody's figures."""
    return 0 < len(people) < least


def _ordered(parts: Iterable[PartCost]) -> tuple[PartCost, ...]:
    return tuple(sorted(parts, key=lambda part: (-part.cost.cost_nanos, part.name)))


def _others(brought: Iterable[Brought], kind: str, *, first_day: int) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for one in brought:
        if one.start >= first_day and one.kind != kind:
            counts[one.kind] = counts.get(one.kind, 0) + one.number
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _since(rows: Iterable[Dated], day: int) -> list[Dated]:
    return [row for row in rows if row.start >= day]


def _before(rows: Iterable[Dated], day: int) -> list[Dated]:
    return [row for row in rows if row.start < day]


def _at(rows: Iterable[Dated], start: int) -> list[Dated]:
    return [row for row in rows if row.start == start]


def _grouped(rows: Iterable[Dated], key_of: Callable[[Dated], Key]) -> dict[Key, list[Dated]]:
    found: dict[Key, list[Dated]] = {}
    for row in rows:
        found.setdefault(key_of(row), []).append(row)
    return found
