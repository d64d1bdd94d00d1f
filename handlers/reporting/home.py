"""Home: a person's use, teams and approvals, built from one snapshot."""

from bot.alerting.alert_quality import QUALITY_DAYS, AlertQuality, quality_by_team, quality_of
from bot.alerting.reactions.alert_answers import may_mute
from bot.alerting.severities import rank
from bot.org.people import Person
from bot.org.teams import Directory, Team
from bot.periods import DAY_MICROS
from bot.reporting.home_places import FIRST_PAGES, HomePlace
from bot.reporting.person_use import UseDays, UseSum, person_use
from bot.reporting.reports import Home, OpenAlert, PersonUse
from bot.views.alerting.alerts import alert_title
from handlers.alerting.delivery_rules import alert_key
from handlers.books.standings import standings_of
from handlers.crosschecks.caps.lines import cap_conflicts
from handlers.reporting.company_home import company_view
from handlers.requests.deciding.deciders import pending_for
from handlers.requests.waiting.lists import own_times
from handlers.scope import Scope
from handlers.slack.callers import called
from storage.alerting.alert_records import AlertRecord
from storage.reporting.home_changes import ANSWERED_KINDS
from storage.store import Transaction

_MOST_LOOKS, _MOST_REQUESTS = 5, 20


async def home_of(scope: Scope, person: Person, *, place: HomePlace = FIRST_PAGES) -> Home:
    """Returns a person's Home, with the pages that they turned to."""
    tx, directory = scope.tx, scope.directory
    requests = await tx.budget_requests.of_person(person.id, limit=_MOST_REQUESTS)
    is_company = person.id in directory.finance or person.id in directory.admins
    return Home(
        is_outsider=False,
        use=await use_of(scope, person),
        standings=tuple(await standings_of(scope, teams_on_home(directory, person), viewer_id=person.id)),
        approvals=tuple(await pending_for(scope, person.id)),
        decision_times=tuple(await own_times(scope, person.id)),
        own_requests=tuple((r, directory.by_id(r.team_id).name) for r in requests),
        company=await company_view(scope, person) if is_company else None,
        in_preview=directory.organisation.mode == "preview",
        now=scope.at,
        command=scope.command,
        place=place,
        alerts=await _unanswered(scope, person),
        cap_conflicts=await cap_conflicts(scope, person.id),
        managed_alerts=await _managed_alerts(scope, person),
        company_alerts=await _company_alerts(scope) if is_company else None,
    )


def teams_on_home(directory: Directory, person: Person) -> list[Team]:
    """Returns the teams of a person and those below the ones that they manage, each after the team above it."""
    return [
        team
        for team in directory.subtree(directory.root)[1:]
        if not team.has_ended and is_own_team(directory, person, team) and directory.may_see(person.id, team)
    ]


def is_own_team(directory: Directory, person: Person, team: Team) -> bool:
    return (team.id, person.id, "member") in directory.roles or directory.manages(person.id, team)


async def _unanswered(scope: Scope, person: Person) -> tuple[OpenAlert, ...]:
    """Returns the alerts without an answer of the teams that a person may see, their own teams' first."""
    directory, found = scope.directory, []
    for record in await scope.tx.alerts.unanswered(ANSWERED_KINDS):
        team = directory.by_id(record.team_id)
        if team.has_ended or not directory.may_see(person.id, team) or _is_of_earlier_period(scope, record, team):
            continue
        severity = -rank(record.severity) if record.severity else 0
        found.append(((not is_own_team(directory, person, team), severity, -record.opened_at), record, team))
    shown = []
    for _, record, team in sorted(found, key=lambda one: one[0]):
        message = await scope.tx.outbox.message_of(alert_key(record.id))
        may = may_mute(directory, person.id, team, in_its_channel=False)
        shown.append(
            OpenAlert(
                alert_id=record.id,
                kind=record.kind,
                team=team,
                text=message.text if message is not None else alert_title(record.kind, team),
                opened_at=record.opened_at,
                may_mute=may,
            )
        )
    return tuple(shown)


def _is_of_earlier_period(scope: Scope, record: AlertRecord, team: Team) -> bool:
    """Returns whether an alert is about the budget of a period that is over. Its key names the period."""
    period = scope.directory.period_at(team, scope.at).name
    return record.kind != "spike" and f":{period}" not in record.dedupe_key


async def _managed_alerts(scope: Scope, person: Person) -> tuple[tuple[Team, AlertQuality], ...]:
    directory = scope.directory
    managed = [t for t in directory.real_teams if directory.manages(person.id, t) and directory.may_see(person.id, t)]
    if not managed:
        return ()
    since = scope.at - QUALITY_DAYS * DAY_MICROS
    qualities = quality_by_team(await scope.tx.alert_quality.answers(since=since, team_ids=[t.id for t in managed]))
    listed = [(team, qualities.get(team.id, quality_of(()))) for team in managed]
    return tuple(sorted(listed, key=lambda one: (-one[1].noise, -one[1].alerts, one[0].name)))


async def _company_alerts(scope: Scope) -> tuple[AlertQuality, tuple[tuple[Team, AlertQuality], ...]]:
    answers = await scope.tx.alert_quality.answers(since=scope.at - QUALITY_DAYS * DAY_MICROS)
    noisy = [
        (scope.directory.by_id(team), quality) for team, quality in quality_by_team(answers).items() if quality.is_noisy
    ]
    return quality_of(answers), tuple(sorted(noisy, key=lambda one: -one[1].noise))


async def use_of(scope: Scope, person: Person) -> PersonUse:
    """Returns a person's own use. Days are those of the teams that booked them; the month is the calendar month now."""
    tx, directory = scope.tx, scope.directory
    days = UseDays(today=directory.root.day_of(scope.at))
    ids = await tx.people.all_ids_of(person.id)
    sums = await tx.reports.use_of_people(ids, starts=days.starts, end_day=days.end)
    teams = tuple(t.name for t in directory.teams_of(person.id))
    return person_use(map(UseSum._make, sums), days, teams=teams, looks=await _looks(tx, ids))


async def _looks(tx: Transaction, ids: list[int]) -> tuple[tuple[str, int], ...]:
    """Returns who last looked at a person's figures."""
    looks = await tx.people.looks_of(ids, limit=_MOST_LOOKS)
    if not looks:
        return ()
    known = await tx.people.by_ids({by for by, _ in looks})
    return tuple((called(known[by]), at) for by, at in looks)
