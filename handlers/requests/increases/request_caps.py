"""The lines about gateways on a decided request: its own at the gateway where it was asked, else those of its team's caps."""

from bot.requests.budget_requests import BudgetRequest
from bot.views.requests.increase_requests import answer_line
from handlers.crosschecks.caps.lines import cap_lines
from handlers.scope import TeamScope


async def request_cap_lines(scope: TeamScope, request: BudgetRequest) -> tuple[str, ...]:
    """Returns the lines in mrkdwn, as they stand in this transaction; none if no gateway follows."""
    if request.origin == "gateway":
        stored = await scope.tx.increase_requests.of_request(request.id)
        if stored is not None:
            return (answer_line(stored, zone=scope.team.zone_on(scope.at)),)
    return await cap_lines(scope)
