"""Allocations: a manager hands out a team's budget, in one transaction with its entries, records and messages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from bot.books.allocations import (
    Allocator,
    Spend,
    TeamShare,
    check_allocation,
    may_allocate,
    open_children,
    parse_typed,
)
from bot.books.grant_ends import EndChoice
from bot.books.ledger import Account
from bot.org.teams import Directory, Team
from bot.refusals import Refusal
from bot.views.blocks import name
from bot.views.books import allocations as views
from bot.views.books.allocations import Allocated
from handlers.books.balances import balances_of
from handlers.books.granting.grant_ends import end_for
from handlers.books.granting.grants import allocation_key, grant_budget
from handlers.books.periods import post_budgets, require_open
from handlers.books.standings import standings_of
from handlers.books.subtrees import subtree_figures_of
from handlers.context import Context
from handlers.scope import Scope, TeamScope
from handlers.slack.callers import called
from handlers.slack.posts import post_notice
from storage.faults import DatabaseError

log = structlog.get_logger()


class BudgetsChanged(Refusal):
    """The budgets are others than those that the person saw."""

    def __init__(self) -> None:
        super().__init__("The budgets have changed meanwhile, so nothing was saved. Look again, then save.")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a submitted form asks for: the typed budgets by team id, how long they last, and the mark of what was seen."""

    typed: Mapping[int, str]
    end: EndChoice
    seen: str


async def allocator_of(scope: TeamScope) -> Allocator:
    """Returns a team with its budget and the share of each team below, without what these spend."""
    directory, team = scope.directory, scope.team
    children = sorted(open_children(directory, team), key=lambda child: child.name.casefold())
    teams = [team, *children]
    balances = await balances_of(scope, teams, {t.id: directory.period_at(t, scope.at) for t in teams})
    organisation = directory.organisation
    return Allocator(
        team=team,
        period=directory.period_at(team, scope.at),
        balance=balances[team.id],
        shares=tuple(
            TeamShare(
                team=child,
                balance=balances[child.id],
                handed_base_nanos=sum(one.budget_nanos or 0 for one in directory.children(child)),
            )
            for child in children
        ),
        kind=organisation.period,
        base_nanos=team.budget_nanos if team.kind == "team" else organisation.funding_nanos,
    )


async def with_spend(scope: TeamScope, allocator: Allocator, *, person_id: int) -> Allocator:
    """Returns the same with what the team, and each team below it, spends with its own teams, as far as a person may see
    it."""
    directory = scope.directory
    listed = [allocator.team, *(share.team for share in allocator.shares if directory.may_see(person_id, share.team))]
    seen = [team for team in listed if directory.may_see_below(person_id, team)]
    below = {team.id: directory.subtree(team) if team in seen else (team,) for team in listed}
    needed = list(dict.fromkeys(team for teams in below.values() for team in teams))
    standings = {s.team.id: s for s in await standings_of(scope, needed)}
    balances = {team_id: standing.balance for team_id, standing in standings.items()}
    figures = await subtree_figures_of(scope, seen, known=balances)
    spends = {
        team_id: Spend(
            spent_nanos=figures[team_id].charged_nanos if team_id in figures else balances[team_id].charged_nanos,
            forecast_nanos=sum(standings[team.id].forecast.end_nanos for team in teams),
            has_no_price=any(standings[team.id].has_no_price for team in teams)
            and not any(standings[team.id].balance.charged_nanos for team in teams),
        )
        for team_id, teams in below.items()
    }
    return replace(
        allocator,
        spend=spends[allocator.team.id] if allocator.team in seen else None,
        shares=tuple(replace(share, spend=spends.get(share.team.id)) for share in allocator.shares),
    )


def require_may_allocate(directory: Directory, person_id: int, team: Team) -> None:
    """Raises Refusal, with who may, unless a person may hand out a team's budget."""
    if may_allocate(directory, person_id, team):
        return
    if team.kind == "organisation":
        raise Refusal(f"Finance hands out the budget of {name(team.name)}.")
    if team.has_ended:
        raise Refusal(f"{name(team.name)} is closed, so it hands out nothing.")
    if team.mode == "preview":
        raise Refusal(f"{name(team.name)} is in preview, so only finance hands out its budget.")
    raise Refusal(
        f"You can't hand out the budget of {name(team.name)}. Its managers can, those above them, and finance."
    )


async def allocate(
    scope: TeamScope, context: Context, wish: Wish, *, by: int, is_told: bool = True
) -> tuple[Allocator, list[Allocated]]:
    """Hands out a team's budget: all of it or nothing. Returns the team as it is then, and what changed. Without `is_told`
    another message says so.

    Raises BudgetsChanged if the budgets are others than those seen, FieldRefusals by team id, and FieldRefusal for the end. The
    configuration must be locked, and the caller judges the teams' alerts after the commit.
    """
    tx, directory, team, at = scope.tx, scope.directory, scope.team, scope.at
    require_may_allocate(directory, by, team)
    await _lock(scope)
    before = await allocator_of(scope)
    if before.seen != wish.seen:
        raise BudgetsChanged
    amounts = parse_typed(wish.typed, before)
    check_allocation(before, amounts, lasting=wish.end.kind)
    if not amounts:
        return before, []
    shares = {share.team.id: share for share in before.shares}
    grants = {}
    if wish.end.kind == "open":
        await tx.set_budgets.save(amounts, by=by, at=at)
        scope = replace(scope, rulebook=await context.rulebooks.read(tx))
        posted = {*amounts, *(() if before.has_limit else (team.id,))}
        await post_budgets(tx, scope.directory, posted, at=at, actor_id=by)
    else:
        payer = team if before.has_limit else None
        for team_id, nanos in sorted(amounts.items()):
            share = shares[team_id]
            more = nanos - (share.base_nanos or 0)
            if (end := end_for(scope, share.team, wish.end)) is not None:
                grants[team_id] = await grant_budget(scope, share.team, payer, more, end, by=by)
    after = await allocator_of(scope.of_team_id(team.id))
    changed = [
        Allocated(
            share=share,
            before_nanos=shares[share.team.id].base_nanos,
            after_nanos=amounts[share.team.id],
            grant=grants.get(share.team.id),
        )
        for share in after.shares
        if share.team.id in amounts
    ]
    await _record(scope, changed, by=by)
    if is_told:
        await _notify(scope, after, changed, by=by)
    return after, changed


async def _lock(scope: TeamScope) -> None:
    """Locks the accounts of the team and of all teams below it, so that nobody else promises the same money."""
    tx, directory, team, at = scope.tx, scope.directory, scope.team, scope.at
    teams = (team, *directory.children(team))
    for period in {directory.period_at(one, at) for one in teams}:
        await require_open(tx, scope.rulebook, period, at=at)
    periods = {directory.period_at(one, at).name for one in directory.teams}
    accounts = [Account(team_id=one.id, period=p, bucket="available") for one in teams for p in periods]
    if team.kind == "organisation":
        accounts += [Account(team_id=team.id, period=p, bucket="funding") for p in periods]
    await tx.ledger.lock(accounts)


async def _record(scope: Scope, changed: Sequence[Allocated], *, by: int) -> None:
    for change in changed:
        if change.grant is None:  # a grant has a record of its own
            detail = {"before_nanos": change.before_nanos, "after_nanos": change.after_nanos}
            subject = f"team:{change.share.team.id}"
            await scope.tx.audit.record(at=scope.at, actor_id=by, action="set budget", subject=subject, detail=detail)


async def _notify(scope: Scope, after: Allocator, changed: Sequence[Allocated], *, by: int) -> None:
    """Posts one message per changed team, for its channel and managers, and a receipt to the person."""
    tx, directory, at = scope.tx, scope.directory, scope.at
    managers = {c.share.team.id: directory.people_with("manager", c.share.team) - {by} for c in changed}
    people = await tx.people.by_ids({by, *(person for found in managers.values() for person in found)})
    for change in changed:
        team = change.share.team
        key = allocation_key(team.id, at)
        mentions = [called(people[person]) for person in sorted(managers[team.id])]
        block_key = key.replace(":", "-")
        message = views.allocated_message(
            change, after, by_mention=called(people[by]), managers=mentions, key=block_key
        )
        await post_notice(tx, directory, team, message, dedupe_key=key, at=at)
    if changed:
        receipt = views.allocation_receipt(changed, after, key=f"allocated-{after.team.id}")
        await tx.outbox.put(receipt, dedupe_key=f"allocated:{after.team.id}:{by}:{at}", at=at, to_person_id=by)


async def judge_changed(context: Context, teams: Iterable[Team], *, because: str) -> None:
    """Judges the budgets of teams after a change is committed, each in a transaction of its own. What is not judged now,
    the watcher judges later."""
    try:
        for team in teams:
            async with context.store.begin() as tx:
                await context.budget_changed((await context.scope(tx)).of_team_id(team.id), because)
    except DatabaseError as error:
        log.warning("budgets not judged", error=repr(error))
    context.wake_outbox.set()
