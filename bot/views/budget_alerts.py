"""What a channel sees of its budget: a line that was crossed, and that it lies ahead again."""

from bot.budgets import Standing
from bot.messages import Block, Message
from bot.views.alerts import answer_blocks
from bot.views.blocks import button, context, name, plain, section
from bot.views.budget_requests import REQUEST_BUDGET
from bot.views.budgets import figures, headline, outlook


def threshold_message(
    standing: Standing, percent: int, *, alert_id: int, command: str, answered: str | None
) -> Message:
    """A team's spend crossed a share of its budget. `answered` is a sentence in mrkdwn that says who is on it."""
    team, key = standing.team, f"alert-{alert_id}{'-answered' if answered else ''}"
    crossed = f"{name(team.name)} has used up its budget"
    if percent != 100:
        crossed = f"{name(team.name)} has passed {percent} % of its budget"
    now = f"{headline(standing)} {outlook(standing)}"
    shown = plain(team.name, limit=40)
    label = f"Request budget for {shown}"
    request = button("Request budget", action_id=REQUEST_BUDGET, value=team.id, label=label)
    blocks: list[Block] = [
        section(f"*{crossed}.* {now}", block_id=f"{key}-headline", fields=figures(standing)),
        *answer_blocks(
            key, alert_id, answered, what=f"the budget alert of {shown}", others=(request,), expectable=False
        ),
        context(f"`{command}` here shows how the team stands now.", block_id=f"{key}-notes"),
    ]
    said = f" {answered}" if answered else ""
    return Message(text=f"{crossed}. {now}{said}", blocks=tuple(blocks))


def threshold_resolved_message(standing: Standing, percent: int, *, alert_id: int, because: str) -> Message:
    """What becomes of a budget alert once more budget was granted. `because` is a sentence in mrkdwn."""
    line = "100 %" if percent == 100 else f"{percent} %"
    text = f"{name(standing.team.name)} is below {line} of its budget again: {because} {headline(standing)}"
    return Message(text=text, blocks=(section(text, block_id=f"alert-{alert_id}-resolved"),))
