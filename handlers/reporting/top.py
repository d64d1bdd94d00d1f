"""`/tokens top`: what costs most in this channel's team, or in one's own, privately; tools, models or workflows, never people."""

from bot.org.teams import Team
from bot.reporting.mix import ToolMix, ToolUse, mix_of
from bot.reporting.top import ComparedDays, TopQuery, TopReport, days_of, parse_top_query
from bot.rulebook import Rulebook
from bot.views.books import standings as standing_views
from bot.views.reporting.top import top_message
from handlers.books.standings import shares, team_here, team_ids_of
from handlers.slack.answers import SlackRequest
from storage.store import Transaction


async def top_of(tx: Transaction, rulebook: Rulebook, team: Team, asked: TopQuery, *, at: int) -> TopReport:
    """What costs most for a team at a moment; for the organisation, in the whole company."""
    days = days_of(asked.span, today=team.day_of(at))
    ids = team_ids_of(rulebook.directory, team)
    found = await shares(
        tx,
        asked.part,
        team_ids=ids,
        first_day=days.first_day,
        end_day=days.end_day,
        before_day=days.before_day,
        before_end=days.before_end,
    )
    mix = await mix_in(tx, rulebook, ids, days) if asked.part == "tool" else None
    return TopReport(team=team, asked=asked, shares=found, mix=mix)


async def mix_in(tx: Transaction, rulebook: Rulebook, team_ids: list[int], days: ComparedDays) -> ToolMix:
    """In-house beside third-party tools of some teams."""
    now = await tx.reports.by_tool_and_basis(team_ids, first_day=days.first_day, end_day=days.end_day)
    before = await tx.reports.by_tool_and_basis(team_ids, first_day=days.before_day, end_day=days.before_end)
    return mix_of(map(ToolUse._make, now), map(ToolUse._make, before), kind_of=rulebook.tools.kind_of)


async def show_top(asked: SlackRequest) -> None:
    """`/tokens top [tools|models|workflows] [7d|30d|mtd]`."""
    context = asked.context
    command = context.settings.command
    wanted = parse_top_query(asked.text.partition(" ")[2])
    async with context.store.read() as tx:
        rulebook = await context.rulebooks.current(tx)
        team, refusal = team_here(rulebook, asked)
        if team is None:
            message = refusal or standing_views.no_team_message(list(rulebook.directory.real_teams), command)
        else:
            top = await top_of(tx, rulebook, team, wanted, at=context.now_micros())
            message = top_message(top, command=command)
    await asked.reply(message)
