"""A team's alert settings in Slack: managers, admins and finance change them, and members read them."""

from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.alerting.delivery_rules import may_change_settings
from bot.org import alert_settings as rules
from bot.org.alert_settings import AlertSettings, Destination
from bot.org.teams import ORGANISATION_SLUG, Directory, Team
from bot.refusals import FieldRefusal, Refusal
from bot.rulebook import Rulebook
from bot.text import first_word
from bot.views.alerting.delivery_rules import OPEN_ALERT_SETTINGS
from bot.views.blocks import name
from bot.views.org import alert_settings as views
from handlers.alerting.delivery_updates import reschedule_held
from handlers.context import Context
from handlers.scope import TeamScope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.callers import called
from handlers.slack.channels import require_postable

ORGANISATION_NAMES = frozenset({ORGANISATION_SLUG, "org"})


async def set_alert_settings(scope: TeamScope, settings: AlertSettings, *, by: int) -> None:
    """Stores a team's settings, effective at once, and reschedules messages held for quiet hours."""
    tx, team, at = scope.tx, scope.team, scope.at
    if not may_change_settings(scope.directory, by, team):
        raise Refusal(f"You can't change the alert settings of {name(team.name)}. Its managers can.")
    await tx.alert_settings.save(team.id, settings, by=by, at=at)
    before = team.alerts.to_json() | {"channels": _channels_of(team.alerts)}
    after = settings.to_json() | {"channels": _channels_of(settings)}
    detail = {field: [before[field], value] for field, value in after.items() if value != before[field]}
    await tx.audit.record(at=at, actor_id=by, action="set alert settings", subject=f"team:{team.id}", detail=detail)
    await reschedule_held(scope.of_team(replace(team, alerts=settings)))


def _channels_of(settings: AlertSettings) -> dict[str, str]:
    """Returns the separate channels by what goes there."""
    places = {"alerts": settings.alerts_destination, "approvals": settings.approvals_destination}
    return {route: place.ref for route, place in places.items() if place}


async def show_alert_settings(request: SlackRequest) -> None:
    """Answers `/tokens settings [team]`: the form for people who may change the settings, the text for others."""
    context = request.context
    async with context.store.read() as tx:
        rulebook = await context.rulebooks.current(tx)
        teams = _teams(rulebook, request, first_word(request.text)[1])
    if len(teams) > 1:
        await request.reply(views.which_team_message(teams, command=context.settings.command))
        return
    await open_alert_settings(request, teams[0])


def _teams(rulebook: Rulebook, request: SlackRequest, slug: str) -> list[Team]:
    """Returns the named team, the channel's, or the teams that the person manages or belongs to."""
    directory = rulebook.directory
    if slug.casefold() in ORGANISATION_NAMES:
        return [directory.root]
    if slug:
        named = directory.by_slug(slug)
        if named is None or not _may_open(
            directory, request, named
        ):  # whether there is such a team is not theirs to know
            raise Refusal(
                f"There is no team “{name(slug)}”. Type the short name that teams.yml gives it, or its channel."
            )
        return [named]
    here = [team for team in directory.real_teams if team.is_at(request.channel_id)]
    if here:
        return here
    own = directory.teams_of(request.person.id)
    managed = [team for team in own if directory.manages(request.person.id, team)]
    teams = managed or list(own)
    if not teams:
        command = request.context.settings.command
        raise Refusal(
            f"Which team? Type `{command} settings` in its channel, or with its name: `{command} settings search`."
        )
    return teams


def _may_open(directory: Directory, request: SlackRequest, team: Team) -> bool:
    """Returns whether a person changes or reads a team's alert settings, here."""
    person_id = request.person.id
    if may_change_settings(directory, person_id, team) or directory.may_see(person_id, team):
        return True
    return team.is_at(request.channel_id) and team.mode != "preview"


async def click_open_settings(request: SlackRequest) -> None:
    """Opens the settings of the button's team."""
    async with request.context.store.read() as tx:
        directory = (await request.context.rulebooks.current(tx)).directory
    team = next((team for team in directory.alert_teams if team.id == request.id), None)
    if team is None:
        raise Refusal("There is no such team any more.")
    await open_alert_settings(request, team)


async def open_alert_settings(request: SlackRequest, team: Team) -> None:
    async with request.context.store.read() as tx:
        directory = (await request.context.rulebooks.current(tx)).directory
        declared = await tx.alert_settings.declared_thresholds(team.id)
        may = may_change_settings(directory, request.person.id, team)
        people = directory.people_with("manager", team) | directory.admins
        who = [called(person) for person in (await tx.people.by_ids(people)).values()]
    if may:
        form = views.alert_settings_form(team, declared=declared)
        await request.open_form(form)
    elif _may_open(directory, request, team):
        await request.reply(views.alert_settings_message(team, who_may=who))
    else:
        raise Refusal(f"You are not in {name(team.name)}, so its alert settings are not yours to see.")


async def submit_alert_settings(request: SlackRequest) -> None:
    """Stores a submitted form before it answers Slack. Each field is checked, and the channels by querying Slack."""
    context = request.context
    team_id = request.carried_id()
    form = _form_settings(request)
    alerts = await _destination(request, "alerts", rules.ALERTS_FIELD)
    approvals = await _destination(request, "approvals", rules.APPROVALS_FIELD)
    settings = replace(form, alerts_destination=alerts, approvals_destination=approvals)
    async with request.begin() as tx:
        scope = await request.scope(tx)
        team = next((team for team in scope.directory.alert_teams if team.id == team_id), None)
        if team is None:
            raise Refusal("There is no such team any more.")
        await set_alert_settings(scope.of_team(team), settings, by=request.person.id)
    context.wake_outbox.set()
    context.wake_watcher.set()
    await request.ack()


def _form_settings(request: SlackRequest) -> AlertSettings:
    """Returns all settings of the form except the channels."""
    muted = request.ticked(rules.MUTED_FIELD)
    if not muted <= frozenset(rules.MUTABLE_KINDS):
        raise FieldRefusal(rules.MUTED_FIELD, "Choose among the boxes.")
    times = request.field(rules.FROM_FIELD), request.field(rules.UNTIL_FIELD)
    quiet_from, quiet_until = rules.parse_quiet_hours(*times)
    return AlertSettings(
        thresholds=rules.parse_thresholds(request.field(rules.THRESHOLDS_FIELD)),
        quiet_from=quiet_from,
        quiet_until=quiet_until,
        quiet_weekends=bool(request.ticked(rules.WEEKENDS_FIELD)),
        daily_cap=rules.parse_choice(rules.CAP_FIELD, request.field(rules.CAP_FIELD), among=rules.DAILY_CAPS),
        muted=muted,
        escalate_minutes=rules.parse_choice(
            rules.ESCALATE_FIELD, request.field(rules.ESCALATE_FIELD), among=rules.ESCALATION_MINUTES
        ),
        alerts_destination=None,
        approvals_destination=None,
    )


async def _destination(request: SlackRequest, kind: str, field: str) -> Destination | None:
    """Returns the chosen channel, checked with Slack; None for the team's own."""
    channel_id = request.field(field)
    if not channel_id or kind in request.ticked(rules.BACK_FIELD):
        return None
    return await require_postable(request.client, field, channel_id)


def register(app: AsyncApp, context: Context) -> None:
    app.action(OPEN_ALERT_SETTINGS)(answers(context, click_open_settings))
    app.view(views.ALERT_SETTINGS_FORM)(answers(context, submit_alert_settings))
