"""The card of a budget request: for its deciders, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.books.budgets import Standing
from bot.charts.values import encode
from bot.messages import Block, Message
from bot.money import usd
from bot.reporting.reports import PendingRequest
from bot.requests.budget_requests import BudgetRequest
from bot.requests.effects import after_grant
from bot.views.blocks import actions, chart_placeholder, context, date_mark, name, quote, section
from bot.views.requests.budget_requests import card_buttons
from bot.views.requests.clicks.questions import ShownQuestion, question_lines
from bot.views.requests.pictures import budget_change, budget_change_words, run_out_words
from bot.views.requests.request_words import (
    ask_words,
    asked_lasting,
    cap_words,
    granted_words,
    took_words,
    typed_words,
    who_decides,
    who_pays,
)
from bot.views.spoken import with_figures
from bot.views.wording import budget_words

GATEWAY_NOTE = "Budget is updated. Your gateway's own limit is separate and hasn't changed."
"""What a card says where no gateway's cap follows the books."""
_MOST_CAPS = 10


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What a pending card shows beside the request.

    `asked_before` and `policy` are sentences in mrkdwn. `votes` are the mentions of those who approved already, of `needed`
    approvals. `questions` are the newest, oldest first.
    """

    asked_before: str = ""
    policy: str = ""
    needed: int = 1
    votes: Sequence[str] = ()
    questions: Sequence[ShownQuestion] = ()


def approval_card(
    pending: PendingRequest,
    *,
    standing: Standing | None,
    deciders: Sequence[str],
    by_finance: bool,
    facts: CardFacts | None = None,
) -> Message:
    """Returns the card of a pending request, for the team's channel and for each of its deciders.

    `deciders` are mentions. `standing` is the team's, or None to hide its figures.
    """
    request, key, facts = pending.request, card_prefix(pending), facts or CardFacts()
    asked = f"{pending.asker_mention} asks for {ask_words(pending)}"
    terms = " · ".join(filter(None, (asked_lasting(pending), cap_words(pending))))
    blocks: list[Block] = [
        section(f"*{asked}* ({terms})", block_id=f"{key}-ask"),
        section(quote(request.reason), block_id=f"{key}-reason"),
    ]
    moves = standing is not None and request.ask.moves_budget
    if standing is not None and moves:
        lasts = run_out_words(standing, after_grant(standing, request.amount_nanos))
        blocks.append(section(lasts, block_id=f"{key}-figures"))
        blocks.append(chart_placeholder(0, block_id=f"{key}-picture"))
    blocks.append(section(" ".join(filter(None, (who_pays(pending), facts.asked_before))), block_id=f"{key}-payer"))
    votes = _votes(facts)
    if votes:
        blocks.append(section(votes, block_id=f"{key}-votes-{len(facts.votes)}"))
    if facts.questions:
        answered = sum(bool(q.question.answered_at) for q in facts.questions)
        block_id = f"{key}-questions-{facts.questions[-1].question.id}-{answered}"
        blocks.append(section(question_lines(facts.questions), block_id=block_id))
    who = who_decides(deciders, by_finance=by_finance, needed=facts.needed)
    rules = f"{who} Nobody decides their own request."
    small = [rules, f"Waiting since {date_mark(request.created_at)}", origin_words(pending), facts.policy]
    blocks += [
        actions(*card_buttons(pending), block_id=f"{key}-actions"),
        context(*filter(None, small), block_id=f"{key}-rules"),
    ]
    charts = (encode(budget_change(standing, request.amount_nanos)),) if standing is not None and moves else ()
    numbers = budget_change_words(standing, request.amount_nanos) if standing is not None and moves else ""
    reason = typed_words(request.reason, limit=300).rstrip(".")
    said = (f"{asked}, {', '.join(terms.split(' · '))}: {reason}.", numbers, who_pays(pending), votes, who)
    text = with_figures(" ".join(filter(None, said)), (facts.asked_before, *filter(None, small)))
    return Message(text=text, blocks=tuple(blocks), charts=charts)


def decided_card(
    pending: PendingRequest,
    *,
    decided_by_mention: str,
    standing: Standing | None,
    decided_for: str = "",
    caps: Sequence[str] = (),
) -> Message:
    """Returns the card of a decided request, without buttons: who, how much, until when, and how long it took.

    `standing` is the team's after the decision. `decided_for` mentions the person whose delegate decided. `caps` has a line
    per gateway. It hides the reason of a denial.
    """
    request, key = pending.request, card_prefix(pending)
    is_approved = request.state == "approved"
    at = request.decided_at if request.decided_at is not None else request.created_at
    by = f"{decided_by_mention} for {decided_for}" if decided_for else decided_by_mention
    verdict = f"{'Approved' if is_approved else 'Denied'} by {by}"
    if is_approved:
        of = f" ({cap_words(pending)})" if cap_words(pending) else ""
        what = f"{granted_words(pending)}{of}, for {pending.asker_mention}"
    else:
        what = f"{ask_words(pending)} ({asked_lasting(pending)}), asked for by {pending.asker_mention}"
    took = f"decided in {took_words(at - request.created_at)}"
    blocks = [
        section(f"*{verdict}*: {what}", block_id=f"{key}-verdict"),
        section(quote(request.reason), block_id=f"{key}-reason"),
    ]
    if is_approved:
        now = f"{name(pending.team.name)} now has {budget_words(standing.balance)}." if standing is not None else ""
        notes = [now, *gateway_lines(request, caps)]
    else:
        released = f" {usd(request.held_nanos)} is no longer held." if request.held_nanos else ""
        notes = [f"{pending.asker_mention} alone was told why.{released}"]
    notes = [note for note in notes if note]
    blocks.append(context("\n".join([f"{date_mark(at)} · {took}", *notes]), block_id=f"{key}-note"))
    text = with_figures(f"{verdict}: {what}. It was {took}. {' '.join(notes)}", [f"Decided on {date_mark(at)}"])
    return Message(text=text, blocks=tuple(blocks))


def gateway_lines(request: BudgetRequest, caps: Sequence[str]) -> list[str]:
    """Returns what became of limits at gateways. Where no gateway follows, its admin raises those of people and keys."""
    if caps or request.ask.moves_budget or request.origin == "gateway":
        return caps_shown(caps) or [GATEWAY_NOTE]
    return [f"A limit that a gateway keeps itself is raised there, by {usd(request.given_nanos)}, by its admin."]


def withdrawn_card(pending: PendingRequest) -> Message:
    """Returns the card of a withdrawn request, without buttons."""
    text = f"{pending.asker_mention} withdrew the request of {ask_words(pending)}. There is nothing left to decide."
    return _ended_card(pending, f"*Withdrawn*: {text}", text, note=f"Withdrawn by {pending.asker_mention}")


def expired_card(pending: PendingRequest) -> Message:
    """Returns the card of a request that nobody decided in time, without buttons."""
    released = f" {usd(pending.request.held_nanos)} is no longer held." if pending.request.held_nanos else ""
    text = f"Nobody decided the request of {ask_words(pending)}, asked for by {pending.asker_mention}.{released}"
    return _ended_card(pending, f"*Expired*: {text}", text, note=f"{pending.asker_mention} can ask again")


def _ended_card(pending: PendingRequest, shown: str, text: str, *, note: str) -> Message:
    request, key = pending.request, card_prefix(pending)
    at = request.decided_at if request.decided_at is not None else request.created_at
    waited = f"after {took_words(at - request.created_at)}"
    blocks = (
        section(shown, block_id=f"{key}-verdict"),
        context(f"{note} · {date_mark(at)} · {waited}", block_id=f"{key}-note"),
    )
    return Message(text=with_figures(text, [f"{note}, {date_mark(at)}"]), blocks=blocks)


def card_prefix(pending: PendingRequest) -> str:
    """Returns the prefix of block ids. It changes with each state, as Slack asks for updated messages."""
    return f"request-{pending.request.id}-{pending.request.revision}-{pending.request.state}"


def origin_words(pending: PendingRequest) -> str:
    """Returns where a request comes from, with a link to the message; empty for a command or a button."""
    request = pending.request
    if request.origin == "message" and request.origin_ref.startswith(("https://", "http://")):
        link = request.origin_ref.translate(_UNSAFE_IN_LINK)
        return f"About <{link}|this message>"
    return "Asked at a gateway" if request.origin == "gateway" else ""


_UNSAFE_IN_LINK = {ord(mark): None for mark in "<>|\n\r \t"}


def caps_shown(caps: Sequence[str]) -> list[str]:
    """Returns the lines of a team's gateways, or as many as a message has room for."""
    shown = list(caps[:_MOST_CAPS])
    return [*shown, f"… and {len(caps) - _MOST_CAPS} more gateways"] if len(caps) > _MOST_CAPS else shown


def _votes(facts: CardFacts) -> str:
    """Returns who approved already; empty where one approval is enough."""
    if facts.needed <= 1:
        return ""
    given = f": {', '.join(facts.votes)}" if facts.votes else ""
    return f"*{len(facts.votes)} of {facts.needed} approvals*{given}."
