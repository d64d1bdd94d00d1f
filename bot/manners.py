"""How alerts are said without becoming noise: how much is at stake, and who hears of it."""

from typing import Literal

from bot.teams import Team

Severity = Literal["low", "medium", "high", "critical"]
"""By what is at stake, the least first. Critical alerts wait for nothing."""
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")

Audience = Literal["finance", "team"]


def audience_of(team: Team) -> Audience:
    """Who hears what the bot says of itself: in preview finance alone, which sees what would have been said."""
    return "finance" if team.mode == "preview" else "team"
