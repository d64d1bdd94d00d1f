"""`/tokens top`: the largest tools, models or workflows of a team, shown privately; never people."""

from bot.reporting.top import SPAN_KINDS, TopQuery, TopReport, parse_top_query
from bot.text import first_word
from bot.views.books import standings as standing_views
from bot.views.reporting.top import top_message
from handlers.books.standings import team_here
from handlers.reporting.figures import span_at, spend_and_parts_of, spenders_of, tool_mix_of
from handlers.scope import TeamScope
from handlers.slack.answers import SlackRequest


async def top_of(scope: TeamScope, query: TopQuery) -> TopReport:
    """Returns a team's largest parts at a moment; for the organisation, the whole company's."""
    spenders = spenders_of(scope.directory, scope.team)
    span = span_at(scope, scope.team, SPAN_KINDS[query.span])
    spend, shares = await spend_and_parts_of(scope, spenders, span, query.part)
    mix = await tool_mix_of(scope, spenders, span) if query.part == "tool" else None
    return TopReport(team=scope.team, query=query, spend=spend, shares=shares, mix=mix)


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
