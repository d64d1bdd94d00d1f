"""The question for the value, and `tokens value`: what a team's spend brought, and what its tokens would have cost elsewhere."""

from dataclasses import dataclass
from typing import Annotated

import typer
from slack_bolt.async_app import AsyncApp

from bot.messages import Message
from bot.org.teams import Team
from bot.periods import DAY_MICROS
from bot.refusals import ConfigError, Refusal
from bot.reporting.questions import Question
from bot.reporting.spans import Span
from bot.reporting.subtree_reports import Window, windows_of
from bot.reporting.value.outcomes import Behind, Brought, Spent, ValueReport, value_report
from bot.reporting.value.value_spans import ValueSpan, asked_days, last_weeks
from bot.reporting.value.what_ifs import ModelUse, WhatIf
from bot.requests.worth import WorthCounts, worth_counts
from bot.views.blocks import name
from bot.views.reporting import what_ifs as what_if_views
from bot.views.reporting.outcomes import value_message, value_text
from handlers.cli import opened, out, run
from handlers.context import Context
from handlers.reporting.asking.spends import days_of
from handlers.reporting.what_ifs import WHAT_IF_DAYS, compared, models_for, uses_of
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest, answers

_COMPANY = frozenset({"company", "organisation", "organization", "org", "everything", "all"})


@dataclass(frozen=True, kw_only=True)
class ValueAnswer:
    """A report with what people said of grants, and with the cheaper models. `has_more` if the form has anything."""

    report: ValueReport
    worth: WorthCounts
    what_ifs: tuple[WhatIf, ...]
    has_more: bool


async def value_of(scope: Scope, team: Team, span: ValueSpan, *, is_subtree: bool, shows_preview: bool) -> ValueAnswer:
    """Returns what a team's spend brought over some days; of a node with all teams below it if `is_subtree`."""
    tx, directory = scope.tx, scope.directory
    first, end = span.before_day, span.end_day
    windows = [Window((team.id,), first, end)]
    if is_subtree:
        windows = windows_of(directory, [team], first, end, shows_preview=shows_preview)
    spent: list[Spent] = []
    brought: list[Brought] = []
    behind: set[Behind] = set()
    for window in windows:
        days = {"first_day": window.first_day, "end_day": window.end_day}
        spent += await tx.outcome_spend.by_span(window.team_ids, starts=span.starts, **days)
        for day in await tx.outcomes.by_day(window.team_ids, **days):
            start = span.start_of(day.local_day)
            brought.append(Brought(day.team_id, start, day.workflow, day.tool, day.kind, day.number))
        since = max(window.first_day, span.first_day)
        if since < window.end_day:
            behind |= await tx.outcome_spend.people_behind(window.team_ids, first_day=since, end_day=window.end_day)
    ids = sorted({team_id for window in windows for team_id in window.team_ids})
    asked = {"since": span.first_day * DAY_MICROS, "until": span.end_day * DAY_MICROS}
    uses = await _uses_now(scope, team, is_subtree=is_subtree, shows_preview=shows_preview)
    return ValueAnswer(
        report=value_report(
            team, span, spent=spent, brought=brought, behind=behind, teams=[directory.by_id(i) for i in ids]
        ),
        worth=worth_counts(await tx.worth.answered(ids, **asked)),
        what_ifs=await compared(scope, uses),
        has_more=bool(uses),
    )


async def _uses_now(scope: Scope, team: Team, *, is_subtree: bool, shows_preview: bool) -> list[ModelUse]:
    """Returns what a team used in the last four full weeks, whichever days are asked about: prices are those of today."""
    end = last_weeks(team.day_of(scope.at)).end_day
    windows = [Window((team.id,), end, end)]
    if is_subtree:
        windows = windows_of(scope.directory, [team], end, end + 1, shows_preview=shows_preview)
    return await uses_of(scope, windows, end_day=end)


async def answer(scope: TeamScope, asked: SlackRequest, question: Question) -> Message:
    """Returns the value of a team that the person may see, in the last weeks or in the asked days."""
    span = last_weeks(scope.team.day_of(scope.at))
    if question.span is not None:
        span = asked_days(days_of(scope, question).span)
    found = await value_for(scope, scope.team, span, viewer_id=asked.person.id)
    return value_message(found.report, worth=found.worth, what_ifs=found.what_ifs, has_more=found.has_more)


async def value_for(scope: Scope, team: Team, span: ValueSpan, *, viewer_id: int) -> ValueAnswer:
    """Returns the value for somebody who may see the team: with the teams below if they see all of them."""
    directory = scope.directory
    return await value_of(
        scope,
        team,
        span,
        is_subtree=has_subtree(scope, team, viewer_id),
        shows_preview=viewer_id in directory.finance,
    )


def has_subtree(scope: Scope, team: Team, viewer_id: int) -> bool:
    """Returns whether a person sees a team together with the teams below it."""
    directory = scope.directory
    is_node = team.kind == "organisation" or bool(directory.children(team))
    return is_node and directory.may_see(viewer_id, team) and directory.may_see_below(viewer_id, team)


def require_sight(asked: SlackRequest, scope: Scope, team: Team) -> None:
    """Raises Refusal unless the team is that of the channel, or one that the person may see."""
    in_its_channel = team.is_at(asked.channel_id) and team.mode != "preview"
    if not in_its_channel and not scope.directory.may_see(asked.person.id, team):
        raise Refusal(f"The figures of {name(team.name)} are for its members and managers.")


async def open_what_if(asked: SlackRequest) -> None:
    """Opens the form of the team whose id the button carries."""
    await asked.open_form(await _what_if_view(asked, asked.id, chosen=""))


async def choose_model(asked: SlackRequest) -> None:
    """Shows everything on the chosen model."""
    await asked.show_form(await _what_if_view(asked, asked.carried_id(), chosen=asked.value), if_unchanged=True)


async def _what_if_view(asked: SlackRequest, team_id: int, *, chosen: str) -> dict[str, object]:
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        team = next((t for t in scope.directory.teams if t.id == team_id), None)
        if team is None:
            raise Refusal("There is no such team any more.")
        require_sight(asked, scope, team)
        end = last_weeks(team.day_of(scope.at)).end_day
        uses = await _uses_now(
            scope,
            team,
            is_subtree=has_subtree(scope, team, asked.person.id),
            shows_preview=asked.person.id in scope.directory.finance,
        )
        models = await models_for(scope, uses)
        other = next((model for model in models if what_if_views.model_key(model) == chosen), None)
        listed = await compared(scope, uses, other=other)
    first_day = end - WHAT_IF_DAYS
    return what_if_views.what_if_view(team, listed, first_day=first_day, end_day=end, models=models, chosen=other)


def value_command(
    *,
    team: Annotated[str, typer.Option("--team", help="The team's slug; `organisation` is the company.")],
    period: Annotated[str | None, typer.Option("--period", help="A budget period, such as 2026-10.")] = None,
) -> None:
    """What a team's spend brought: cost per merged change, by week, workflow and tool."""

    async def work() -> None:
        async with opened() as context, context.store.read() as tx:
            scope = await context.scope(tx)
            found = scope.directory.root if team.casefold() in _COMPANY else scope.directory.by_slug(team)
            if found is None:
                raise ConfigError(f"--team: there is no team {team!r}; `tokens teams list` shows them")
            span = last_weeks(found.day_of(scope.at))
            if period is not None:
                calendar = scope.directory.organisation.calendar
                try:
                    named = calendar.named(period)
                except ValueError as error:
                    raise ConfigError(f"--period: {error}") from error
                before = calendar.before(named)
                span = asked_days(
                    Span(
                        kind="days",
                        first_day=named.first_day,
                        end_day=named.end_day,
                        before_day=before.first_day,
                        before_end=before.end_day,
                        zone=found.zone_on(scope.at),
                        name=named.name,
                        before_name=before.name,
                    )
                )
            is_subtree = found.kind == "organisation" or bool(scope.directory.children(found))
            value = await value_of(scope, found, span, is_subtree=is_subtree, shows_preview=True)
        out.print(value_text(value.report, worth=value.worth, what_ifs=value.what_ifs), markup=False, highlight=False)

    run(work())


def register(app: AsyncApp, context: Context) -> None:
    app.action(what_if_views.OPEN_WHAT_IF)(answers(context, open_what_if))
    app.action(what_if_views.CHOOSE_MODEL)(answers(context, choose_model))
