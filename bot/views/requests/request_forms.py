"""The forms of a budget request: to ask, to change, and to deny."""

from collections.abc import Sequence
from typing import Any

from bot.books.ledger import Balance
from bot.messages import Block
from bot.money import usd
from bot.org.teams import Team
from bot.reporting.reports import PendingRequest
from bot.requests.budget_requests import MAX_REASON_CHARACTERS, BudgetRequest
from bot.text import plain
from bot.views.blocks import context, field, modal, name, quote, section, select, text_input
from bot.views.requests.request_words import ask_words
from bot.views.wording import budget_words, period_words

REQUEST_FORM = "request_form"
CHANGE_FORM = "change_form"
DENY_FORM = "deny_form"

TEAM_FIELD = "team"
AMOUNT_FIELD = "amount"
REASON_FIELD = "reason"
"""The block id and the action id of a field are the same."""

FORM_TITLE = "Request AI budget"
_MAX_TEAMS = 100
_AMOUNT_CHARACTERS = 40
_WHO_DECIDES = "A manager decides, or finance for large amounts; nobody decides their own request."


def request_form(
    *, teams: Sequence[tuple[Team, Balance]], chosen: Team, amount: str, reason: str, metadata: str
) -> dict[str, Any]:
    """Returns the form to request budget. `teams` are the teams that the person may choose; `chosen` is one of them.

    A single team has no field to choose it. `amount` and `reason` are as typed with the command, or empty.
    """
    balances = {team.id: balance for team, balance in teams}
    blocks: list[Block] = []
    if len(teams) > 1:
        listed = [team for team, _ in teams[:_MAX_TEAMS]]
        if chosen.id not in {team.id for team in listed}:
            listed[-1] = chosen
        options = [(plain(t.name, limit=40) + f" ({budget_words(balances[t.id])})", t.id) for t in listed]
        menu = select(options, action_id=TEAM_FIELD, chosen=chosen.id, placeholder="Choose a team")
        blocks.append(field("Team", menu, block_id=TEAM_FIELD, hint="The team whose budget grows."))
    else:
        words = f"For *{name(chosen.name)}*, which has {budget_words(balances[chosen.id])} now."
        blocks.append(section(words, block_id="chosen-team"))
    blocks += _fields(amount=amount, reason=reason)
    return modal(title=FORM_TITLE, submit="Send request", blocks=blocks, callback_id=REQUEST_FORM, metadata=metadata)


def change_form(
    *,
    request: BudgetRequest,
    team: Team,
    balance: Balance,
    metadata: str,
    already: bool,
    amount: str = "",
    reason: str = "",
    note: str = "",
) -> dict[str, Any]:
    """Returns the form to change a pending request, prefilled with it. `note` says what happened to it meanwhile.

    `already` is for an asker who wants to ask again for the same team: typed `amount` and `reason` then replace the
    old ones.
    """
    asked = f"{usd(request.amount_nanos)} for *{name(team.name)}* in {period_words(request.period)}"
    words = f"You asked for {asked}. The team has {budget_words(balance)} now."
    if already:
        words = f"You already have a request waiting: {asked}. Change it here instead of sending a second one."
    blocks = [
        *_noted(note),
        section(words, block_id="changed-request"),
        *_fields(amount=amount or usd(request.amount_nanos), reason=reason or request.reason),
    ]
    return modal(title=FORM_TITLE, submit="Change request", blocks=blocks, callback_id=CHANGE_FORM, metadata=metadata)


def deny_form(*, pending: PendingRequest, metadata: str, reason: str = "", note: str = "") -> dict[str, Any]:
    """Returns the form that asks for the reason of a denial. `note` says what happened to the request meanwhile."""
    typed = text_input(
        action_id=REASON_FIELD,
        initial=reason,
        placeholder="What would have to be different, or what to do instead",
        max_length=MAX_REASON_CHARACTERS,
        multiline=True,
        focus=True,
    )
    asked = f"{pending.asker_mention} asks for {ask_words(pending)} ({period_words(pending.request.period)})."
    blocks = [
        *_noted(note),
        section(asked, block_id="denied-request"),
        section(quote(pending.request.reason), block_id="denied-reason"),
        field("Why not?", typed, block_id=REASON_FIELD, hint="Only the person who asked sees this."),
    ]
    return modal(
        title="Deny request",
        submit="Deny request",
        blocks=blocks,
        callback_id=DENY_FORM,
        metadata=metadata,
    )


def _noted(note: str) -> list[Block]:
    return [section(f"*{note}*", block_id="note")] if note else []


def _fields(*, amount: str, reason: str) -> list[Block]:
    typed_amount = text_input(
        action_id=AMOUNT_FIELD,
        initial=amount,
        placeholder="500, $1,250.50 or 2k",
        max_length=_AMOUNT_CHARACTERS,
        focus=not amount,
    )
    typed_reason = text_input(
        action_id=REASON_FIELD,
        initial=reason,
        placeholder="What it is for, and for how long",
        max_length=MAX_REASON_CHARACTERS,
        multiline=True,
        focus=bool(amount) and not reason,
    )
    return [
        field("Amount in US dollars", typed_amount, block_id=AMOUNT_FIELD, hint="On top of what the team has."),
        field("Reason", typed_reason, block_id=REASON_FIELD, hint="Whoever decides reads this first."),
        context(_WHO_DECIDES, block_id="who-decides"),
    ]
