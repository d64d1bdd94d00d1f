"""Stand-ins: who decides a request while managers or people in finance are away, and who joins when nobody decides."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from bot.org.attendance.working_hours import DEFAULT_HOURS, WorkingHours, WorkTime
from bot.org.teams import ORGANISATION_SLUG, Directory, Team
from bot.periods import day_number, local_day
from bot.requests.approvals import MANAGERS, ApprovalRoute, is_given
from bot.requests.attendance.absences import DEFAULT_AWAY, Absence, AwayWords
from bot.requests.attendance.delegations import Delegation, active
from bot.requests.waiting.reminders import DEFAULT_RULES, WaitingRules, expires_at

DECIDING_ROLES = ("manager", "finance")


@dataclass(frozen=True, kw_only=True)
class Attendance:
    """Who is there to decide, and when: working hours, days off by a team's slug, absences, delegations, and the zones of
    the people who decide.

    Whoever is away keeps their rights; others are asked.
    """

    hours: WorkingHours = DEFAULT_HOURS
    days_off: Mapping[str, frozenset[int]] = field(default_factory=dict)
    absences: Mapping[int, Absence] = field(default_factory=dict)
    delegations: tuple[Delegation, ...] = ()
    zones: Mapping[int, str] = field(default_factory=dict)
    away_words: AwayWords = DEFAULT_AWAY
    waiting: WaitingRules = DEFAULT_RULES
    latest: dict[str, tuple[Directory, int, int | None, "Presence"]] = field(
        default_factory=dict, compare=False, repr=False
    )
    """The presence that was asked for last: a page asks for the same one many times."""

    def work_time(self, directory: Directory, person_id: int, *, team: Team, at: int) -> WorkTime:
        """Returns a person's working time: in their own zone, or that of the team they decide for."""
        own = self._own_team(directory, person_id) or team
        zone_name = self.zones.get(person_id) or own.zone_on(at)
        return WorkTime(zone_name=zone_name, hours=self.hours, days_off=self.all_days_off(directory, own))

    def team_time(self, directory: Directory, team: Team, *, at: int) -> WorkTime:
        """Returns the working time of a team: in its zone, on none of its days off."""
        return WorkTime(zone_name=team.zone_on(at), hours=self.hours, days_off=self.all_days_off(directory, team))

    def expires_at(self, directory: Directory, team: Team, *, at: int) -> int | None:
        """Returns when a request of a team that is made at a moment expires; None if never."""
        return expires_at(self.team_time(directory, team, at=at), asked_at=at, rules=self.waiting)

    def all_days_off(self, directory: Directory, team: Team) -> frozenset[int]:
        """Returns a team's days off with those of the teams above it and of the organisation."""
        slugs = (ORGANISATION_SLUG, *(one.slug for one in (team, *directory.ancestors(team))))
        return frozenset().union(*(self.days_off.get(slug, frozenset()) for slug in slugs))

    def _own_team(self, directory: Directory, person_id: int) -> Team | None:
        teams = directory.teams_of(person_id) if self.days_off else ()
        return teams[0] if teams else None

    def is_off(self, directory: Directory, person_id: int, at: int) -> bool:
        """Returns whether a person alone has a day off. On one of the whole organisation nobody is there instead."""
        if not self.has_own_days_off:
            return False
        own = self._own_team(directory, person_id)
        if own is None:
            return False
        day = local_day(at, self.zones.get(person_id) or own.zone_on(at))
        return day in self.all_days_off(directory, own) - self.days_off.get(ORGANISATION_SLUG, frozenset())

    @cached_property
    def has_own_days_off(self) -> bool:
        return any(slug != ORGANISATION_SLUG for slug in self.days_off)


@dataclass(frozen=True, kw_only=True)
class Presence:
    """The directory of a moment: people who are away count as not reached, and delegates have their roles."""

    directory: Directory
    stands_in: Mapping[int, int]
    """The people with a delegate who is there, and that delegate."""
    away: Mapping[int, int | None]
    """The people who are away without a delegate, and until when, if that is known."""


def days_off_of(stored: Mapping[str, Sequence[str]] | None) -> dict[str, frozenset[int]]:
    """Returns the days off by slug, from the stored document."""
    return {
        slug: frozenset(day_number(date.fromisoformat(day)) for day in days) for slug, days in (stored or {}).items()
    }


def presence(directory: Directory, attendance: Attendance, *, asker_id: int, at: int) -> Presence:
    """Returns who is there to decide a person's request at a moment.

    A delegate does not count if they asked themselves, can't be reached, or are away: then the others decide. Nobody stands
    in for the asker, whose delegate would approve the asker's own request.
    """
    delegations = active(attendance.delegations, at)
    if not (delegations or attendance.absences or attendance.has_own_days_off):
        return Presence(directory=directory, stands_in={}, away={})
    own = directory.records_of(asker_id)
    asking = asker_id if any({one.delegate_id, one.person_id} & own for one in delegations.values()) else None
    latest = attendance.latest.get("")
    if latest is None or latest[0] is not directory or latest[1:3] != (at, asking):
        found = _presence(directory, attendance, delegations, asker_id=asker_id, at=at)
        latest = attendance.latest[""] = (directory, at, asking, found)
    return latest[3]


def _presence(
    directory: Directory, attendance: Attendance, delegations: Mapping[int, Delegation], *, asker_id: int, at: int
) -> Presence:
    holders = {person for _, person, role in directory.roles if role in DECIDING_ROLES}
    away: dict[int, int | None] = {
        person: absence.until for person, absence in attendance.absences.items() if not absence.is_over(at)
    }
    away |= {person: None for person in holders - away.keys() if attendance.is_off(directory, person, at)}
    stands_in = {}
    for person, one in delegations.items():
        delegate = one.delegate_id
        is_asker = bool({delegate, person} & directory.records_of(asker_id))
        is_there = not is_asker and delegate != person and delegate not in away and delegate not in delegations
        if is_there and delegate not in directory.unreachable:
            stands_in[person] = delegate
            away.pop(person, None)
        else:
            away.setdefault(person, one.until)
    away = {person: until for person, until in away.items() if person in holders}
    if not stands_in and not away:
        return Presence(directory=directory, stands_in={}, away={})
    roles = directory.roles
    if stands_in:
        roles = frozenset(
            (team, stands_in.get(person, person) if role in DECIDING_ROLES else person, role)
            for team, person, role in roles
        )
    there = replace(directory, roles=roles, unreachable=directory.unreachable | away.keys())
    return Presence(directory=there, stands_in=stands_in, away=away)


def present_route(
    directory: Directory,
    attendance: Attendance,
    route: Callable[[Directory], ApprovalRoute],
    *,
    team: Team,
    asker_id: int,
    at: int,
    is_escalated: bool = False,
) -> ApprovalRoute:
    """Returns the route of a request with delegates in the place of those who named them, others in the place of those
    who are away, and, if nobody decided in time, the managers above."""
    there = presence(directory, attendance, asker_id=asker_id, at=at)
    found = route(there.directory)
    if there.directory is not directory:
        named = route(directory)
        found = _marked(found, named, there)
    return _escalated(there.directory, found, team=team, asker_id=asker_id) if is_escalated else found


def _marked(found: ApprovalRoute, named: ApprovalRoute, there: Presence) -> ApprovalRoute:
    """Returns a route with whom its deciders stand in for. `named` is the one without anybody away."""
    stands_in: dict[int, int] = {}
    for person, delegate in sorted(there.stands_in.items()):
        if delegate in found.deciders - named.deciders and (delegate not in stands_in or person in named.deciders):
            stands_in[delegate] = person
    missing = {person: there.away[person] for person in named.deciders & there.away.keys()}
    return replace(found, stands_in=stands_in, away=missing)


def _escalated(directory: Directory, found: ApprovalRoute, *, team: Team, asker_id: int) -> ApprovalRoute:
    """Adds the managers of the nearest team above who do not decide yet, or finance if there are none; finance alone to
    others than managers, as waiting raises nobody's limit."""
    is_managers = all(group.who in MANAGERS for group in found.groups)
    below = found.payer if found.payer is not None and is_given(directory, team, found.payer) else team
    levels = [directory.people_with("manager", above) for above in directory.ancestors(below)] if is_managers else []
    for people in (*levels, directory.finance):
        if joining := directory.reachable(people) - found.deciders - directory.records_of(asker_id):
            groups = tuple(replace(group, people=group.people | joining) for group in found.groups)
            return replace(found, deciders=found.deciders | joining, escalated=joining, groups=groups)
    return found
