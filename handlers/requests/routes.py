"""The money of a request: its accounts, locked; who pays; and what is held meanwhile."""

from collections.abc import Iterable

from bot.books.ledger import Account, Bucket
from bot.money import usd
from bot.org.teams import Directory, Team
from bot.refusals import FieldRefusal
from bot.requests.approvals import ApprovalRoute, payer_of, route_request
from bot.requests.attendance.stand_ins import present_route
from bot.requests.budget_requests import Ask, BudgetRequest
from bot.requests.request_entries import hold_entry, release_entry
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


async def find_route(scope: TeamScope, ask: Ask, *, person_id: int, is_escalated: bool = False) -> ApprovalRoute:
    """Returns the route of a request by the balances of the teams that may pay, whose accounts `lock_accounts` has locked."""
    directory, team = scope.directory, scope.team
    payer: Team | None = None
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

    def route(there: Directory) -> ApprovalRoute:
        return route_request(
            there,
            team=team,
            asker_id=person_id,
            amount_nanos=ask.amount_nanos,
            payer=payer,
            rules=scope.rulebook.approvals,
            moves_budget=ask.moves_budget,
        )

    return present_route(
        directory,
        scope.rulebook.attendance,
        route,
        team=team,
        asker_id=person_id,
        at=scope.at,
        is_escalated=is_escalated,
    )


async def hold_amount(tx: Transaction, request: BudgetRequest, at: int) -> None:
    entry = hold_entry(request, at=at)
    await tx.ledger.post([entry] if entry else [], at=at)


async def release_hold(tx: Transaction, request: BudgetRequest, *, by: int | None, at: int) -> None:
    entry = release_entry(request, by=by, at=at)
    await tx.ledger.post([entry] if entry else [], at=at)
