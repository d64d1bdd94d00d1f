"""The organisation, its teams, their roles, and the account of unattributed usage."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from bot.org.alert_settings import DEFAULT_SETTINGS, AlertSettings, Destination, MessageRoute
from bot.org.budget_terms import DEFAULT_TERMS, BudgetTerms
from bot.org.set_budgets import SetBudget
from bot.org.spread_rules import NOT_SPREAD, SpreadRule
from bot.org.tree.lineages import Lineage, ParentChange
from bot.periods import Calendar, PeriodKind, local_day
from bot.periods import Period as BudgetPeriod

Mode = Literal["preview", "announce", "govern"]
TeamKind = Literal["organisation", "team", "unattributed"]
ChannelState = Literal["none", "unresolved", "linked", "paused", "broken"]
Role = Literal["manager", "member", "finance", "admin"]
PeopleSetting = Literal["none", "self", "managers"]

ORGANISATION_SLUG = "organisation"
_OPEN_STATES = frozenset({"linked", "unresolved"})
UNATTRIBUTED_SLUG = "unattributed"
RESERVED_SLUGS = frozenset({ORGANISATION_SLUG, UNATTRIBUTED_SLUG, "org"})


@dataclass(frozen=True, kw_only=True)
class Team:
    """One team. `budget_nanos` is its base allocation per period, None if no budget is declared; grants are added to it in
    the ledger. `starts_day` is the first day of the budget. With `set_budget` the amount was set in Slack. A team is closed
    from `closed_day` on; `shared` spreads its own cost over others."""

    id: int
    slug: str
    name: str
    kind: TeamKind
    parent_id: int | None
    channel_ref: str
    channel_id: str
    channel_state: ChannelState
    timezone: str
    next_timezone: str
    next_timezone_day: int | None
    cost_center: str
    budget_nanos: int | None
    thresholds: tuple[int, ...]
    starts_day: int | None
    mode: Mode
    alerts: AlertSettings = DEFAULT_SETTINGS
    set_budget: SetBudget | None = None
    terms: BudgetTerms = DEFAULT_TERMS
    shared: SpreadRule = NOT_SPREAD
    closed_day: int | None = None
    merged_into_id: int | None = None
    has_ended: bool = False
    """Whether the team is closed or merged by now; `as_of` of the tree sets it."""

    def destination(self, route: MessageRoute = "") -> Destination:
        """Returns the channel for a message route; the team's own channel if it has no separate one."""
        separate = {"alerts": self.alerts.alerts_destination, "approvals": self.alerts.approvals_destination}.get(route)
        return separate or Destination(ref=self.channel_id or self.channel_ref, state=self.channel_state)

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """Returns all channels of the team, its own first."""
        separate = (self.alerts.alerts_destination, self.alerts.approvals_destination)
        return (self.destination(), *(place for place in separate if place is not None))

    def is_at(self, channel_id: str) -> bool:
        """Returns whether a channel is one of the team's, so that its figures may be shown to everybody there.

        In a paused or broken channel they are not: it may be shared with another company.
        """
        return bool(channel_id) and any(
            place.ref == channel_id and place.state in _OPEN_STATES for place in self.destinations
        )

    def zone_on(self, at_micros: int) -> str:
        """Returns the zone in force at a moment. A new zone starts with the next period, by days of the old zone."""
        if self.next_timezone_day is not None and local_day(at_micros, self.timezone) >= self.next_timezone_day:
            return self.next_timezone
        return self.timezone

    def day_of(self, at_micros: int) -> int:
        return local_day(at_micros, self.zone_on(at_micros))


def with_budget(team: Team, budget: SetBudget | None) -> Team:
    """Returns a team whose budget was set in Slack, over that of teams.yml."""
    return team if budget is None else replace(team, budget_nanos=budget.amount_nanos, set_budget=budget)


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """The settings that apply to everyone. `chargeback` spreads unattributed cost over the teams."""

    name: str
    currency: str
    period: PeriodKind
    funding_nanos: int | None
    mode: Mode
    people: PeopleSetting
    fiscal_year_starts: tuple[int, int] = (1, 1)
    ended_early: tuple[tuple[str, int], ...] = ()
    close_after_days: int = 0
    chargeback: SpreadRule = NOT_SPREAD

    @cached_property
    def calendar(self) -> Calendar:
        """Returns the calendar of budget periods."""
        return Calendar(kind=self.period, starts=self.fiscal_year_starts, ended_early=self.ended_early)


@dataclass(frozen=True, kw_only=True)
class Directory:
    """The organisation with all its teams and roles. It is read once and queried often."""

    organisation: Organisation
    teams: tuple[Team, ...]
    roles: frozenset[tuple[int, int, Role]]
    """(team id, person id, role)"""
    unreachable: frozenset[int] = frozenset()
    """People whom Slack does not reach: they left, never had an account, or may not see Tokens. They keep their rights."""
    parent_changes: tuple[ParentChange, ...] = ()
    """Every parent that a team had or will have, with its first day."""
    former_slugs: tuple[tuple[str, int], ...] = ()
    """Slugs that teams had before they were renamed, with the team's id."""
    same_people: tuple[frozenset[int], ...] = ()
    """Records of one human: merged ones, second Slack accounts, and those that had the same e-mail or alias."""

    def records_of(self, person_id: int) -> frozenset[int]:
        """Returns every record of a person, for rules that forbid something: nobody decides their own request."""
        return self._records.get(person_id) or frozenset({person_id})

    @cached_property
    def _records(self) -> Mapping[int, frozenset[int]]:
        return {person_id: group for group in self.same_people for person_id in group}

    def by_id(self, team_id: int) -> Team:
        return self._teams_by_id[team_id]

    def with_budgets(self, budgets: Mapping[int, SetBudget]) -> "Directory":
        """Returns the directory with budgets of some teams set in Slack. What is derived from the tree and the roles stays."""
        teams = tuple([with_budget(t, budgets[t.id]) if t.id in budgets else t for t in self.teams])
        changed = replace(self, teams=teams)
        kept = vars(self)
        vars(changed).update({name: kept[name] for name in ("lineage", "_people_by_role") if name in kept})
        return changed

    @cached_property
    def _teams_by_id(self) -> Mapping[int, Team]:
        return {team.id: team for team in self.teams}

    @cached_property
    def _people_by_role(self) -> Mapping[tuple[int, Role], frozenset[int]]:
        """Returns the people by (team id, role). A page asks for many teams' people, and a company has thousands."""
        found: dict[tuple[int, Role], set[int]] = {}
        for team_id, person_id, role in self.roles:
            found.setdefault((team_id, role), set()).add(person_id)
        return {key: frozenset(people) for key, people in found.items()}

    def by_slug(self, slug: str) -> Team | None:
        """Returns the team with a slug, or the one that had it before it was renamed."""
        return self.teams_by_slug.get(slug.casefold())

    @cached_property
    def teams_by_slug(self) -> Mapping[str, Team]:
        """Returns the teams by their slugs, former ones included."""
        former = {slug: self.by_id(team_id) for slug, team_id in self.former_slugs}
        return former | {team.slug: team for team in self.real_teams}

    @cached_property
    def lineage(self) -> Lineage:
        """Returns the teams' parents by day; without known changes those of now hold for all times."""
        known = {change.team_id for change in self.parent_changes}
        always = [ParentChange(t.id, 0, t.parent_id) for t in self.real_teams if t.parent_id and t.id not in known]
        return Lineage([*self.parent_changes, *always])

    def by_channel(self, channel_id: str) -> Team | None:
        """Returns the team whose channel this is, whatever state it is in; one that goes on before one that has ended."""
        here = [t for t in self.teams if t.channel_id == channel_id and channel_id]
        return min(here, key=lambda team: team.has_ended, default=None)

    def open_at(self, channel_id: str) -> Team | None:
        """Returns the team whose own channel this is, unless it is paused or broken."""
        team = self.by_channel(channel_id)
        return team if team is not None and team.channel_state in _OPEN_STATES else None

    @cached_property
    def root(self) -> Team:
        return next(t for t in self.teams if t.kind == "organisation")

    @cached_property
    def unattributed(self) -> Team:
        return next(t for t in self.teams if t.kind == "unattributed")

    @cached_property
    def real_teams(self) -> tuple[Team, ...]:
        return tuple(t for t in self.teams if t.kind == "team")

    @cached_property
    def open_teams(self) -> tuple[Team, ...]:
        """Returns the teams that are neither closed nor merged."""
        return tuple(t for t in self.real_teams if not t.has_ended)

    def ancestors(self, team: Team) -> tuple[Team, ...]:
        """Returns the team's parents, from the nearest up to the organisation."""
        above: list[Team] = []
        while team.parent_id is not None:
            team = self.by_id(team.parent_id)
            above.append(team)
        return tuple(above)

    @property
    def alert_teams(self) -> tuple[Team, ...]:
        """Returns all teams with alert settings: the organisation and every team."""
        return (self.root, *self.real_teams)

    @cached_property
    def _children(self) -> Mapping[int, tuple[Team, ...]]:
        found: dict[int, list[Team]] = {}
        for team in self.real_teams:
            if team.parent_id is not None:
                found.setdefault(team.parent_id, []).append(team)
        return {parent: tuple(teams) for parent, teams in found.items()}

    def children(self, team: Team) -> tuple[Team, ...]:
        return self._children.get(team.id, ())

    def subtree(self, team: Team) -> tuple[Team, ...]:
        """Returns a team and all teams below it, each after its parent."""
        teams, waiting = list[Team](), [team]
        while waiting:
            above = waiting.pop()
            teams.append(above)
            waiting.extend(reversed(self.children(above)))
        return tuple(teams)

    def people_with(self, role: Role, team: Team) -> frozenset[int]:
        return self._people_by_role.get((team.id, role), frozenset())

    @property
    def finance(self) -> frozenset[int]:
        return self.people_with("finance", self.root)

    def reachable(self, people: frozenset[int]) -> frozenset[int]:
        """Returns those of the people whom a message reaches."""
        return people - self.unreachable

    @property
    def reachable_finance(self) -> frozenset[int]:
        """Returns the people in finance whom a message reaches; if there are none, such admins."""
        return self.reachable(self.finance) or self.reachable(self.admins)

    def responsible_for(self, team: Team) -> frozenset[int]:
        """Returns the team's managers whom a message reaches, or those of the nearest team above, or finance."""
        for at in (team, *self.ancestors(team)):
            if managers := self.reachable(self.people_with("manager", at)):
                return managers
        return self.reachable_finance

    def has_lost_managers(self, team: Team) -> bool:
        """Whether the team names managers and no message reaches any of them."""
        managers = self.people_with("manager", team)
        return bool(managers) and not self.reachable(managers)

    @property
    def admins(self) -> frozenset[int]:
        """Returns the people who link channels and claim keys: the admins, or finance if there are none."""
        return self.people_with("admin", self.root) or self.finance

    def teams_of(self, person_id: int) -> tuple[Team, ...]:
        """Returns a person's teams: first as a member, then as a manager."""
        member = [t for t in self.real_teams if (t.id, person_id, "member") in self.roles]
        managed = [t for t in self.real_teams if (t.id, person_id, "manager") in self.roles and t not in member]
        return tuple(member + managed)

    def manages(self, person_id: int, team: Team) -> bool:
        """Returns whether a person manages the team or a team above it."""
        return any((t.id, person_id, "manager") in self.roles for t in (team, *self.ancestors(team)))

    def may_see(self, person_id: int, team: Team) -> bool:
        """Returns whether a person may see the team's totals: its members, managers above it and finance. In preview,
        only finance.
        """
        if person_id in self.finance:
            return True
        if team.mode == "preview":
            return False
        return (team.id, person_id, "member") in self.roles or self.manages(person_id, team)

    def may_see_below(self, person_id: int, team: Team) -> bool:
        """Returns whether a person may see the totals of every team below this one, and so its figures with them."""
        return all(self.may_see(person_id, below) for below in self.subtree(team)[1:])

    def period_at(self, team: Team, at_micros: int) -> BudgetPeriod:
        return self.organisation.calendar.period_of(team.day_of(at_micros))
