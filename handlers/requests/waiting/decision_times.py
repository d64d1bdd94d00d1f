"""Decision times: how long people wait for decisions, in working time of those who decide; `tokens requests stats`."""

from collections.abc import Collection
from dataclasses import dataclass

import typer
from rich.table import Table

from bot.org.teams import Team
from bot.periods import DAY_MICROS, moment
from bot.requests.budget_requests import BudgetRequest
from bot.requests.waiting.decision_times import DECISION_DAYS, DecidedRequest, DecisionTimes, by_team, decision_times
from bot.views.requests.waiting.reminders import worked_words
from handlers.cli import cell, opened, out, run
from handlers.scope import Scope

commands = typer.Typer(help="Budget requests: how long decisions take.", no_args_is_help=True)


@dataclass(frozen=True, kw_only=True)
class TeamTimes:
    """The times of some teams together, and of each team that has enough decisions to be shown alone."""

    together: DecisionTimes
    teams: tuple[tuple[Team, DecisionTimes], ...]


async def times_of(scope: Scope, team_ids: Collection[int] | None = None) -> TeamTimes:
    """Returns the times of the last 30 days; of some teams, or of all."""
    tx, directory = scope.tx, scope.directory

    def counts(request: BudgetRequest) -> bool:
        return team_ids is None or request.team_id in team_ids

    ended = [r for r in await tx.decision_times.ended_since(scope.at - DECISION_DAYS * DAY_MICROS) if counts(r)]
    pending = [r for r in await tx.budget_requests.pending() if counts(r)]
    by_people = [_decided(scope, r) for r in ended if r.state != "expired" and r.decided_by is not None]

    def times(decided: list[DecidedRequest], team_id: int | None = None) -> DecisionTimes:
        own = [r for r in ended if team_id in (None, r.team_id)]
        return decision_times(
            decided,
            automatic=sum(r.state == "approved" and r.decided_by is None for r in own),
            expired=sum(r.state == "expired" for r in own),
            waiting_since=[r.created_at for r in pending if team_id in (None, r.team_id)],
        )

    alone = [(directory.by_id(team_id), times(own, team_id)) for team_id, own in by_team(by_people).items()]
    return TeamTimes(together=times(by_people), teams=tuple(sorted(alone, key=lambda one: one[0].name)))


def _decided(scope: Scope, request: BudgetRequest) -> DecidedRequest:
    assert request.decided_by is not None
    assert request.decided_at is not None
    team = scope.directory.by_id(request.team_id)
    time = scope.rulebook.attendance.work_time(scope.directory, request.decided_by, team=team, at=request.decided_at)
    return DecidedRequest(team_id=request.team_id, worked_micros=time.between(request.created_at, request.decided_at))


@commands.callback()
def _group() -> None:
    """Budget requests: how long decisions take."""


@commands.command("stats")
def stats_command() -> None:
    """How long decisions took in the last 30 days, in working time of those who decided: all, and by team."""

    async def work() -> None:
        async with opened() as context, context.store.read() as tx:
            found = await times_of(await context.scope(tx, now=context.now()))
        table = Table(
            "team", "decisions", "median", "within 15 min", "by policy", "expired", "waiting", "oldest", box=None
        )
        for label, times in (("all", found.together), *((team.slug, times) for team, times in found.teams)):
            median = "" if times.median_micros is None else worked_words(times.median_micros)
            quick = "" if times.quick_share is None else f"{times.quick_share:.0%}"
            oldest = "" if times.oldest_at is None else f"{moment(times.oldest_at):%Y-%m-%d %H:%M}Z"
            counts = (times.automatic, times.expired, times.waiting)
            row = (label, str(times.decided), median, quick, *map(str, counts), oldest)
            table.add_row(*map(cell, row))
        out.print(table)

    run(work())
