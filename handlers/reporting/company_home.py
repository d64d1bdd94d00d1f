"""The company on the Home of admins and finance: its figures, and everything that needs attention."""

from bot.org.attribution import UNATTRIBUTED_DAYS, UnattributedKey
from bot.org.people import Person
from bot.org.teams import Team
from bot.reporting.reports import CompanyHealth, CompanyView, UnattributedView
from bot.reporting.subtree_reports import is_shown
from bot.rulebook import Rulebook
from handlers.books.standings import standings_of
from handlers.costs.prices import prices_view
from handlers.crosschecks.caps.lines import caps_to_look_at
from handlers.crosschecks.gateways import open_drifts
from handlers.crosschecks.health_alerts import silent_sources
from handlers.crosschecks.observations import drifting
from handlers.crosschecks.overlaps import shown_overlaps
from handlers.crosschecks.unread_usage import shown_unread
from handlers.reporting.figures import span_at, spend_and_mix_of
from handlers.reporting.subtree_reports import mix_trend, subtree_budget, subtree_forecast
from handlers.scope import Scope
from handlers.slack.reachability import lost_managers


async def company_view(scope: Scope, person: Person) -> CompanyView:
    """Returns the company as a person may see it: the figures of teams in preview are for finance alone."""
    tx, rulebook, directory, at = scope.tx, scope.rulebook, scope.directory, scope.at
    shows_preview = person.id in directory.finance
    shown = [team for team in directory.teams if is_shown(team, shows_preview=shows_preview)]
    real = [team for team in shown if team.kind == "team"]
    standings = await standings_of(scope, [directory.root, *real], viewer_id=person.id)
    organisation, *teams = standings
    period = organisation.period
    span = span_at(scope, directory.root, "period")
    is_whole = len(real) == len(directory.real_teams)
    budget = await subtree_budget(scope, [directory.root], standings, is_whole=is_whole)
    broken = [route for team in directory.alert_teams for route in _broken_routes(team)]
    today = organisation.today
    spend, mix = await spend_and_mix_of(scope, shown, span)
    return CompanyView(
        organisation=organisation,
        teams=tuple(sorted(teams, key=lambda s: -s.balance.charged_nanos)),
        spend=spend,
        unattributed_nanos=organisation.usage_nanos if directory.unattributed in shown else 0,
        prices=await prices_view(tx, first_day=period.first_day, end_day=period.end_day, at=at),
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
        mix=mix,
        budget=budget if budget.allocated_nanos > 0 else None,
        forecast=subtree_forecast(scope, [directory.root], standings, budget),
        weeks=await mix_trend(scope, [directory.root], end_day=today, shows_preview=shows_preview),
        health=await _health(scope),
        hidden_teams=len(directory.real_teams) - len(real),
        shows_figures=is_shown(directory.root, shows_preview=shows_preview),
    )


async def _health(scope: Scope) -> CompanyHealth:
    """Returns how many sources, gateways and caps there are."""
    sources = [source for source, keys in await scope.tx.keys.listed() if keys]
    gateways = scope.rulebook.gateways
    caps = await scope.tx.gateway_caps.all() if gateways else []
    return CompanyHealth(
        sources=len(sources),
        gateways=len(gateways),
        caps=len(caps),
        caps_set=sum(cap.state in ("set", "sent") for cap in caps),
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
