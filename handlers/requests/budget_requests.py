"""Budget requests: created, changed and withdrawn by the asker, with the amount held meanwhile."""

from dataclasses import replace
from typing import Any

from bot.money import usd
from bot.refusals import FieldRefusal, Refusal
from bot.requests.budget_requests import Ask, BudgetRequest, asked_for, require_pending, with_withdrawal
from bot.requests.policies import rule_json, stored_policy
from bot.requests.revisions import Seen
from handlers.requests.askers import require_decider, require_govern_mode, require_may_ask, require_open
from handlers.requests.cards import post_messages, update_messages
from handlers.requests.endings import end_messages
from handlers.requests.revisions import require_same_revision
from handlers.requests.routes import find_route, hold_amount, lock_accounts, policy_in_force, release_hold
from handlers.scope import Scope, TeamScope
from handlers.slack.callers import called
from storage.store import Transaction


async def create_request(scope: TeamScope, ask: Ask, *, person_id: int, allows_auto: bool = False) -> BudgetRequest:
    """Stores a request, holds its amount if a budget above can pay, and posts the card for its deciders. Raises
    Refusal or FieldRefusal if it is not allowed.

    With `allows_auto` a line of the policy may approve it by itself: then nothing is posted here, as
    `approvals.ask_for_budget` decides it at once.
    """
    tx, directory, team, at = scope.tx, scope.directory, scope.team, scope.at
    require_govern_mode(team)
    require_open(directory, team)
    period = directory.period_at(team, at)
    # The locks come first, so that the second of two simultaneous forms sees the request of the first.
    await lock_accounts(scope, givers=[ask.giver_id])
    found = await find_route(scope, ask, person_id=person_id, allows_auto=allows_auto)
    waiting = await tx.budget_requests.pending_of(person_id=person_id, team_id=team.id)
    if waiting is not None:
        raise FieldRefusal(
            "amount",
            f"You already asked for {usd(waiting.amount_nanos)} for {team.name}. Change or withdraw that request first.",
        )
    require_decider(found, directory)
    request = await tx.budget_requests.add(
        BudgetRequest(
            id=0,
            team_id=team.id,
            person_id=person_id,
            **asked_for(ask),
            period=period.name,
            state="pending",
            payer_id=found.payer.id if found.payer else None,
            held_nanos=found.held_nanos,
            revision=1,
            created_at=at,
            decided_at=None,
            decided_by=None,
            decision_reason="",
            expires_at=scope.rulebook.attendance.expires_at(directory, team, at=at),
            policy=policy_in_force(scope, found),
        )
    )
    await hold_amount(tx, request, at)
    await audit_request(tx, "request", request, actor_id=person_id, at=at)
    if not found.is_auto:
        await post_messages(scope, request, found)
    return request


async def change_request(scope: Scope, seen: Seen, ask: Ask, *, by: int, channel: str = "") -> BudgetRequest:
    """Changes what a request asks for, and updates its hold, card and receipt. The same is asked as of a new request: the
    team's mode, the person's place in it or in its `channel`, and who can decide."""
    tx, directory, at = scope.tx, scope.directory, scope.at
    request = await pending_request(tx, seen.request_id)
    if by not in directory.records_of(request.person_id):
        raise Refusal("Only the person who asked can change a request.")
    team_scope = scope.of_team_id(request.team_id)
    await lock_accounts(team_scope, request.period, givers=[request.giver_id, ask.giver_id])
    await require_same_revision(scope, request, seen)
    require_govern_mode(team_scope.team)
    require_open(directory, team_scope.team)
    if request.origin == "gateway":  # the gateway answers for that person's limit, which has no end
        ask = replace(ask, cap_kind=request.cap_kind, cap_ref=request.cap_ref, end=request.ask.end, giver_id=None)
    require_may_ask(directory, team_scope.team, person_id=by, channel=channel)
    await release_hold(tx, request, by=by, at=at)
    is_escalated = request.escalated_at is not None
    found = await find_route(team_scope, ask, person_id=by, request_id=request.id, is_escalated=is_escalated)
    require_decider(found, directory)
    changed = replace(
        request,
        **asked_for(replace(ask, origin=request.origin, origin_ref=request.origin_ref)),
        period=directory.period_at(team_scope.team, at).name,
        payer_id=found.payer.id if found.payer else None,
        held_nanos=found.held_nanos,
        revision=request.revision + 1,
        expires_at=scope.rulebook.attendance.expires_at(directory, team_scope.team, at=at),
        policy=policy_in_force(team_scope, found),
    )
    await tx.budget_requests.save(changed)
    await hold_amount(tx, changed, at)
    await audit_request(tx, "change request", changed, actor_id=by, at=at)
    await update_messages(team_scope, changed, found)
    return changed


async def withdraw_request(scope: Scope, seen: Seen, *, by: int) -> BudgetRequest:
    """Withdraws a request, releases its hold and updates its card and receipt."""
    tx, at = scope.tx, scope.at
    request = await pending_request(tx, seen.request_id)
    await lock_accounts(scope.of_team_id(request.team_id), request.period, givers=[request.giver_id])
    if by == request.person_id:
        await require_same_revision(scope, request, seen)
    ended = with_withdrawal(request, by=by, at=at)
    await tx.budget_requests.save(ended)
    await release_hold(tx, request, by=by, at=at)
    await audit_request(tx, "withdraw request", ended, actor_id=by, at=at)
    await end_messages(scope.of_team_id(request.team_id), ended)
    return ended


async def pending_request(tx: Transaction, request_id: int, *, locked: bool = True) -> BudgetRequest:
    """Returns a pending request, locked unless it is only shown. Raises Refusal if there is none, or Ended."""
    requests = tx.budget_requests
    request = await (requests.for_decision(request_id) if locked else requests.by_id(request_id))
    if request is None:
        raise Refusal("There is no such request any more.")
    decider = ""
    if request.decided_by is not None:
        decider = called(await tx.people.by_id(request.decided_by))
    require_pending(request, decided_by_name=decider)
    return request


async def audit_request(
    tx: Transaction, action: str, request: BudgetRequest, *, actor_id: int | None, at: int, **facts: Any
) -> None:
    """Records what happened to a request, from which message it came, and under which line of the policy it stands."""
    stored = stored_policy(request.policy)
    detail = {
        "team": request.team_id,
        "amount_nanos": request.amount_nanos,
        "revision": request.revision,
        "reason": await tx.audit.hashed(request.reason),
        **({"for": request.decided_for} if request.decided_for is not None else {}),
        **({"origin": request.origin} if request.origin else {}),
        **({"origin_ref": request.origin_ref} if request.origin_ref else {}),
        **({"policy": stored.sentence, "rule": rule_json(stored.rule)} if stored else {}),
        **facts,
    }
    await tx.audit.record(at=at, actor_id=actor_id, action=action, subject=request.document, detail=detail)
