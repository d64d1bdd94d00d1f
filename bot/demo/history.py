"""The demo's past: its usage is booked, its digests are posted and its request is made before it opens."""

import json
from collections.abc import Sequence
from typing import Any

from bot.app import ProcessParts
from bot.books.commitments.holds import parse_hold
from bot.demo.company import DemoHold, DemoPerson, DemoRequest, DemoTransfer, demo_hold, demo_transfer
from bot.demo.own import own_teams_yml
from bot.demo.scenarios import DemoScenario
from bot.org.attribution import Source
from bot.org.teams_yml.teams_file import read_teams_file
from bot.periods import week_of
from bot.requests.budget_requests import Ask
from bot.sources import SOURCES
from handlers.books.commitments.holds import set_aside
from handlers.books.commitments.transfers import propose_transfer
from handlers.books.periods import keep_books
from handlers.books.standings import standings_of
from handlers.books.statements.sealing import seal_statements
from handlers.context import Context
from handlers.intake.usage import Intake
from handlers.org.teams import import_teams
from handlers.reporting.company_digests import post_week
from handlers.reporting.digests import post_digest
from handlers.requests.budget_requests import create_request
from handlers.schedule import look_up_slack
from handlers.scope import Scope

SOURCE = "gateway-eu"
_BATCH = 1_000


async def book_events(context: Context, intake: Intake, source: Source, events: Sequence[dict[str, Any]]) -> int:
    """Books native events in batches; returns the number of new ones."""
    accepted = 0
    for start in range(0, len(events), _BATCH):
        body = json.dumps(events[start : start + _BATCH]).encode()
        accepted += (await intake.book(SOURCES["cloudevents"](body, now=context.now()), source=source)).accepted
    return accepted


async def load_history(context: Context, parts: ProcessParts, scenario: DemoScenario) -> None:
    """Books the history, posts last week's digests, and creates the request that waits for a decision."""
    async with context.store.read() as tx:
        source = await tx.keys.source(SOURCE)
    assert source is not None
    await book_events(context, parts.intake, source, scenario.events)
    if scenario.is_own:
        await _budget_by_spend(context)
    else:
        await keep_books(context)
        await seal_statements(context)
    await look_up_slack(context)
    directory = (await context.rulebooks.latest()).directory
    for team in (team for team in directory.real_teams if team.channel_ref):
        monday, _ = week_of(team.day_of(context.now_micros()))
        await post_digest(context, team, monday - 7)
    monday, _ = week_of(directory.root.day_of(context.now_micros()))
    await post_week(context, monday - 7)
    if scenario.request is not None:
        await _create_request(context, scenario.request)
        await _set_aside(context, demo_hold())
        await _propose_transfer(context, demo_transfer())
    context.wake_outbox.set()
    context.wake_watcher.set()


async def _budget_by_spend(context: Context) -> None:
    """Gives each team of an imported usage file a budget that fits its spend so far."""
    async with context.store.read() as tx:
        scope = await context.scope(tx)
        standings = await standings_of(scope, scope.directory.real_teams)
    spent = {s.team.slug: s.balance.charged_nanos for s in standings}
    await import_teams(context, read_teams_file(own_teams_yml(list(spent), spent_nanos=spent)), dry_run=False)


async def _create_request(context: Context, request: DemoRequest) -> None:
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        person_id = await _person_id(scope, request.asker)
        team = scope.directory.by_slug(request.team)
        assert team is not None
        await create_request(
            scope.of_team(team), Ask(amount_nanos=request.amount_nanos, reason=request.reason), person_id=person_id
        )


async def _set_aside(context: Context, hold: DemoHold) -> None:
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        team = scope.directory.by_slug(hold.team)
        assert team is not None
        planned = parse_hold(
            hold.text,
            now=scope.now,
            zone_name=team.zone_on(scope.at),
            period_end_day=scope.directory.period_at(team, scope.at).end_day,
            command=scope.command,
        )
        await set_aside(scope.of_team(team), planned, by=await _person_id(scope, hold.manager))


async def _propose_transfer(context: Context, transfer: DemoTransfer) -> None:
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        giver, taker = (scope.directory.by_slug(slug) for slug in (transfer.giver, transfer.taker))
        assert giver is not None
        assert taker is not None
        await propose_transfer(
            scope,
            giver=giver,
            taker=taker,
            amount_nanos=transfer.amount_nanos,
            reason=transfer.reason,
            by=await _person_id(scope, transfer.manager),
        )


async def _person_id(scope: Scope, person: DemoPerson) -> int:
    known = await scope.tx.people.ensure_from_slack(
        slack_id=person.slack_id, email=person.email, name=person.real_name, timezone=person.timezone
    )
    return known.id
