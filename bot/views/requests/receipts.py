"""The receipt of a budget request: the asker's own message, with the buttons to change it."""

from collections.abc import Sequence

from bot.messages import Message
from bot.money import usd
from bot.reporting.reports import PendingRequest
from bot.views.blocks import actions, section
from bot.views.requests.budget_requests import asker_buttons
from bot.views.requests.cards import card_prefix
from bot.views.requests.request_words import ask_words, asked_lasting, cap_words, who_decides, who_pays
from bot.views.wording import period_words


def receipt_message(
    *, pending: PendingRequest, deciders: Sequence[str], by_finance: bool, carried: bool = False, needed: int = 1
) -> Message:
    """Returns the private receipt for the asker after a request or a change: the deciders, and the buttons to change
    it. A carried request waited into the next period."""
    key = card_prefix(pending)
    who = who_decides(deciders, by_finance=by_finance, needed=needed)
    did = "is changed" if pending.request.revision > 1 else "is sent"
    if carried:
        did = f"is about {period_words(pending.request.period)} now, as it waited into that period"
    terms = ", ".join(filter(None, (asked_lasting(pending), cap_words(pending))))
    text = (
        f"Your request of {ask_words(pending)} {did} ({terms}). {who} {who_pays(pending)} "
        "You get a message when it is decided."
    )
    blocks = (section(text, block_id=f"{key}-receipt"), actions(*asker_buttons(pending), block_id=f"{key}-own"))
    return Message(text=text, blocks=blocks)


def withdrawn_receipt(pending: PendingRequest) -> Message:
    """Returns the private receipt for the asker after a withdrawal."""
    text = f"You withdrew your request of {ask_words(pending)}.{_released(pending)}"
    return Message(text=text, blocks=(section(text, block_id=f"{card_prefix(pending)}-receipt"),))


def decided_receipt(pending: PendingRequest, *, decided_by_mention: str) -> Message:
    """Returns the receipt of a decided request, without buttons; the verdict says more."""
    did = "approved" if pending.request.state == "approved" else "denied"
    text = f"Your request of {ask_words(pending)}: {decided_by_mention} {did} it."
    return Message(text=text, blocks=(section(text, block_id=f"{card_prefix(pending)}-receipt"),))


def expired_receipt(pending: PendingRequest) -> Message:
    """Returns the receipt of a request that nobody decided in time."""
    text = f"Your request of {ask_words(pending)} expired: nobody decided in time.{_released(pending)}"
    return Message(text=text, blocks=(section(text, block_id=f"{card_prefix(pending)}-receipt"),))


def _released(pending: PendingRequest) -> str:
    held = pending.request.held_nanos
    return f" {usd(held)} is no longer held." if held else ""
