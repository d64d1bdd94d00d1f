"""What a team spent in the asked days, on the asked part, or with its keys."""

from bot.books.ledger import Balance
from bot.messages import Message
from bot.org.teams import Team
from bot.periods import Period
from bot.refusals import Refusal
from bot.reporting.asking.asked_days import AskedDays, Days, days_asked
from bot.reporting.asking.asked_names import PART_KINDS
from bot.reporting.asking.asked_teams import may_see_keys
from bot.reporting.asking.spends import PartSpend, SpendAnswer, TeamPart
from bot.reporting.questions import Question
from bot.reporting.spans import Span
from bot.reporting.top import TopPart, TopReport
from bot.views.blocks import name
from bot.views.reporting.asking import spends as views
from bot.views.reporting.top import top_message
from handlers.books.balances import balances_of
from handlers.reporting.asking.needs import unassigned_keys
from handlers.reporting.figures import parts_of, span_at, spend_and_parts_of, spend_of, spenders_of, tool_mix_of
from handlers.scope import TeamScope
from handlers.slack.answers import SlackRequest


def days_of(scope: TeamScope, question: Question) -> AskedDays:
    """Returns the asked days of a team; without any, its last 7 full days. Raises Refusal for days that can't be."""
    team, calendar = scope.team, scope.directory.organisation.calendar
    days = Days(
        today=team.day_of(scope.at),
        period=scope.directory.period_at(team, scope.at),
        calendar=calendar,
        zone=team.zone_on(scope.at),
    )
    return days.span("7d") if question.span is None else days_asked(question.span, days)


def spending_teams(scope: TeamScope, person_id: int) -> tuple[Team, ...]:
    """Returns the teams whose spend is a team's: with all below it, if the person may see them; for the company, all."""
    team, directory = scope.team, scope.directory
    if team.kind == "team" and directory.may_see_below(person_id, team):
        return directory.subtree(team)
    return spenders_of(directory, team)


async def answer(scope: TeamScope, asked: SlackRequest, question: Question) -> Message:
    """Returns what a team spent in the asked days, with its budget if they are a budget period; or on a part of it."""
    days = days_of(scope, question)
    teams = spending_teams(scope, asked.person.id)
    if question.parts:
        return await _part_answer(scope, question, days, teams)
    spend, tools = await spend_and_parts_of(scope, teams, days.span, "tool")
    return views.spend_message(
        SpendAnswer(
            team=scope.team,
            spend=spend,
            tools=tools,
            models=await parts_of(scope, teams, days.span, "model"),
            workflows=await parts_of(scope, teams, days.span, "workflow"),
            by_team=await _by_team(scope, teams, days.span) if len(teams) > 1 else (),
            teams_below=_below(scope, teams),
            balance=await _balance(scope, days.period),
            period=days.period,
        )
    )


async def _by_team(scope: TeamScope, teams: tuple[Team, ...], span: Span) -> tuple[TeamPart, ...]:
    """Returns what each team spent, each over its own days, the dearest first. They add up to the whole."""
    own = {team: span if span.is_fixed else span_at(scope, team, span.kind) for team in teams}
    first, end = min(one.before_day for one in own.values()), max(one.end_day for one in own.values())
    found = await scope.tx.reports.by_day([team.id for team in teams], first_day=first, end_day=end)
    days: dict[int, dict[int, int]] = {}
    for (team_id, day), nanos in found.items():
        days.setdefault(team_id, {})[day] = nanos
    parts = []
    for team, one in own.items():
        spent = days.get(team.id, {})
        now = sum(nanos for day, nanos in spent.items() if one.first_day <= day < one.end_day)
        before = sum(nanos for day, nanos in spent.items() if one.before_day <= day < one.before_end)
        if now or before:
            parts.append(TeamPart(team=team, cost_nanos=now, before_nanos=before))
    return tuple(sorted(parts, key=lambda part: (-part.cost_nanos, part.team.name)))


def _below(scope: TeamScope, teams: tuple[Team, ...]) -> int:
    """Returns how many teams below a team its figures include; the company's name says it all."""
    return len(teams) - 1 if scope.team.kind == "team" else 0


async def _balance(scope: TeamScope, period: Period | None) -> Balance | None:
    """Returns a team's budget of a period, as it was; None where none is shown."""
    team = scope.team
    if period is None or team.kind != "team" or team.mode == "announce":
        return None
    balance = (await balances_of(scope, [team], {team.id: period}))[team.id]
    return balance if balance.allocated_nanos > 0 else None


async def _part_answer(scope: TeamScope, question: Question, days: AskedDays, teams: tuple[Team, ...]) -> Message:
    """Returns what was spent on the parts that a word names; a word may name a tool and some models."""
    spend = await spend_of(scope, teams, days.span)
    found = []
    for kind in PART_KINDS:
        wanted = {part.name for part in question.parts if part.kind == kind}
        if wanted:
            shares = await parts_of(scope, teams, days.span, kind)
            found.append(PartSpend(kind=kind, shares=tuple(share for share in shares if share.name in wanted)))
    return views.part_message(
        scope.team, typed=question.part_text, spend=spend, parts=found, teams_below=_below(scope, teams)
    )


async def answer_top(scope: TeamScope, asked: SlackRequest, question: Question) -> Message:
    """Returns the largest tools, models or workflows of the asked days."""
    part: TopPart = "tool"
    if question.listed is not None and question.listed != "credential":
        part = question.listed
    teams, span = spending_teams(scope, asked.person.id), days_of(scope, question).span
    spend, shares = await spend_and_parts_of(scope, teams, span, part)
    mix = await tool_mix_of(scope, teams, span) if part == "tool" else None
    top = TopReport(team=scope.team, part=part, spend=spend, shares=shares, mix=mix, teams_below=_below(scope, teams))
    return top_message(top, command=scope.command)


async def answer_keys(scope: TeamScope, asked: SlackRequest, question: Question) -> Message:
    """Returns what each key of a team spent, for those who manage it; of the company, also unassigned keys."""
    directory, person_id, team = scope.directory, asked.person.id, scope.team
    if not may_see_keys(directory, person_id, team):
        raise Refusal(
            f"Only managers of {name(team.name)}, finance and admins see what its keys spent. "
            f"`{scope.command} top models` shows its models."
        )
    teams, span = spending_teams(scope, person_id), days_of(scope, question).span
    spend, shares = await spend_and_parts_of(scope, teams, span, "credential")
    may_claim = person_id in directory.admins
    unassigned = await unassigned_keys(scope) if may_claim or team.kind == "organisation" else []
    return views.keys_message(
        team, spend=spend, shares=shares, teams_below=_below(scope, teams), unassigned=unassigned, may_claim=may_claim
    )
