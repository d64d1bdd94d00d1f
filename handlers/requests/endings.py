"""The end of a request in Slack: its card, its copies, the receipt, nudges and questions lose their buttons, and the asker
gets the verdict."""

from collections.abc import Sequence

from bot.books.budgets import Standing
from bot.messages import Message
from bot.reporting.reports import PendingRequest
from bot.requests.budget_requests import BudgetRequest
from bot.views.requests.cards import decided_card, expired_card, withdrawn_card
from bot.views.requests.clicks.nudges import nudge_message
from bot.views.requests.clicks.questions import question_message
from bot.views.requests.receipts import decided_receipt, expired_receipt, withdrawn_receipt
from bot.views.requests.verdicts import verdict_message
from handlers.books.standings import standing_of
from handlers.requests.cards import (
    card_key,
    nudge_key,
    question_key,
    receipt_key,
    shown,
    shown_questions,
    update_messages,
)
from handlers.requests.deciding.deciders import route_of
from handlers.requests.increases.request_caps import request_cap_lines
from handlers.requests.waiting.reminder_messages import refresh_reminders
from handlers.scope import TeamScope
from handlers.slack.callers import called
from handlers.slack.posts import post_to_team

_MOST_OTHERS = 20
POLICY = "The policy"
"""Who approved a request that nobody clicked."""


async def end_messages(scope: TeamScope, request: BudgetRequest) -> None:
    """Shows everywhere how a request ended. Its asker gets a message of their own about a decision.

    Call it in the transaction of the end, after the entries: it shows the team's budget as it is then.
    """
    tx, at = scope.tx, scope.at
    pending = await shown(tx, scope.directory, request)
    by, for_whom = await _deciders_of(scope, request)
    standing = await standing_of(scope) if request.state in ("approved", "denied") else None
    caps = await request_cap_lines(scope, request) if request.state == "approved" else ()
    card, receipt = _ended(pending, by=_inside(by), for_whom=for_whom, standing=standing, caps=caps)
    if request.state == "approved" and request.decided_by is None:  # it has no card yet, and is posted openly
        key = card_key(request.id)
        await post_to_team(tx, scope.directory, scope.team, card, dedupe_key=key, at=at, route="approvals")
    await tx.outbox.change(card_key(request.id), card, at=at, is_over=True)
    await tx.outbox.change(receipt_key(request.id), receipt, at=at)
    await tx.outbox.change(nudge_key(request.id), nudge_message(pending, at=at), at=at)
    await refresh_reminders(scope, await tx.reminders.asked(request.id))
    for one in await shown_questions(tx, await tx.questions.unanswered(request.id)):
        await tx.outbox.change(question_key(one.question.id), question_message(pending, one), at=at)
    if standing is not None:
        verdict = verdict_message(
            pending=pending,
            decided_by_mention=by,
            decided_for=for_whom,
            standing=standing,
            command=scope.command,
            caps=caps,
        )
        await tx.outbox.put(verdict, dedupe_key=verdict_key(request.id), at=at, to_person_id=request.person_id)
    if request.state == "approved" and request.ask.moves_budget:
        await _show_others(scope, request)


async def _show_others(scope: TeamScope, request: BudgetRequest) -> None:
    """Updates the cards of a team's other requests, whose figures an approval has changed."""
    others = [one for one in await scope.tx.budget_requests.pending([scope.team.id]) if one.id != request.id]
    for other in others[:_MOST_OTHERS]:
        await update_messages(scope, other, route_of(scope, other))


async def show_verdict(scope: TeamScope, request: BudgetRequest) -> None:
    """Updates the card and the verdict of an approved request by the caps of its team as they are now."""
    tx, at = scope.tx, scope.at
    pending = await shown(tx, scope.directory, request)
    by, for_whom = await _deciders_of(scope, request)
    standing, caps = await standing_of(scope), await request_cap_lines(scope, request)
    card, _ = _ended(pending, by=_inside(by), for_whom=for_whom, standing=standing, caps=caps)
    await tx.outbox.change(card_key(request.id), card, at=at, is_over=True)
    verdict = verdict_message(
        pending=pending,
        decided_by_mention=by,
        decided_for=for_whom,
        standing=standing,
        command=scope.command,
        caps=caps,
    )
    await tx.outbox.change(verdict_key(request.id), verdict, at=at)


def verdict_key(request_id: int) -> str:
    return f"verdict:{request_id}"


async def policy_or_people(scope: TeamScope, request: BudgetRequest) -> str:
    """Returns who decided a request, in mrkdwn; with all who approved one that needed several."""
    by, for_whom = await _deciders_of(scope, request)
    return f"{by} for {for_whom}" if for_whom else by


async def _deciders_of(scope: TeamScope, request: BudgetRequest) -> tuple[str, str]:
    """Returns the mentions of who decided, and of the person whose delegate did; of several, all in the first."""
    if request.decided_by is None:
        return POLICY, ""
    votes = await scope.tx.votes.of(request) if request.state == "approved" else []
    others = [(vote.person_id, vote.for_person_id) for vote in votes if vote.person_id != request.decided_by]
    pairs = [*others, (request.decided_by, request.decided_for)]
    people = await scope.tx.people.by_ids({person for pair in pairs for person in pair if person is not None})
    if not others:
        return called(people[request.decided_by]), "" if request.decided_for is None else called(
            people[request.decided_for]
        )
    names = [called(people[a]) + (f" for {called(people[b])}" if b is not None else "") for a, b in pairs]
    return f"{', '.join(names[:-1])} and {names[-1]}", ""


def _inside(by: str) -> str:
    """Returns who decided, as it reads within a sentence."""
    return "the policy" if by == POLICY else by


def _ended(
    pending: PendingRequest, *, by: str, for_whom: str, standing: Standing | None, caps: Sequence[str] = ()
) -> tuple[Message, Message]:
    """Returns the card and the receipt of a request that has ended."""
    if pending.request.state == "withdrawn":
        return withdrawn_card(pending), withdrawn_receipt(pending)
    if pending.request.state == "expired":
        return expired_card(pending), expired_receipt(pending)
    card = decided_card(pending, decided_by_mention=by, decided_for=for_whom, standing=standing, caps=caps)
    return card, decided_receipt(pending, decided_by_mention=by)
