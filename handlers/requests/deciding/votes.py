"""Votes on requests that need several approvals: a click is a vote, and the last one that is needed decides."""

from bot.refusals import Refusal
from bot.requests.budget_requests import BudgetRequest
from bot.requests.policy_words import missing_words
from bot.requests.votes import Tally, Vote, tally
from handlers.requests.cards import update_messages
from handlers.requests.deciding.deciders import Permission, route_of
from handlers.scope import Scope, TeamScope


async def tally_of(scope: Scope, request: BudgetRequest) -> Tally:
    """Returns the votes on a pending request, and who is missing."""
    route = route_of(scope, request)
    return tally(route, await scope.tx.votes.of(request), scope.directory)


async def count_vote(scope: TeamScope, request: BudgetRequest, permission: Permission, *, by: int) -> bool:
    """Counts a person's approval, and returns whether it decides the request; else the card shows who is missing.

    Raises Refusal if the person has voted, or if their vote would fill no place.
    """
    tx, directory, at, route = scope.tx, scope.directory, scope.at, permission.route
    votes = await tx.votes.of(request)
    before = tally(route, votes, directory)
    if any(vote.person_id in directory.records_of(by) for vote in votes):
        raise Refusal(f"You approved this already. It still needs {missing_words(before.missing)}.")
    vote = Vote(person_id=by, for_person_id=permission.decided_for, at=at)
    after = tally(route, [*votes, vote], directory)
    if len(after.given) == len(before.given):
        raise Refusal(f"This request has that approval already. It still needs {missing_words(before.missing)}.")
    await tx.votes.add(request, vote)
    if after.is_decided:
        return True
    detail = {"team": request.team_id, "revision": request.revision, "for": vote.for_person_id}
    detail["approvals"], detail["needed"] = len(after.given), route.needed
    await tx.audit.record(at=at, actor_id=by, action="vote request", subject=request.document, detail=detail)
    await update_messages(scope, request, route)
    return False
