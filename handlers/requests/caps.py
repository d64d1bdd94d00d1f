"""The lines about gateways' caps on decided cards and verdicts, brought up to date whenever a cap changes its state."""

from bot.periods import DAY_MICROS
from handlers.requests.endings import show_verdict
from handlers.scope import TeamScope

_FOLLOWED_MICROS = DAY_MICROS
"""A card follows its team's caps for a day after the decision, unless a later decision has taken over."""


async def show_caps(scope: TeamScope) -> None:
    """Updates the card and the verdict of a team's last approved request after a cap of the team was set, refused or changed."""
    since = scope.at - _FOLLOWED_MICROS
    request = await scope.tx.budget_requests.last_approved(scope.team.id, since=since)
    if request is not None:
        await show_verdict(scope, request)
