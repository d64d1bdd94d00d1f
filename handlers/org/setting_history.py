"""`/tokens history settings`: who changed the settings, roles, channel and budget of a team, and of the company."""

from slack_bolt.async_app import AsyncApp

from bot.messages import Message
from bot.org.setting_up.setups import may_link
from bot.org.teams import ORGANISATION_SLUG, Directory, Team
from bot.refusals import Refusal
from bot.text import first_word
from bot.views.blocks import name
from bot.views.org import setting_history as views
from bot.views.org.setting_history import SettingChange
from handlers.books.budgets.allocation_forms import named_team, no_such_team
from handlers.context import Context
from handlers.scope import TeamScope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.callers import called

_COMPANY_WORDS = frozenset({ORGANISATION_SLUG, "company", "org"})


def may_see_settings(directory: Directory, person_id: int, team: Team) -> bool:
    """Returns whether a person may read who changed a team's settings: who may see its figures, and admins."""
    if may_link(directory, person_id) or person_id in directory.finance:
        return True
    return team.kind == "team" and directory.may_see(person_id, team)


async def show_setting_history(asked: SlackRequest) -> None:
    """Answers `/tokens history settings [team]`: the changes of this channel's team, of the named one, or of the company."""
    text = first_word(first_word(asked.text)[1])[1]
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        directory = scope.directory
        if text.casefold() in _COMPANY_WORDS:
            team = directory.root
        elif text:
            team = named_team(directory, text)[0]
            if not may_see_settings(directory, asked.person.id, team):
                raise no_such_team(first_word(text)[0])  # whether there is such a team is not theirs to know
        else:
            own = directory.teams_of(asked.person.id)
            here = directory.open_at(asked.channel_id) or (own[0] if own else None)
            team = here or directory.root
        message = await history_of(scope.of_team(team), person_id=asked.person.id)
    await asked.reply(message)


async def history_of(scope: TeamScope, *, person_id: int, before: int | None = None) -> Message:
    """Returns a page of a team's changes, older than a record. Raises Refusal if the person may not see them."""
    tx, team = scope.tx, scope.team
    if not may_see_settings(scope.directory, person_id, team):
        whose = "the company" if team.kind == "organisation" else name(team.name)
        raise Refusal(f"You can't see who changed the settings of {whose}. Its managers can, finance and admins.")
    subject = f"team:{team.id}"
    found = await tx.audit.about(subject, views.ACTIONS, before=before, limit=views.PAGE_SIZE + 1)
    shown = found[: views.PAGE_SIZE]
    ids = {record.actor_id for record in shown if record.actor_id is not None}
    ids |= {
        int(one)
        for record in shown
        for field, both in record.detail.items()
        if field in views.PEOPLE and isinstance(both, list)
        for side in both
        for one in side or []
    }
    people = {person_id: called(person) for person_id, person in (await tx.people.by_ids(ids)).items()}
    changes = [
        SettingChange(
            number=record.id,
            at=record.at,
            by="" if record.actor_id is None else people.get(record.actor_id, "somebody"),
            action=record.action,
            detail=record.detail,
        )
        for record in shown
    ]
    return views.history_message(
        team.name, changes, people, timezone=team.timezone, has_older=len(found) > views.PAGE_SIZE
    )


async def click_older(asked: SlackRequest) -> None:
    """Shows the changes before the record whose number the button carries."""
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        subject = await tx.audit.subject_of(asked.id)
        team_id = int(subject.partition(":")[2]) if subject.startswith("team:") else 0
        team = next((one for one in scope.directory.alert_teams if one.id == team_id), None)
        if team is None:
            raise Refusal(asked.old_button)
        message = await history_of(scope.of_team(team), person_id=asked.person.id, before=asked.id)
    await asked.reply(message)


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.OLDER_SETTINGS)(answers(context, click_older))
