"""The asker's nudge: a message to each decider with the request's buttons, and the answer to the asker."""

from bot.messages import Message
from bot.reporting.reports import PendingRequest
from bot.requests.nudges import NUDGE_HOURS
from bot.views.blocks import actions, date_mark, quote, section
from bot.views.requests.budget_requests import decision_buttons
from bot.views.requests.cards import card_prefix
from bot.views.requests.request_words import ask_words, asked_lasting, took_words, typed_words


def nudge_message(pending: PendingRequest, *, at: int) -> Message:
    """Returns the message to a decider. Once the request has ended it has no buttons."""
    request, key = pending.request, card_prefix(pending)
    lead = f"{pending.asker_mention} asks for {ask_words(pending)}, {asked_lasting(pending)}"
    if request.state != "pending":
        text = f"{lead}: this request has ended. The card says how."
        return Message(text=text, blocks=(section(text, block_id=f"{key}-nudge"),))
    waited = f"waiting for {took_words(at - request.created_at)}"
    text = f"{pending.asker_mention} reminds you of a request: {ask_words(pending)}, {asked_lasting(pending)}, {waited}"
    blocks = (
        section(f"*{text}*", block_id=f"{key}-nudge"),
        section(quote(request.reason, limit=300), block_id=f"{key}-nudge-reason"),
        actions(*decision_buttons(pending), block_id=f"{key}-buttons-nudged"),
    )
    return Message(text=f"{text}: {typed_words(request.reason, limit=300)}", blocks=blocks)


def nudged_words(reached: str, *, next_at: int) -> str:
    """Returns the answer to the asker; `reached` has the mentions of those who get the message."""
    return f"{reached} got a reminder. You can send the next one {date_mark(next_at)}."


def too_early_words(next_at: int) -> str:
    """Returns why a nudge is refused, and when one is possible again."""
    return f"You reminded them less than {NUDGE_HOURS} hours ago. You can send the next reminder {date_mark(next_at)}."
