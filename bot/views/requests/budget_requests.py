"""The buttons of a budget request: those of its deciders, and those of its asker."""

from bot.money import NANOS, usd
from bot.reporting.reports import PendingRequest
from bot.requests.revisions import button_value
from bot.views.blocks import Element, button, confirmation, name, overflow
from bot.views.requests.request_words import asked_lasting, is_paid, spoken_ask

APPROVE_REQUEST = "approve_request"
DENY_REQUEST = "deny_request"
OTHER_AMOUNT = "approve_other_amount"
ASK_QUESTION = "ask_question"
CHANGE_REQUEST = "change_request"
WITHDRAW_REQUEST = "withdraw_request"
NUDGE_REQUEST = "nudge_request"
"""These buttons carry the request's id and the revision that they show."""
REQUEST_MENU = "request_menu"
"""The asker's menu on the card. An option carries its choice, and the same."""

CONFIRM_FROM_NANOS = 1_000 * NANOS
"""Approving this much asks for a confirmation."""

CHANGE, WITHDRAW, NUDGE = "change", "withdraw", "nudge"
"""The choices of the menu."""


def decision_buttons(pending: PendingRequest) -> list[Element]:
    """Returns Approve and Deny. A large amount asks for a confirmation; Deny opens a form for the reason."""
    return [_approve(pending), _deny(pending)]


def card_buttons(pending: PendingRequest) -> list[Element]:
    """Returns the buttons of a card: four for its deciders, and a menu for its asker."""
    value, spoken = button_value(pending.request), spoken_ask(pending)
    other = button(
        "Another amount or end…",
        action_id=OTHER_AMOUNT,
        value=value,
        label=f"Approve another amount or end than {spoken}",
    )
    question = button("Ask a question…", action_id=ASK_QUESTION, value=value, label=f"Ask about {spoken}")
    return [_approve(pending), other, _deny(pending), question, _menu(pending)]


def asker_buttons(pending: PendingRequest) -> list[Element]:
    """Returns Change, Withdraw and Nudge, for the asker."""
    value, spoken = button_value(pending.request), spoken_ask(pending)
    return [
        button("Change", action_id=CHANGE_REQUEST, value=value, label=f"Change the request of {spoken}"),
        button("Withdraw", action_id=WITHDRAW_REQUEST, value=value, label=f"Withdraw the request of {spoken}"),
        button("Nudge", action_id=NUDGE_REQUEST, value=value, label=f"Remind the approvers of {spoken}"),
    ]


def _approve(pending: PendingRequest) -> Element:
    request, confirm = pending.request, None
    if request.amount_nanos >= CONFIRM_FROM_NANOS:
        amount, payer = usd(request.amount_nanos), name(pending.payer_name) if is_paid(pending) else "new funding"
        source = f", out of {payer}" if request.ask.moves_budget else ""
        confirm = confirmation(
            title=f"Approve {amount}?",
            text=f"{name(pending.team.name)} gets {amount} more, {asked_lasting(pending)}{source}.",
            confirm="Approve",
        )
    return button(
        "Approve",
        action_id=APPROVE_REQUEST,
        value=button_value(request),
        label=f"Approve {spoken_ask(pending)}",
        style="primary",
        confirm=confirm,
    )


def _deny(pending: PendingRequest) -> Element:
    return button(
        "Deny", action_id=DENY_REQUEST, value=button_value(pending.request), label=f"Deny {spoken_ask(pending)}"
    )


def _menu(pending: PendingRequest) -> Element:
    value = button_value(pending.request)
    offered = {CHANGE: "Change my request…", WITHDRAW: "Withdraw my request", NUDGE: "Nudge the approvers"}
    return overflow(*((words, f"{choice}:{value}") for choice, words in offered.items()), action_id=REQUEST_MENU)
