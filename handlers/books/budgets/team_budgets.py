"""A team's budget with its teams, for those who may see it."""

from collections.abc import Sequence

from bot.books.allocations import may_allocate
from bot.books.budgets import Standing
from bot.books.grants import may_end_grant, order_of_use, payer_of
from bot.messages import Message
from bot.views.books import team_budgets as views
from bot.views.books.grants import GrantLine, grant_words
from handlers.books.budgets.allocations import allocator_of, with_spend
from handlers.books.granting.grants import grants_in_use
from handlers.books.standings import standing_of
from handlers.scope import TeamScope
from handlers.slack.callers import called


async def team_budget(scope: TeamScope, *, person_id: int) -> Message:
    """Returns a team's budget, as a person may see it."""
    tx, directory, team = scope.tx, scope.directory, scope.team
    allocator = await with_spend(scope, await allocator_of(scope), person_id=person_id)
    standing = await standing_of(scope)
    setter = None if team.set_budget is None or team.set_budget.set_by is None else team.set_budget.set_by
    return views.team_budget_message(
        allocator,
        set_by="" if setter is None else called(await tx.people.by_id(setter)),
        grants=await grant_lines(scope, standing, person_id=person_id),
        has_no_price=standing.has_no_price,
        may_hand_out=may_allocate(directory, person_id, team),
    )


async def grant_lines(scope: TeamScope, standing: Standing, *, person_id: int | None = None) -> Sequence[GrantLine]:
    """Returns each active grant of a team, the one that ends first at the top, as a person sees it, or as everybody does."""
    directory, team = scope.directory, scope.team
    (uses,) = (await grants_in_use(scope, [team])).values()
    lines = []
    for use in sorted(uses, key=lambda use: order_of_use(use.grant)):
        payer = payer_of(directory, use.grant)
        words = grant_words(use.grant, used_nanos=use.used_nanos, zone=standing.zone, today=standing.today)
        may_end = person_id is not None and may_end_grant(directory, person_id, team, payer)
        lines.append(GrantLine(grant=use.grant, words=words, payer=payer, may_end=may_end))
    return lines
