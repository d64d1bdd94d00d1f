"""Home: a person's use, teams and approvals, built from one snapshot."""

from bot.alerting.alert_quality import QUALITY_DAYS, AlertQuality, quality_by_team, quality_of
from bot.alerting.reactions.alert_answers import may_mute
from bot.alerting.severities import rank
from bot.org.attribution import UNATTRIBUTED_DAYS, UnattributedKey
from bot.org.people import Person
from bot.org.teams import Directory, Team
from bot.periods import DAY_MICROS
from bot.reporting.home_places import FIRST_PAGES, HomePlace
from bot.reporting.person_use import UseDays, UseSum, person_use
from bot.reporting.reports import CompanyView, Home, OpenAlert, PersonUse, UnattributedView
from bot.rulebook import Rulebook
from bot.views.alerting.alerts import alert_title
from handlers.alerting.delivery_rules import alert_key
from handlers.books.standings import standings_of
from handlers.costs.prices import prices_view
from handlers.crosschecks.caps.lines import cap_conflicts, caps_to_look_at
from handlers.crosschecks.gateways import open_drifts
from handlers.crosschecks.health_alerts import silent_sources
from handlers.crosschecks.observations import drifting
from handlers.crosschecks.overlaps import shown_overlaps
from handlers.crosschecks.unread_usage import shown_unread
from handlers.reporting.figures import span_at, spend_of, tool_mix_of
from handlers.requests.deciding.deciders import pending_for
from handlers.requests.waiting.lists import own_times
from handlers.scope import Scope
from handlers.slack.callers import called
from handlers.slack.reachability import lost_managers
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
        company=await _company(scope, person) if is_company else None,
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
        if team.has_ended or not directory.may_see(person.id, team):
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


async def _company(scope: Scope, person: Person) -> CompanyView:
    tx, rulebook, directory, at = scope.tx, scope.rulebook, scope.directory, scope.at
    listed = [directory.root, *directory.real_teams]
    organisation, *teams = await standings_of(scope, listed, viewer_id=person.id)
    period = organisation.period
    span = span_at(scope, directory.root, "period")
    spend = await spend_of(scope, directory.teams, span)
    nobody = await spend_of(scope, [directory.unattributed], span)
    prices = await prices_view(tx, first_day=period.first_day, end_day=period.end_day, at=at)
    broken = [route for team in directory.alert_teams for route in _broken_routes(team)]
    return CompanyView(
        organisation=organisation,
        teams=tuple(sorted(teams, key=lambda s: -s.balance.charged_nanos)),
        unattributed_nanos=nobody.cost_nanos,
        prices=prices,
        quarantined=tuple(await tx.quarantine.shares()),
        not_kept=sum((await tx.quarantine.not_kept()).values()),
        cross_checks=await drifting(tx, rulebook, now=at),
        overlaps=await shown_overlaps(tx, rulebook, now=at),
        broken_routes=tuple(broken),
        silent_messages=await tx.reports.undelivered(),
        drifts=await open_drifts(tx, directory),
        silent_sources=await silent_sources(tx, directory),
        unread=await shown_unread(tx, now=at),
        lost_managers=await lost_managers(tx, directory),
        unattributed=await _unattributed_view(scope, person),
        caps=await caps_to_look_at(scope),
        spend=spend,
        mix=await tool_mix_of(scope, directory.teams, span),
    )


def _broken_routes(team: Team) -> list[str]:
    """Returns the team's channels that reject messages, with the reason."""
    separate = (("alerts", team.alerts.alerts_destination), ("approvals", team.alerts.approvals_destination))
    routes = [f"{team.name}: {team.channel_ref} ({team.channel_state})"] if team.channel_state in _BAD else []
    return routes + [f"{team.name}: {what} in {p.ref} ({p.state})" for what, p in separate if p and p.state in _BAD]


async def _unattributed_view(scope: Scope, person: Person) -> UnattributedView:
    """Returns the unattributed usage of the last month."""
    tx, rulebook, directory, at = scope.tx, scope.rulebook, scope.directory, scope.at
    today = directory.root.day_of(at)
    days = {"first_day": today - UNATTRIBUTED_DAYS, "end_day": today + 2}
    keys = await tx.attribution.unattributed_keys(directory.unattributed.id, **days)
    moving = await tx.reattributions.pending_credentials()
    return UnattributedView(
        keys=tuple(_with_team(key, rulebook, moving, at=at) for key in keys),
        people=tuple(await tx.reports.unmatched_people([t.id for t in directory.teams], **days)),
        may_claim=person.id in directory.admins,
        hides_people=directory.organisation.people != "managers",
    )


def _with_team(key: UnattributedKey, rulebook: Rulebook, moving: frozenset[str], *, at: int) -> UnattributedKey:
    """Adds the team that a claim or a line of teams.yml gives a key now; its past usage may stay unattributed."""
    rule = rulebook.attribution.rule_of(key.credential, at)
    if rule is None:
        return key
    team = rulebook.directory.by_id(rule.team_id).name
    return key._replace(team=team, by=rule.origin, is_moving=key.credential in moving)


_BAD = ("broken", "paused", "unresolved")
