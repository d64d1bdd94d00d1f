"""The card of a request, its copies and the asker's receipt: who gets them, and their changes."""

from collections.abc import Sequence

from bot.messages import Message
from bot.org.teams import Directory, Team
from bot.reporting.reports import PendingRequest
from bot.requests.approvals import ApprovalRoute
from bot.requests.budget_requests import BudgetRequest
from bot.views.requests import budget_requests as views
from bot.views.requests.attendance.absences import away_words
from handlers.books.standings import standing_of
from handlers.scope import TeamScope
from handlers.slack.callers import called
from handlers.slack.posts import post_to_people, post_to_team
from storage.store import Transaction


async def post_messages(scope: TeamScope, request: BudgetRequest, found: ApprovalRoute) -> None:
    """Posts the card of a new request for its deciders, and the receipt for its asker."""
    tx, directory, team, at = scope.tx, scope.directory, scope.team, scope.at
    pending = await shown(tx, directory, request)
    card = await _card(scope, pending, found)
    key = card_key(request.id)
    await post_to_team(tx, directory, team, card, dedupe_key=key, at=at, route="approvals")
    await post_to_people(tx, directly_asked(directory, team, found), card, dedupe_key=key, at=at, about=team)
    deciders = await decider_mentions(tx, found)
    receipt = views.receipt_message(pending=pending, deciders=deciders, by_finance=found.by_finance)
    await tx.outbox.put(receipt, dedupe_key=receipt_key(request.id), at=at, to_person_id=request.person_id)


async def update_messages(
    scope: TeamScope, request: BudgetRequest, found: ApprovalRoute, *, carried: bool = False
) -> None:
    """Replaces the card and the receipt of a pending request by what it is now, and asks deciders who were not asked."""
    tx, at = scope.tx, scope.at
    pending = await shown(tx, scope.directory, request)
    card = await _card(scope, pending, found)
    await tx.outbox.change(card_key(request.id), card, at=at)
    asked = directly_asked(scope.directory, scope.team, found)
    await post_to_people(tx, asked, card, dedupe_key=card_key(request.id), at=at, about=scope.team)
    deciders = await decider_mentions(tx, found)
    receipt = views.receipt_message(pending=pending, deciders=deciders, by_finance=found.by_finance, carried=carried)
    await tx.outbox.change(receipt_key(request.id), receipt, at=at)


def card_key(request_id: int) -> str:
    return f"request:{request_id}"


def receipt_key(request_id: int) -> str:
    return f"receipt:{request_id}"


async def shown(tx: Transaction, directory: Directory, request: BudgetRequest) -> PendingRequest:
    asker = await tx.people.by_id(request.person_id)
    payer = directory.by_id(request.payer_id).name if request.payer_id is not None else ""
    team = directory.by_id(request.team_id)
    return PendingRequest(request=request, team=team, asker_mention=called(asker), payer_name=payer)


async def _card(scope: TeamScope, pending: PendingRequest, found: ApprovalRoute) -> Message:
    standing = await standing_of(scope)
    deciders = await decider_mentions(scope.tx, found)
    return views.approval_card(pending, standing=standing, deciders=deciders, by_finance=found.by_finance)


async def decider_mentions(tx: Transaction, found: ApprovalRoute) -> Sequence[str]:
    """Returns the mentions of the deciders, always in the same order, with a note if no message reaches them, or if they
    decide for somebody else."""
    people = await tx.people.by_ids(found.deciders | set(found.stands_in.values()))

    def note(person_id: int) -> str:
        if person_id in found.stands_in:
            return f" (for {called(people[found.stands_in[person_id]])})"
        if person_id in found.away:
            return away_words(found.away[person_id])
        return " (not reached in Slack)" if found.is_unreached else ""

    return [called(people[person_id]) + note(person_id) for person_id in sorted(found.deciders)]


def directly_asked(directory: Directory, team: Team, found: ApprovalRoute) -> frozenset[int]:
    """Returns the deciders who get a card of their own: they may not be in the team's channel, or it does not work."""
    place = team.destination("approvals")
    is_working = bool(place.ref) and place.state not in ("broken", "paused")
    if found.by_finance or directory.has_lost_managers(team) or not is_working:
        return directory.reachable(found.deciders)
    return frozenset()
