"""The form that approves another amount or end than was asked for."""

from collections.abc import Sequence
from typing import Any

from bot.books.budgets import Standing
from bot.books.grant_ends import EndKind, TypedEnd
from bot.messages import Block
from bot.money import usd
from bot.periods import PeriodKind
from bot.reporting.reports import PendingRequest
from bot.requests.budget_requests import BudgetRequest
from bot.views.blocks import field, modal, quote, section, text_input
from bot.views.grant_ends import end_fields
from bot.views.requests.pictures import budget_change_words
from bot.views.requests.request_words import ask_words, asked_lasting, cap_words, who_pays

OTHER_AMOUNT_FORM = "other_amount_form"
AMOUNT_FIELD = "amount"
_AMOUNT_CHARACTERS = 40


def offered_ends(request: BudgetRequest) -> tuple[EndKind, ...]:
    """Returns the ends that a decider may choose. Budget that another team gives is for the period; a limit that somebody
    asked for at a gateway has no end there."""
    if request.origin == "gateway":
        return ("open",)
    return ("period",) if request.giver_id is not None else ("period", "date", "open")


def other_amount_form(
    pending: PendingRequest,
    *,
    standing: Standing,
    period: PeriodKind,
    end: TypedEnd,
    metadata: str,
    amount: str = "",
    note: str = "",
) -> dict[str, Any]:
    """Returns the form, filled in with what was asked, or with what was typed. `note` says what happened to the request
    meanwhile."""
    request = pending.request
    typed = text_input(
        action_id=AMOUNT_FIELD,
        initial=amount or usd(request.amount_nanos),
        placeholder="500, $1,250.50 or 2k",
        max_length=_AMOUNT_CHARACTERS,
        focus=True,
    )
    terms = ", ".join(filter(None, (asked_lasting(pending), cap_words(pending))))
    blocks: list[Block] = [section(f"*{note}*", block_id="note")] if note else []
    blocks += [
        section(f"{pending.asker_mention} asks for {ask_words(pending)} ({terms}).", block_id="asked-request"),
        section(quote(request.reason), block_id="asked-reason"),
        section(_budget_words(pending, standing), block_id="asked-budget"),
        field("Amount in US dollars", typed, block_id=AMOUNT_FIELD, hint="The asker sees both amounts."),
        *end_fields(end, period=period, offered=offered_ends(request)),
    ]
    return modal(
        title="Another amount or end", submit="Approve", blocks=blocks, callback_id=OTHER_AMOUNT_FORM, metadata=metadata
    )


def _budget_words(pending: PendingRequest, standing: Standing) -> str:
    words: Sequence[str] = (who_pays(pending),)
    if pending.request.ask.moves_budget:
        words = (budget_change_words(standing, pending.request.amount_nanos), who_pays(pending))
    return " ".join(words)
