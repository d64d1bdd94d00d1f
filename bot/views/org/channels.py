"""Notices to a team's managers about its channels."""

from bot.messages import Message
from bot.org.alert_settings import MessageRoute
from bot.org.teams import Team
from bot.views.blocks import name, section


def channel_paused_message(*, team: Team) -> Message:
    """Returns the notice that the channel is now shared with another company, so that posting stops."""
    channel = name(team.channel_ref) if team.channel_ref else "The channel"
    text = (
        f"{channel} of {name(team.name)} is shared with another company now, so Tokens posts nothing more there. "
        "What the team should know comes to its managers instead. Link another channel in teams.yml, or end the sharing."
    )
    return Message(text=text, blocks=(section(text, block_id=f"channel-paused-{team.id}"),))


def destination_paused_message(*, team: Team, route: MessageRoute) -> Message:
    """Returns the notice that a separate channel is now shared with another company, so that posting stops."""
    text = (
        f"The channel for {route} of {name(team.name)} is shared with another company now, so Tokens posts nothing more "
        "there. What it would say comes to its managers instead. Choose another channel in the team's alert settings, or "
        "end the sharing."
    )
    return Message(text=text, blocks=(section(text, block_id=f"channel-paused-{team.id}-{route}"),))
