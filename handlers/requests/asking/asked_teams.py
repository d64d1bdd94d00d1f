"""The teams that a request form may be for: the channel's, one's own, or the one that a button or command names."""

from bot.org.teams import Directory, Team
from bot.refusals import Refusal
from bot.views.blocks import name
from handlers.requests.askers import require_may_ask
from handlers.slack.answers import SlackRequest


def teams_to_ask_for(directory: Directory, asked: SlackRequest, team_id: int | None, channel: str = "") -> list[Team]:
    """Returns the teams in mode govern to choose from: the given one, the channel's, then the person's own. Raises
    Refusal if there are none, or if the given one is not for this person."""
    channel = channel or asked.channel_id
    listed = [] if team_id is None else [asked_team(directory, asked, team_id, channel=channel)]
    channel_team = directory.open_at(channel)
    listed += [channel_team] if channel_team else []
    listed += directory.teams_of(asked.person.id)
    unique = list(dict.fromkeys(t for t in listed if t.kind == "team"))
    governed = [t for t in unique if t.mode == "govern"]
    if not unique:
        raise Refusal(
            "You are in no team that has a budget here, and this channel belongs to none. "
            "Ask in your team's channel, or ask an admin to add you to a team."
        )
    if not governed:
        modes = ", ".join(f"{name(t.name)} is in mode {t.mode}" for t in unique[:3])
        raise Refusal(f"There is nothing to ask for yet: {modes}, so budgets have no consequences.")
    return governed


def named_team(directory: Directory, asked: SlackRequest, slug: str) -> int:
    """Returns the id of a team that a command names. Whoever may not ask for it does not learn whether it is there."""
    team = directory.by_slug(slug.casefold())
    try:
        if team is not None and team.kind == "team":
            require_may_ask(directory, team, person_id=asked.person.id, channel=asked.channel_id)
            return team.id
    except Refusal:
        pass
    raise Refusal(f"You are in no team called {name(slug)}, so you can't ask for its budget.")


def asked_team(directory: Directory, asked: SlackRequest, team_id: int, *, channel: str) -> Team:
    """Returns the team of a form. Raises Refusal unless the form may offer it to this person."""
    team = next((t for t in directory.real_teams if t.id == team_id), None)
    if team is None:
        raise Refusal("There is no such team any more.")
    require_may_ask(directory, team, person_id=asked.person.id, channel=channel)
    return team
