"""The Monday digest: built for each team at its hour, once per team and week."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import structlog
import typer

from bot.charts.render import render
from bot.charts.values import decode
from bot.messages import Message
from bot.org.teams import Team
from bot.periods import day_start, hour_of, micros, monday_of, week_name, week_of
from bot.refusals import ConfigError
from bot.reporting.causes.weeks import WeekUse
from bot.reporting.digests import Digest, WaitingAsk, drivers_of, due_week
from bot.reporting.figures import BasisUse, SpendPart, shares_of, spend_of_shares
from bot.reporting.mix import mix_of
from bot.reporting.spans import week_span
from bot.views.reporting.digests import digest_message
from bot.views.requests.waiting.decision_times import times_words
from handlers.alerting.expected_spend import announced_in
from handlers.books.standings import standing_of
from handlers.cli import opened, out, run
from handlers.context import Context
from handlers.detection.data_gaps import gaps_of
from handlers.reporting.causes import change_of, is_personal, week_uses_of
from handlers.reporting.company_digests import node_digest_of, post_node_digest
from handlers.requests.waiting.decision_times import times_of
from handlers.scope import Scope, TeamScope
from handlers.slack.callers import called
from handlers.slack.posts import post_notice
from storage.faults import DatabaseError
from storage.store import Transaction

log = structlog.get_logger()

CHART_DAYS = 14
_PARTS: tuple[SpendPart, ...] = ("tool", "model", "workflow")


async def post_due_digests(context: Context) -> int:
    """Posts every digest that is due and was not posted yet. Returns the number.

    One that can't be built is logged, keeps no other from being posted, and is tried again by the next run.
    """
    now = context.now()
    put = 0
    async with context.store.read() as tx:
        teams = (await context.rulebooks.current(tx)).directory.open_teams
        weeks = [(team, due_week(now=now, zone_name=team.zone_on(micros(now)))) for team in teams]
        due = [(team, monday) for team, monday in weeks if monday is not None and await _is_missing(tx, team, monday)]
    if due:
        await context.store.fold_totals()
    for team, monday in due:
        try:
            async with context.store.begin() as tx:
                scope = await context.scope(tx, now=now)
                put += await _put(scope.of_team(team), monday)
        except (DatabaseError, OSError):
            raise
        except Exception as error:
            log.error("digest not built", key=_key(team, monday), error=repr(error), exc_info=error)
    if put:
        context.wake_outbox.set()
    return put


def _key(team: Team, monday: int) -> str:
    return f"digest:{team.id}:{week_name(monday)}"


async def _is_missing(tx: Transaction, team: Team, monday: int) -> bool:
    """Returns whether a digest is not posted yet and has content. It runs for every team all day, so it takes two queries."""
    if await tx.outbox.known(_key(team, monday)):
        return False
    return bool(await tx.reports.by_part("basis", team_ids=[team.id], first_day=monday - 7, end_day=monday + 7))


async def _put(scope: TeamScope, monday: int) -> int:
    tx, key = scope.tx, _key(scope.team, monday)
    if await tx.outbox.known(key):
        return 0
    message = await digest_of(scope, monday)
    if message is None:
        return 0
    return int(await post_notice(tx, scope.directory, scope.team, message, dedupe_key=key, at=scope.at))


async def digest_of(scope: TeamScope, monday: int) -> Message | None:
    """Returns the digest message of a team's week; None if the team used nothing in it or the week before."""
    digest = await build_digest(scope, monday)
    if digest.week.calls == 0 and digest.week.before_nanos == 0:
        return None
    return digest_message(digest, command=scope.command)


async def build_digest(scope: TeamScope, monday: int) -> Digest:
    """Returns the figures of a team's closed week, and why it changed."""
    tx, team = scope.tx, scope.team
    uses, first_day = await week_uses_of(scope, team, monday)
    tools, models, workflows = (shares_of(*_uses_of(uses, part)) for part in _PARTS)
    change = change_of(scope, uses, monday=monday, first_day=first_day)
    began = first_day if first_day is not None and first_day > monday - 7 else None
    by_tool = await tx.reports.by_tool_and_day(team.id, first_day=monday - 7, end_day=monday + 7)
    is_first = began is not None and began >= monday
    chart_days = tuple(range(monday if is_first else monday + 7 - CHART_DAYS, monday + 7))
    pending = await tx.budget_requests.pending([team.id])
    people = await tx.people.by_ids({request.person_id for request in pending})
    start, end = _start(team, monday), _start(team, monday + 7)
    return Digest(
        standing=await standing_of(scope),
        monday=monday,
        week=spend_of_shares(week_span(monday, zone=team.zone_on(scope.at)), tools, first_day=began),
        change=change,
        hides_key=await is_personal(scope, change),
        tools=tools,
        models=models,
        workflows=workflows,
        drivers=drivers_of({"tool": tools, "model": models, "workflow": workflows}),
        mix=mix_of(*_uses_of(uses, "tool"), kind_of=scope.rulebook.tools.kind_of),
        tool_days=tuple((s.name, tuple(by_tool.get((s.name, day), 0) for day in chart_days)) for s in tools),
        chart_days=chart_days,
        open_requests=len(pending),
        waiting=tuple(WaitingAsk(called(people[r.person_id]), r.amount_nanos, r.created_at) for r in pending),
        decision_times=await _decision_times(scope, team) if pending else "",
        announced=await announced_in(tx, team, from_at=start, until_at=end),
        gaps=tuple(await gaps_of(tx, team, from_hour=hour_of(start), this_hour=hour_of(end))),
        alerts=await tx.alerts.count_between(team.id, from_at=start, until_at=end),
    )


def _uses_of(uses: Sequence[WeekUse], part: SpendPart) -> tuple[list[BasisUse], list[BasisUse]]:
    """Returns the uses of the closed week and those of the week before, by one part and cost basis."""
    week, before = (
        [
            BasisUse(getattr(use, part), use.basis, use.calls, use.tokens, use.cost_nanos)
            for use in uses
            if use.week == at
        ]
        for at in (0, 1)
    )
    return week, before


async def _decision_times(scope: Scope, team: Team) -> str:
    """Returns how long decisions about a team's requests take. Which waits longest is the first of the listed ones."""
    together = (await times_of(scope, {team.id})).together
    return times_words(replace(together, oldest_at=None))


def _start(team: Team, day: int) -> int:
    """Returns the moment at which a team's day starts, in microseconds."""
    return micros(day_start(day, team.timezone))


async def post_digest(context: Context, team: Team, monday: int) -> bool:
    """Posts one team's digest of a week, unless it was posted before."""
    async with context.store.begin() as tx:
        put = await _put((await context.scope(tx)).of_team(team), monday)
    context.wake_outbox.set()
    return bool(put)


def digest_command(
    *,
    team: Annotated[str | None, typer.Option("--team", help="The team's slug.")] = None,
    week: Annotated[str | None, typer.Option("--week", help="Like 2026-W47; the last closed one if not given.")] = None,
    post: Annotated[bool, typer.Option("--post", help="Put it in the outbox for its channel or people.")] = False,
    directory: Annotated[Path | None, typer.Option("--out", help="Write the message and its charts there.")] = None,
    department: Annotated[str | None, typer.Option("--department", help="The slug of a team: with all below.")] = None,
    company: Annotated[bool, typer.Option("--company", help="The whole company.")] = False,
) -> None:
    """Builds one digest: the message as JSON and its charts as PNG."""

    async def work() -> None:
        if sum((team is not None, department is not None, company)) != 1:
            raise ConfigError("name one of --team SLUG, --department SLUG and --company")
        async with opened() as context:
            async with context.store.read() as tx:
                scope = await context.scope(tx)
                chosen = _named(scope, team, department)
                monday = _monday(week, chosen.day_of(scope.at))
                if team is not None:
                    message = await digest_of(scope.of_team(chosen), monday)
                else:
                    message = await node_digest_of(scope, chosen, monday)
            if message is None:
                out.print(f"{chosen.name} used nothing in {week_name(monday)} nor in the week before: no digest.")
                return
            if post:
                posts = post_digest if team is not None else post_node_digest
                put = await posts(context, chosen, monday)
                out.print("Put in the outbox." if put else "It was put before; nothing is posted twice.")
                return
            written = json.dumps(message.to_json(), indent=2)
            if directory is None:
                out.print(written, markup=False)
                return
            directory.mkdir(parents=True, exist_ok=True)
            (directory / "digest.json").write_text(written + "\n")
            for number, chart in enumerate(message.charts):
                (directory / f"chart-{number}.png").write_bytes(render(decode(chart)))
            out.print(f"{directory}: digest.json and {len(message.charts)} chart(s)", markup=False)

    run(work())


def _named(scope: Scope, team: str | None, department: str | None) -> Team:
    """Returns the team or department of a slug, or the organisation without one."""
    option, slug = ("--team", team) if team is not None else ("--department", department)
    if slug is None:
        return scope.directory.root
    found = scope.directory.by_slug(slug)
    if found is None:
        raise ConfigError(f"{option}: there is no team {slug!r}; `tokens teams list` shows them")
    if department is not None and not scope.directory.children(found):
        raise ConfigError(f"--department: {found.name} has no teams below; --team builds its digest")
    return found


def _monday(week: str | None, today: int) -> int:
    if week is None:
        return week_of(today)[0] - 7
    try:
        return monday_of(week)
    except ValueError as error:
        raise ConfigError("--week: write it like 2026-W47") from error
