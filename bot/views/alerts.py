"""What all alerts share: the buttons that answer one, and what stands there once somebody did."""

from bot.messages import Block
from bot.views.blocks import Element, actions, button, context

ACKNOWLEDGE_ALERT = "acknowledge_alert"
EXPECT_ALERT = "expect_alert"
ALERT_MENU = "alert_menu"
"""Buttons carry the alert's id; the menu's options say which of them it is, then the alert's id."""
ASK_FOR_BUDGET = "request"
SHOW_THE_TEAM = "standing"


def answer_blocks(
    key: str, alert_id: int, answered: str | None, *, what: str, others: tuple[Element, ...], expectable: bool
) -> list[Block]:
    """The two answers and what else one can do; once somebody answered, their sentence and what else one can do."""
    if answered:
        return [
            context(answered, block_id=f"{key}-answer"),
            actions(*others, block_id=f"{key}-after"),
        ]
    given = [button("I'm on it", action_id=ACKNOWLEDGE_ALERT, value=alert_id, label=f"I'm on it: {what}")]
    if expectable:
        planned = f"This was planned: {what}"
        given.append(button("This was planned", action_id=EXPECT_ALERT, value=alert_id, label=planned))
    return [actions(*given, *others, block_id=f"{key}-actions")]
