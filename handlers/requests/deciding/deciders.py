"""The people who decide a budget request: a check before a decision, and the list on their Home."""

from dataclasses import dataclass, replace

from bot.money import usd
from bot.org.teams import Directory
from bot.refusals import FieldRefusal, Refusal
from bot.reporting.reports import PendingRequest
from bot.requests.approvals import ApprovalRoute, may_overrule, route_by
from bot.requests.attendance.stand_ins import presence, present_route
from bot.requests.budget_requests import BudgetRequest
from bot.requests.policies import FINANCE_RULE, rule_for, stored_policy
from bot.rulebook import Rulebook
from bot.views.blocks import name
from handlers.requests.cards import shown
from handlers.scope import Scope, TeamScope
from handlers.slack.callers import called


@dataclass(frozen=True, kw_only=True)
class Permission:
    """The route by which a person decides a request, and whom they decide for as a delegate."""

    route: ApprovalRoute
    decided_for: int | None = None


async def require_decision_permission(
    scope: Scope, request: BudgetRequest, *, by: int, approve: bool = True
) -> Permission:
    """Returns the permission by which a person decides a request. Raises Refusal, with the names of the deciders, unless
    they may.

    Finance denies any request, and approves what one manager would. Nobody decides their own, whatever account they use.
    """
    directory = scope.directory
    found = route_of(scope, request)
    who = await _names(scope, found)
    if by in directory.records_of(request.person_id):
        raise Refusal(f"Nobody approves their own request. {who} can decide this one.")
    with_caller = replace(directory, unreachable=directory.unreachable - {by})  # who clicks is there
    named = named_route(with_caller, scope.rulebook, request)
    there = presence(directory, scope.rulebook.attendance, asker_id=request.person_id, at=scope.at)
    represented = next((person for person, delegate in sorted(there.stands_in.items()) if delegate == by), None)
    if by in named.deciders:
        return Permission(route=found if by in found.deciders else named)
    if by in found.deciders:
        return Permission(route=found, decided_for=found.stands_in.get(by) or represented)
    if not approve or may_overrule(found):
        if by in directory.finance:
            return Permission(route=found)
        if by in there.directory.finance:
            return Permission(route=found, decided_for=represented)
    raise Refusal(f"You can't decide this request. {who} can.")


async def require_amount_permission(scope: TeamScope, decided: BudgetRequest, found: ApprovalRoute, *, by: int) -> None:
    """Raises FieldRefusal unless a person may approve another amount or end than the asker's, by its own route."""
    if found.needed > 1:
        asker = called(await scope.tx.people.by_id(decided.person_id))
        raise FieldRefusal(
            "amount",
            f"{found.needed} people approve this amount together, so ask {asker} to change the request to it.",
        )
    there = presence(scope.directory, scope.rulebook.attendance, asker_id=decided.person_id, at=scope.at)
    finance = scope.directory.finance | there.directory.finance
    if by in found.deciders or (by in finance and may_overrule(found)):
        return
    who = await _names(scope, found)
    amount = f"{usd(decided.given_nanos)} for {name(scope.team.name)}"
    raise FieldRefusal("amount", f"You can't approve {amount}. {who} can.")


async def _names(scope: Scope, found: ApprovalRoute) -> str:
    names = [called(p) for p in (await scope.tx.people.by_ids(found.deciders)).values()]
    return ", ".join(names) or "finance"


async def pending_for(scope: Scope, person_id: int) -> list[PendingRequest]:
    """Returns the requests that wait for a person's decision. Finance may decide others too, but those wait for managers."""
    pending = await scope.tx.budget_requests.pending()
    return [
        await shown(scope.tx, scope.directory, request)
        for request in pending
        if person_id in route_of(scope, request).deciders
    ]


def route_of(scope: Scope, request: BudgetRequest) -> ApprovalRoute:
    """Returns the route of a stored request, by the roles, the policy and the absences now."""
    return present_route(
        scope.directory,
        scope.rulebook.attendance,
        lambda there: named_route(there, scope.rulebook, request),
        team=scope.directory.by_id(request.team_id),
        asker_id=request.person_id,
        at=scope.at,
        is_escalated=request.escalated_at is not None,
    )


def named_route(directory: Directory, rulebook: Rulebook, request: BudgetRequest) -> ApprovalRoute:
    """Returns the route of a stored request as if nobody was away: by the line of the policy that stands with it, and the
    roles of a directory.

    Where the policy has no such line any more, `policy_changes` finds another one before anybody decides.
    """
    team = directory.by_id(request.team_id)
    payer = None if request.payer_id is None else directory.by_id(request.payer_id)
    lines = [rule for rule in rulebook.approvals if rule.auto is None]
    stored, moves_budget = stored_policy(request.policy), request.ask.moves_budget
    if stored is not None and stored.rule in (*lines, FINANCE_RULE):
        rule = stored.rule
    else:
        is_paid = payer is not None or not moves_budget
        rule = rule_for(lines, directory=directory, team=team, amount_nanos=request.amount_nanos, is_paid=is_paid)
    return route_by(
        rule,
        directory=directory,
        team=team,
        asker_id=request.person_id,
        amount_nanos=request.amount_nanos,
        payer=payer,
        moves_budget=moves_budget,
    )
