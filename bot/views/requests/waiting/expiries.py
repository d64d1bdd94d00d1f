"""What the asker sees when nobody decided in time: what expired, what is free again, and a button to ask once more."""

from bot.messages import Message
from bot.money import usd
from bot.reporting.reports import PendingRequest
from bot.views.blocks import actions, button, context, date_mark, section
from bot.views.requests.cards import card_prefix
from bot.views.requests.request_words import ask_words, asked_lasting, spoken_ask

ASK_AGAIN = "ask_again"
"""The button carries the id of the request that expired."""


def expired_message(pending: PendingRequest) -> Message:
    """Returns the message to the asker of an expired request."""
    request, key = pending.request, card_prefix(pending)
    text = (
        f"Your request of {ask_words(pending)}, {asked_lasting(pending)}, expired: nobody decided since "
        f"{date_mark(request.created_at)}."
    )
    held = f"{usd(request.held_nanos)} is no longer reserved. " if request.held_nanos else ""
    note = f"{held}If you still need it, ask again: the form has what you wrote."
    again = button("Ask again…", action_id=ASK_AGAIN, value=request.id, label=f"Ask again for {spoken_ask(pending)}")
    blocks = (
        section(text, block_id=f"{key}-expired"),
        actions(again, block_id=f"{key}-again"),
        context(note, block_id=f"{key}-expired-note"),
    )
    return Message(text=f"{text} {note}", blocks=blocks)
