"""The messages of a budget request: the approval card, its end, and the receipts of the asker."""

from collections.abc import Sequence

from bot.books.budgets import Standing
from bot.books.ledger import with_grant
from bot.messages import Block, Message
from bot.money import NANOS, usd
from bot.org.teams import Team
from bot.reporting.reports import PendingRequest
from bot.requests.budget_requests import BudgetRequest
from bot.requests.revisions import button_value
from bot.text import plain
from bot.views.blocks import Element, actions, button, confirmation, context, date_mark, name, quote, section
from bot.views.wording import budget_words, period_words

APPROVE_REQUEST = "approve_request"
DENY_REQUEST = "deny_request"
CHANGE_REQUEST = "change_request"
WITHDRAW_REQUEST = "withdraw_request"
"""These four buttons carry the request's id and the revision that they show."""

CONFIRM_FROM_NANOS = 1_000 * NANOS
"""Approving this much asks for a confirmation."""

_MAX_DECIDERS = 10


def ask_words(pending: PendingRequest) -> str:
    """Returns `$750.00 for Search`, in mrkdwn."""
    return f"{usd(pending.request.amount_nanos)} for {name(pending.team.name)}"


def decision_buttons(pending: PendingRequest) -> list[Element]:
    """Returns Approve and Deny. A large amount asks for a confirmation; Deny opens a form for the reason."""
    request, spoken = pending.request, _spoken(pending)
    confirm = None
    if request.amount_nanos >= CONFIRM_FROM_NANOS:
        amount, payer = usd(request.amount_nanos), name(pending.payer_name) if _is_paid(pending) else "new funding"
        confirm = confirmation(
            title=f"Approve {amount}?",
            text=f"{name(pending.team.name)} gets {amount} more for {period_words(request.period)}, out of {payer}.",
            confirm="Approve",
        )
    return [
        button(
            "Approve",
            action_id=APPROVE_REQUEST,
            value=button_value(request),
            label=f"Approve {spoken}",
            style="primary",
            confirm=confirm,
        ),
        button("Deny", action_id=DENY_REQUEST, value=button_value(request), label=f"Deny {spoken}"),
    ]


def asker_buttons(pending: PendingRequest) -> list[Element]:
    """Returns Change and Withdraw, for the asker."""
    request, spoken = pending.request, _spoken(pending)
    return [
        button(
            "Change", action_id=CHANGE_REQUEST, value=button_value(request), label=f"Change the request of {spoken}"
        ),
        button(
            "Withdraw",
            action_id=WITHDRAW_REQUEST,
            value=button_value(request),
            label=f"Withdraw the request of {spoken}",
        ),
    ]


def approval_card(
    pending: PendingRequest, *, standing: Standing | None, deciders: Sequence[str], by_finance: bool
) -> Message:
    """Returns the card of a pending request, for the team's channel or for each person in finance.

    `deciders` are mentions. `standing` is the team's, or None to hide its figures.
    """
    request, key = pending.request, _key(pending)
    asked = f"{pending.asker_mention} asks for {ask_words(pending)}"
    blocks: list[Block] = [
        section(f"*{asked}* ({period_words(request.period)})", block_id=f"{key}-ask"),
        section(quote(request.reason), block_id=f"{key}-reason"),
    ]
    if standing is not None:
        blocks.append(section("", block_id=f"{key}-figures", fields=_figures(pending, standing)))
    who = who_decides(deciders, by_finance=by_finance)
    rules = f"{who} Nobody decides their own request. {pending.asker_mention} can change or withdraw it."
    blocks += [
        section(_who_pays(pending), block_id=f"{key}-payer"),
        actions(*decision_buttons(pending), *asker_buttons(pending), block_id=f"{key}-actions"),
        context(rules, f"Asked {date_mark(request.created_at)}", block_id=f"{key}-rules"),
    ]
    numbers = f" {_standing_words(pending, standing)}" if standing is not None else ""
    reason = name(request.reason, limit=300).rstrip(".")
    text = f"{asked}, {period_words(request.period)}: {reason}.{numbers} {_who_pays(pending)} {who}"
    return Message(text=text, blocks=tuple(blocks))


def decided_card(pending: PendingRequest, *, decided_by_mention: str, standing: Standing | None) -> Message:
    """Returns the card of a decided request, without buttons. `standing` is the team's after the decision. It hides
    the reason of a denial."""
    request, key = pending.request, _key(pending)
    is_approved = request.state == "approved"
    when = date_mark(request.decided_at if request.decided_at is not None else request.created_at)
    verdict = f"{'Approved' if is_approved else 'Denied'} by {decided_by_mention}"
    asked = f"{ask_words(pending)}, asked for by {pending.asker_mention}"
    blocks = [
        section(f"*{verdict}*: {asked} ({period_words(request.period)})", block_id=f"{key}-verdict"),
        section(quote(request.reason), block_id=f"{key}-reason"),
    ]
    if is_approved:
        now = f" {name(pending.team.name)} now has {_available(standing)}." if standing is not None else ""
        note = f"Booked in Tokens; gateway cap unchanged.{now}"
    else:
        released = f" {usd(request.held_nanos)} is no longer held." if request.held_nanos else ""
        note = f"{pending.asker_mention} alone was told why.{released}"
    blocks.append(context(f"{verdict} · {when}", note, block_id=f"{key}-note"))
    return Message(text=f"{verdict}: {asked}. {note}", blocks=tuple(blocks))


def changed_words(request: BudgetRequest, *, team: Team, asker: str, period: str) -> str:
    """Returns why a click on an old card did nothing, and what the request is now. `asker` is the mention of the asker
    if they changed it; `period` is the present one."""
    now = f"{usd(request.amount_nanos)} for {name(team.name)} ({period_words(period)})"
    why = f"{asker} changed this request" if asker else "This request waited into another budget period"
    return f"{why}: it is {now} now. Nothing was done; look again, then decide."


def withdrawn_card(pending: PendingRequest) -> Message:
    """Returns the card of a withdrawn request, without buttons."""
    request, key = pending.request, _key(pending)
    when = date_mark(request.decided_at if request.decided_at is not None else request.created_at)
    text = f"{pending.asker_mention} withdrew the request of {ask_words(pending)}. There is nothing left to decide."
    blocks = (
        section(f"*Withdrawn*: {text}", block_id=f"{key}-verdict"),
        context(f"Withdrawn by {pending.asker_mention} · {when}", block_id=f"{key}-note"),
    )
    return Message(text=text, blocks=blocks)


def verdict_message(
    *, pending: PendingRequest, decided_by_mention: str, standing: Standing | None, command: str
) -> Message:
    """Returns the private message for the asker: the budget available now, or the reason of the denial."""
    request, key = pending.request, _key(pending)
    if request.state == "approved":
        now = f" The team now has {_available(standing)}." if standing is not None else ""
        text = f"{decided_by_mention} approved your request: {ask_words(pending)}, {period_words(request.period)}.{now}"
        note = "Booked in Tokens; gateway cap unchanged. If your gateway has its own limit, ask its admin to raise it."
        blocks = (section(text, block_id=f"{key}-verdict"), context(note, block_id=f"{key}-note"))
        return Message(text=f"{text} {note}", blocks=blocks)
    text = f"{decided_by_mention} denied your request of {ask_words(pending)}."
    reason = request.decision_reason
    note = f"Only you see this reason. You can ask again with `{command} request`."
    shown = [section(text, block_id=f"{key}-verdict"), context(note, block_id=f"{key}-note")]
    if reason:
        shown.insert(1, section(quote(reason), block_id=f"{key}-reason"))
    said = f" The reason: {name(reason, limit=1_000)}" if reason else ""
    return Message(text=f"{text}{said}", blocks=tuple(shown))


def receipt_message(
    *, pending: PendingRequest, deciders: Sequence[str], by_finance: bool, carried: bool = False
) -> Message:
    """Returns the private receipt for the asker after a request or a change: the deciders, and the buttons to change
    it. A carried request waited into the next period."""
    key = _key(pending)
    who = who_decides(deciders, by_finance=by_finance)
    did = "is changed" if pending.request.revision > 1 else "is sent"
    if carried:
        did = f"is about {period_words(pending.request.period)} now, as it waited into that period"
    text = (
        f"Your request of {ask_words(pending)} {did}. {who} {_who_pays(pending)} You get a message when it is decided."
    )
    blocks = (section(text, block_id=f"{key}-receipt"), actions(*asker_buttons(pending), block_id=f"{key}-own"))
    return Message(text=text, blocks=blocks)


def withdrawn_receipt(pending: PendingRequest) -> Message:
    """Returns the private receipt for the asker after a withdrawal."""
    held = f" {usd(pending.request.held_nanos)} is no longer held." if pending.request.held_nanos else ""
    text = f"You withdrew your request of {ask_words(pending)}.{held}"
    return Message(text=text, blocks=(section(text, block_id=f"{_key(pending)}-receipt"),))


def _key(pending: PendingRequest) -> str:
    """Returns the prefix of block ids. It changes with each state, as Slack asks for updated messages."""
    return f"request-{pending.request.id}-{pending.request.revision}-{pending.request.state}"


def _spoken(pending: PendingRequest) -> str:
    return f"{usd(pending.request.amount_nanos)} for {plain(pending.team.name, limit=30)}"


def _is_paid(pending: PendingRequest) -> bool:
    return pending.request.payer_id is not None and bool(pending.payer_name)


def _who_pays(pending: PendingRequest) -> str:
    amount = usd(pending.request.amount_nanos)
    if not _is_paid(pending):
        return f"No budget above the team has {amount} free, so nothing is held; approving it adds new funding."
    held = pending.request.held_nanos
    meanwhile = f"; {usd(held)} is held there until it is decided" if held else ""
    return f"It comes out of the budget of {name(pending.payer_name)}{meanwhile}."


def who_decides(deciders: Sequence[str], *, by_finance: bool) -> str:
    """Returns one sentence with the deciders' mentions, as the card and the receipt show it."""
    shown = list(deciders[:_MAX_DECIDERS])
    if len(deciders) > _MAX_DECIDERS:
        shown.append(f"{len(deciders) - _MAX_DECIDERS} more")
    if not shown:
        return "Finance decides." if by_finance else "The team's managers decide."
    names = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
    return f"{names} decides for finance." if by_finance else f"{names} decides."


def _figures(pending: PendingRequest, standing: Standing) -> list[str]:
    amount, balance = pending.request.amount_nanos, standing.balance
    after = with_grant(balance, amount)
    return [
        f"*Budget now*\n{usd(balance.allocated_nanos) if balance.budget == 'set' else 'None'}",
        f"*Budget if approved*\n{usd(after.allocated_nanos)}",
        f"*Available now*\n{usd(balance.available_nanos)}",
        f"*Available if approved*\n{usd(after.available_nanos)}",
        f"*Spent*\n{usd(balance.charged_nanos)}",
        f"*Burn rate*\n{usd(standing.forecast.burn_nanos_per_day)} a day",
    ]


def _standing_words(pending: PendingRequest, standing: Standing) -> str:
    balance = standing.balance
    after = with_grant(balance, pending.request.amount_nanos).available_nanos
    return f"{name(pending.team.name)} has {budget_words(balance)} and would have {usd(after)}."


def _available(standing: Standing) -> str:
    return budget_words(standing.balance)
