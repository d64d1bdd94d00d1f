"""The money of a request: its accounts, locked; who pays; and what is held meanwhile."""

from collections.abc import Iterable
from dataclasses import replace

from bot.books.ledger import Account, Bucket
from bot.money import usd
from bot.org.teams import Directory, Team
from bot.refusals import FieldRefusal
from bot.requests.approvals import ApprovalRoute, payer_of, route_request
from bot.requests.asked_before import earlier_of, terms_of
from bot.requests.attendance.stand_ins import present_route
from bot.requests.budget_requests import Ask, BudgetRequest
from bot.requests.policies import ApprovalRule, RequestTerms, StoredPolicy, rule_for
from bot.requests.policy_words import rule_text
from bot.requests.request_entries import hold_entry, release_entry
from bot.requests.splits import Earlier
from handlers.books.balances import balances_of
from handlers.books.periods import require_open
from handlers.scope import TeamScope
from storage.store import Transaction

_BUCKETS: tuple[Bucket, ...] = ("available", "held")


async def lock_accounts(scope: TeamScope, *periods: str, givers: Iterable[int | None] = ()) -> None:
    """Locks every account that a request of a team may move money between, in the present and the given periods; those of
    the teams that are to give too.

    A transaction locks them once, in order, before its first entry: nobody else can promise the same money, and no two
    transactions wait for each other.
    """
    directory, team = scope.directory, scope.team
    present = directory.period_at(team, scope.at)
    await require_open(scope.tx, scope.rulebook, present, at=scope.at)
    chain = (team, *directory.ancestors(team))
    names = {present.name, *periods}
    places: list[tuple[int, Bucket]] = [(t.id, bucket) for t in chain for bucket in _BUCKETS]
    places += [(giver, bucket) for giver in givers if giver is not None for bucket in _BUCKETS]
    places.append((directory.root.id, "funding"))
    await scope.tx.ledger.lock(
        Account(team_id=team_id, period=name, bucket=bucket) for name in names for team_id, bucket in places
    )


async def find_route(
    scope: TeamScope,
    ask: Ask,
    *,
    person_id: int,
    request_id: int = 0,
    allows_auto: bool = False,
    is_escalated: bool = False,
) -> ApprovalRoute:
    """Returns the route of a request by the balances of the teams that may pay, whose accounts `lock_accounts` has locked,
    and by what else was asked in the period. `request_id` is that of a stored request.

    A line that approves by itself counts only with `allows_auto`.
    """
    directory, team = scope.directory, scope.team
    payer: Team | None = None
    passed_over: tuple[tuple[Team, int], ...] = ()
    if ask.giver_id is not None:
        giver = directory.by_id(ask.giver_id)
        balance = (await balances_of(scope, [giver], {giver.id: directory.period_at(giver, scope.at)}))[giver.id]
        if balance.available_nanos < ask.amount_nanos:
            left = usd(max(0, balance.available_nanos))
            raise FieldRefusal("amount", f"{giver.name} has {left} left, so it can't give {usd(ask.amount_nanos)}.")
        payer = giver
    elif ask.moves_budget:
        above = directory.ancestors(team)
        period = directory.period_at(team, scope.at)
        balances = await balances_of(scope, above, {t.id: period for t in above})
        payer = payer_of(directory, team=team, amount_nanos=ask.amount_nanos, balances=balances)
        lacking = above[: above.index(payer)] if payer is not None else above
        passed_over = tuple((t, max(0, balances[t.id].available_nanos)) for t in lacking)
    is_auto = allows_auto and ask.giver_id is None  # another team's managers agree, whatever the policy
    rules = [rule for rule in scope.rulebook.approvals if is_auto or rule.auto is None]
    earlier = await _earlier(scope, ask, person_id=person_id, request_id=request_id)

    def route(there: Directory) -> ApprovalRoute:
        return route_request(
            there,
            team=team,
            asker_id=person_id,
            amount_nanos=ask.amount_nanos,
            payer=payer,
            rules=rules,
            terms=_terms(scope, ask),
            earlier=earlier,
            moves_budget=ask.moves_budget,
        )

    found = present_route(
        directory,
        scope.rulebook.attendance,
        route,
        team=team,
        asker_id=person_id,
        at=scope.at,
        is_escalated=is_escalated,
    )
    return replace(found, passed_over=passed_over)


def _terms(scope: TeamScope, ask: Ask) -> RequestTerms:
    period = scope.directory.period_at(scope.team, scope.at)
    return terms_of(ask, period=period, zone=scope.team.zone_on(scope.at), at=scope.at, tools=scope.rulebook.tools)


async def _earlier(scope: TeamScope, ask: Ask, *, person_id: int, request_id: int) -> Earlier:
    directory, team = scope.directory, scope.team
    requests = await scope.tx.budget_requests.of_period(
        directory.period_at(team, scope.at).name, team_id=team.id, person_ids=directory.records_of(person_id)
    )
    return earlier_of(requests, directory=directory, team=team, person_id=person_id, ask=ask, but=request_id)


async def line_for(scope: TeamScope, request: BudgetRequest) -> ApprovalRule:
    """Returns the line of the present policy that decides a pending request, by what else was asked in the period."""
    return rule_for(
        [rule for rule in scope.rulebook.approvals if rule.auto is None],
        directory=scope.directory,
        team=scope.team,
        amount_nanos=request.amount_nanos,
        is_paid=request.payer_id is not None or not request.ask.moves_budget,
        terms=_terms(scope, request.ask),
        earlier=await _earlier(scope, request.ask, person_id=request.person_id, request_id=request.id),
    )


def policy_in_force(scope: TeamScope, found: ApprovalRoute) -> str:
    """Returns the line of the policy of a route, with all others in words, as it is stored with a request."""
    slugs = {team.id: team.slug for team in scope.directory.teams}
    stored = StoredPolicy(
        rule=found.rule,
        sentence=rule_text(found.rule, slugs),
        limit_nanos=found.rule.limit_nanos(scope.team),
        text=scope.rulebook.policy_text,
        passed_over=tuple((team.id, nanos) for team, nanos in found.passed_over),
    )
    return stored.json()


async def hold_amount(tx: Transaction, request: BudgetRequest, at: int) -> None:
    entry = hold_entry(request, at=at)
    await tx.ledger.post([entry] if entry else [], at=at)


async def release_hold(tx: Transaction, request: BudgetRequest, *, by: int | None, at: int) -> None:
    entry = release_entry(request, by=by, at=at)
    await tx.ledger.post([entry] if entry else [], at=at)
