"""The card of a request, its copies and the asker's receipt: who gets them, and their changes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.messages import Message
from bot.org.teams import Directory
from bot.reporting.reports import PendingRequest
from bot.requests.approvals import ApprovalRoute
from bot.requests.asked_before import asked_before
from bot.requests.budget_requests import BudgetRequest
from bot.requests.policy_words import policy_note
from bot.requests.questions import SHOWN_QUESTIONS, Question
from bot.requests.votes import tally
from bot.views.requests.asked_before import asked_before_words, passed_over_words
from bot.views.requests.attendance.absences import absence_words, away_words, passed_card
from bot.views.requests.cards import CardFacts, approval_card
from bot.views.requests.clicks.nudges import nudge_message
from bot.views.requests.clicks.questions import ShownQuestion
from bot.views.requests.receipts import receipt_message
from bot.views.requests.request_words import who_decides
from handlers.books.standings import standing_of
from handlers.scope import Scope, TeamScope
from handlers.slack.callers import called
from handlers.slack.posts import post_to_people, post_to_team
from storage.outbox import copy_key
from storage.store import Transaction


async def post_messages(scope: TeamScope, request: BudgetRequest, found: ApprovalRoute) -> None:
    """Posts the card of a new request in the team's channel and to its deciders, and the receipt for its asker."""
    tx, directory, team, at = scope.tx, scope.directory, scope.team, scope.at
    pending = await shown(tx, directory, request)
    card = await _card(scope, pending, found)
    key = card_key(request.id)
    await post_to_team(tx, directory, team, card, dedupe_key=key, at=at, route="approvals")
    await post_to_people(tx, directly_asked(directory, found), card, dedupe_key=key, at=at, about=team)
    receipt = await _receipt(scope, pending, found)
    await tx.outbox.put(receipt, dedupe_key=receipt_key(request.id), at=at, to_person_id=request.person_id)


async def update_messages(
    scope: TeamScope, request: BudgetRequest, found: ApprovalRoute, *, carried: bool = False
) -> None:
    """Replaces the card, the receipt and the nudges of a pending request by what it is now, and asks deciders who were
    not asked."""
    tx, at = scope.tx, scope.at
    pending = await shown(tx, scope.directory, request)
    card = await _card(scope, pending, found)
    await tx.outbox.change(card_key(request.id), card, at=at)
    asked = directly_asked(scope.directory, found)
    await post_to_people(tx, asked, card, dedupe_key=card_key(request.id), at=at, about=scope.team)
    for person_id in await passed_by(tx, request, found):
        key = copy_key(card_key(request.id), person_id)
        await tx.outbox.change(key, await passed_on_card(tx, pending, found), at=at)
    await tx.outbox.change(receipt_key(request.id), await _receipt(scope, pending, found, carried=carried), at=at)
    await tx.outbox.change(nudge_key(request.id), nudge_message(pending, at=request.nudged_at or at), at=at)


def card_key(request_id: int) -> str:
    return f"request:{request_id}"


def receipt_key(request_id: int) -> str:
    return f"receipt:{request_id}"


def nudge_key(request_id: int) -> str:
    """Returns the key of all nudges of a request, whose messages are copies of one."""
    return f"nudge:{request_id}"


def question_key(question_id: int) -> str:
    return f"question:{question_id}"


async def shown(tx: Transaction, directory: Directory, request: BudgetRequest) -> PendingRequest:
    """Returns a request with the names on its card."""
    asker = await tx.people.by_id(request.person_id)
    payer = directory.by_id(request.payer_id).name if request.payer_id is not None else ""
    team, cap = directory.by_id(request.team_id), ""
    if request.cap_kind == "member" and request.cap_ref.isdigit():
        member = (await tx.people.by_ids([int(request.cap_ref)])).get(int(request.cap_ref))
        cap = called(member) if member else ""
    return PendingRequest(request=request, team=team, asker_mention=called(asker), payer_name=payer, cap_name=cap)


async def shown_questions(tx: Transaction, questions: Sequence[Question]) -> list[ShownQuestion]:
    """Returns questions with the mentions of who asked and answered."""
    ids = {person for q in questions for person in (q.asked_by, q.answered_by) if person is not None}
    people = await tx.people.by_ids(ids) if ids else {}
    return [
        ShownQuestion(
            question=q,
            asked_by=called(people[q.asked_by]),
            answered_by="" if q.answered_by is None else called(people[q.answered_by]),
        )
        for q in questions
    ]


async def _card(scope: TeamScope, pending: PendingRequest, found: ApprovalRoute) -> Message:
    standing = await standing_of(scope)
    deciders = await decider_mentions(scope.tx, found)
    questions = await scope.tx.questions.newest(pending.request.id, limit=SHOWN_QUESTIONS)
    facts = replace(await _policy_facts(scope, pending, found), questions=await shown_questions(scope.tx, questions))
    return approval_card(pending, standing=standing, deciders=deciders, by_finance=found.by_finance, facts=facts)


async def _policy_facts(scope: TeamScope, pending: PendingRequest, found: ApprovalRoute) -> CardFacts:
    """Returns what deciders should know of the policy, of earlier requests, and of who approved already."""
    tx, directory, request = scope.tx, scope.directory, pending.request
    own = directory.records_of(request.person_id)
    earlier = await tx.budget_requests.of_period(request.period, team_id=request.team_id, person_ids=own)
    before = asked_before(request, earlier, directory=directory)
    moved = passed_over_words(request, directory)
    given = tally(found, await tx.votes.of(request), directory).given if found.needed > 1 else ()
    people = await tx.people.by_ids({p for v in given for p in (v.person_id, v.for_person_id) if p is not None})
    votes = [
        called(people[v.person_id]) + (f" for {called(people[v.for_person_id])}" if v.for_person_id else "")
        for v in given
    ]
    return CardFacts(
        asked_before=" ".join(filter(None, (moved, asked_before_words(before, asker=pending.asker_mention)))),
        policy=policy_note(request),
        needed=found.needed,
        votes=votes,
    )


async def _receipt(scope: Scope, pending: PendingRequest, found: ApprovalRoute, *, carried: bool = False) -> Message:
    deciders = await decider_mentions(scope.tx, found)
    return receipt_message(
        pending=pending, deciders=deciders, by_finance=found.by_finance, carried=carried, needed=found.needed
    )


async def decider_mentions(tx: Transaction, found: ApprovalRoute) -> Sequence[str]:
    """Returns the mentions of the deciders, always in the same order, with a note if no message reaches them, if they
    decide for somebody else, or if others are away."""
    people = await tx.people.by_ids(found.deciders.union(found.stands_in.values(), found.away))
    mentions = {person_id: called(person) for person_id, person in people.items()}
    shown = [mentions[person_id] + _note(person_id, found, mentions) for person_id in sorted(found.deciders)]
    absent = {mentions[person_id]: until for person_id, until in sorted(found.away.items())}
    if shown and not found.away.keys() <= found.deciders:
        shown[-1] += absence_words(absent)
    return shown


def _note(person_id: int, found: ApprovalRoute, mentions: Mapping[int, str]) -> str:
    if person_id in found.stands_in:
        return f" (for {mentions[found.stands_in[person_id]]})"
    if person_id in found.away:
        return away_words(found.away[person_id])
    if person_id in found.escalated:
        return " (nobody decided in time)"
    return " (not reached in Slack)" if found.is_unreached else ""


async def passed_by(tx: Transaction, request: BudgetRequest, found: ApprovalRoute) -> frozenset[int]:
    """Returns the people who have a card of their own, and are asked to decide no more."""
    return await tx.outbox.copied_to(card_key(request.id)) - found.deciders


async def passed_on_card(tx: Transaction, pending: PendingRequest, found: ApprovalRoute) -> Message:
    """Returns what is left of the card of somebody who is asked to decide no more."""
    return passed_card(pending, who=await decider_words(tx, found))


async def decider_words(tx: Transaction, found: ApprovalRoute) -> str:
    """Returns who decides, as the card and the receipt say it."""
    return who_decides(await decider_mentions(tx, found), by_finance=found.by_finance, needed=found.needed)


def directly_asked(directory: Directory, found: ApprovalRoute) -> frozenset[int]:
    """Returns the deciders who get a card of their own: all whom a message reaches."""
    return directory.reachable(found.deciders)
