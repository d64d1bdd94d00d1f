"""Seals statements: every team's of every closed period that has none, each chained to the team's statement before."""

from dataclasses import replace

from bot.books.statements.coverage import Company
from bot.books.statements.figures import Statement
from bot.books.statements.sheets import FIRST, csv_of, sealed_rows, statement_rows
from bot.org.teams import Directory
from bot.periods import Period
from handlers.books.statements.making import company_in, slugs_of, statement_of
from handlers.books.statements.periods import closed_periods
from handlers.context import Context
from storage.store import Transaction


async def seal_statements(context: Context) -> int:
    """Seals what is due, oldest period first, and returns the number of new statements; a scheduled job.

    A statement is made outside of the write transaction: nothing is posted into a closed period any more.
    """
    sealed = 0
    async with context.store.read() as tx:
        scope = await context.scope(tx)
        closed = {period.name: period for period in await closed_periods(tx)}
        due = await tx.statements.due(closed.keys())
    company: dict[str, Company] = {}  # of one period at a time
    places = [(closed[name], team_id) for team_id, name in due]
    for period, team_id in sorted(places, key=lambda place: (place[0].first_day, place[1])):
        async with context.store.read() as tx:
            scope = await context.scope(tx)
            if period.name not in company:
                company = {period.name: await company_in(scope, period)}
            shared = company[period.name]
            made = await statement_of(scope.of_team_id(team_id), period, state="sealed", company=shared)
        async with context.store.begin() as tx:
            sealed += await _seal(tx, scope.directory, made, team_id=team_id, period=period)
    return sealed


async def _seal(tx: Transaction, directory: Directory, made: Statement, *, team_id: int, period: Period) -> int:
    """Chains a statement to the team's last one and stores it, unless another process has. The team is locked."""
    await tx.statements.lock(team_id)
    if await tx.statements.of(team_id, period.name) is not None:
        return 0
    last = await tx.statements.last(team_id)
    previous, number = (last.seal, last.number + 1) if last else (FIRST, 1)
    slugs = slugs_of(made, directory)
    rows = statement_rows(replace(made, previous=previous, number=number), slugs=slugs)
    linked, seal = sealed_rows(rows, previous=previous)
    await tx.statements.add(
        team_id=team_id,
        period=period.name,
        number=number,
        at=made.made_at,
        previous=previous,
        seal=seal,
        sheet=csv_of(linked),
        slugs={slug: one for one, slug in slugs.items()},
    )
    return 1
