"""Makes a team's statement of a period: the sealed one, or one of the entries so far."""

from bot.books.statements.coverage import Company, company_of, coverage_of
from bot.books.statements.figures import Seal, Statement, make_statement
from bot.books.statements.lines import statement_entries
from bot.books.statements.reading import read_statement
from bot.books.statements.sheets import csv_of, statement_rows
from bot.org.teams import ORGANISATION_SLUG, Directory, Team
from bot.periods import Period
from handlers.books.statements.periods import in_books
from handlers.scope import Scope, TeamScope
from storage.books.statements.sealed import teams_of


async def company_in(scope: Scope, period: Period) -> Company:
    """Returns what the error bars of all teams share in a period."""
    tx, directory, first, end = scope.tx, scope.directory, period.first_day, period.end_day
    all_teams = [one.id for one in directory.teams]
    seen = await tx.statement_coverage.seen(first_day=first, end_day=end)
    sums = await tx.reports.by_part("basis", team_ids=all_teams, first_day=first, end_day=end)
    nobody = await tx.reports.by_part("basis", team_ids=[directory.unattributed.id], first_day=first, end_day=end)
    return company_of(
        bills=await tx.statement_coverage.bills(first_day=first, end_day=end),
        seen=seen,
        usage=await tx.statement_coverage.usage(all_teams, first_day=first, end_day=end) if seen else (),
        usage_nanos=sum(total.cost_nanos for total in sums.values()),
        unattributed_nanos=sum(total.cost_nanos for total in nobody.values()),
    )


async def statement_of(scope: TeamScope, period: Period, *, state: Seal, company: Company) -> Statement:
    """Returns the statement of a team's entries so far. Only one that is open, or history, has usage without entries.

    The error bar of the organisation is that of the whole company.
    """
    tx, team, directory = scope.tx, scope.team, scope.directory
    posted = await tx.statements.entries(team.id, period.name)
    entries = statement_entries(posted, team_id=team.id, period=period)
    team_ids, days = spenders(directory, team), (period.first_day, period.end_day)
    used = await tx.charges.totals(team_ids, *days)
    usage: dict[int, int] = {}
    for (_, day), nanos in used.items():
        usage[day] = usage.get(day, 0) + nanos
    unposted: dict[int, int] = {}
    if state in ("preliminary", "earlier"):
        unposted = dict(usage)
        for one in entries:
            if one.line in ("charges", "corrections") and one.entry.usage_day is not None:
                day = one.entry.usage_day
                unposted[day] = unposted.get(day, 0) + one.effect_nanos
    tools = await tx.reports.by_part("tool", team_ids=team_ids, first_day=days[0], end_day=days[1])
    covered = [one.id for one in directory.teams] if team.kind == "organisation" else team_ids
    covered_usage = await tx.statement_coverage.usage(covered, first_day=days[0], end_day=days[1])
    return make_statement(
        team_id=team.id,
        slug=slug_of(team),
        name=team.name,
        cost_center=team.cost_center,
        currency=directory.organisation.currency,
        period=period,
        state=state,
        entries=entries,
        unposted={day: nanos for day, nanos in unposted.items() if nanos},
        tools={name: total.cost_nanos for name, total in tools.items()},
        coverage=coverage_of(covered_usage, company, billed_by=scope.rulebook.prices.book.billing_provider),
        made_at=scope.at,
    )


def spenders(directory: Directory, team: Team) -> list[int]:
    """Returns the teams whose charges a team's budget pays: its own, and for the organisation those of no team."""
    return [team.id, directory.unattributed.id] if team.kind == "organisation" else [team.id]


def slug_of(team: Team) -> str:
    """Returns a team's name in exports."""
    return ORGANISATION_SLUG if team.kind == "organisation" else team.slug


def slugs_of(statement: Statement, directory: Directory) -> dict[int, str]:
    """Returns the names in exports of the teams among a statement's entries, by id."""
    return {team_id: slug_of(directory.by_id(team_id)) for team_id in teams_of(one.entry for one in statement.entries)}


async def sealed_or_so_far(scope: TeamScope, period: Period) -> tuple[Statement, str]:
    """Returns a team's statement and its CSV: the sealed one as it was sealed, else one of the entries so far."""
    sealed = await scope.tx.statements.of(scope.team.id, period.name)
    if sealed is not None:
        return read_statement(sealed.sheet), sealed.sheet
    period, state = await in_books(scope.tx, period)
    statement = await statement_of(scope, period, state=state, company=await company_in(scope, period))
    return statement, csv_of(statement_rows(statement, slugs=slugs_of(statement, scope.directory)))
