"""`/tokens top`: the largest tools, models or workflows of a team, shown privately; never people."""

from bot.reporting.mix import ToolMix, ToolUse, mix_of
from bot.reporting.top import ComparedDays, TopQuery, TopReport, days_of, parse_top_query
from bot.rulebook import Rulebook
from bot.text import first_word
from bot.views.books import standings as standing_views
from bot.views.reporting.top import top_message
from handlers.books.standings import shares, team_here, team_ids_of
from handlers.scope import TeamScope
from handlers.slack.answers import SlackRequest
from storage.store import Transaction


async def top_of(scope: TeamScope, query: TopQuery) -> TopReport:
    """Returns a team's largest parts at a moment; for the organisation, the whole company's."""
    tx, team = scope.tx, scope.team
    days = days_of(query.span, today=team.day_of(scope.at))
    ids = team_ids_of(scope.directory, team)
    parts = await shares(
        tx,
        query.part,
        team_ids=ids,
        first_day=days.first_day,
        end_day=days.end_day,
        before_day=days.before_day,
        before_end=days.before_end,
    )
    mix = await mix_in(tx, scope.rulebook, ids, days) if query.part == "tool" else None
    return TopReport(team=team, query=query, shares=parts, mix=mix)


async def mix_in(tx: Transaction, rulebook: Rulebook, team_ids: list[int], days: ComparedDays) -> ToolMix:
    """Returns in-house and third-party tools of some teams."""
    now = await tx.reports.by_tool_and_basis(team_ids, first_day=days.first_day, end_day=days.end_day)
    before = await tx.reports.by_tool_and_basis(team_ids, first_day=days.before_day, end_day=days.before_end)
    return mix_of(map(ToolUse._make, now), map(ToolUse._make, before), kind_of=rulebook.tools.kind_of)


async def show_top(request: SlackRequest) -> None:
    """Answers `/tokens top [tools|models|workflows] [7d|30d|mtd]`."""
    query = parse_top_query(first_word(request.text)[1])
    async with request.context.store.read() as tx:
        scope = await request.scope(tx)
        team, refusal = team_here(scope.rulebook, request)
        if team is None:
            message = refusal or standing_views.no_team_message(list(scope.directory.real_teams), scope.command)
        else:
            top = await top_of(scope.of_team(team), query)
            message = top_message(top, command=scope.command)
    await request.reply(message)
