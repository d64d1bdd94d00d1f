"""The demo's past: its usage is booked, its digests are posted and its request is made before it opens."""

import json
from collections.abc import Sequence
from typing import Any

from bot.app import ProcessParts
from bot.demo.company import DemoRequest
from bot.demo.own import own_teams_yml
from bot.demo.scenarios import DemoScenario
from bot.org.attribution import Source
from bot.org.teams_yml.teams_file import read_teams_file
from bot.periods import week_of
from bot.sources import SOURCES
from handlers.books.standings import standings_of
from handlers.context import Context
from handlers.intake.usage import Intake
from handlers.org.teams import import_teams
from handlers.reporting.digests import post_digest
from handlers.requests.budget_requests import create_request
from handlers.schedule import look_up_slack

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
    await look_up_slack(context)
    directory = (await context.rulebooks.latest()).directory
    for team in directory.real_teams:
        monday, _ = week_of(team.day_of(context.now_micros()))
        await post_digest(context, team, monday - 7)
    if scenario.request is not None:
        await _create_request(context, scenario.request)
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
        asker = request.asker
        person = await tx.people.ensure_from_slack(
            slack_id=asker.slack_id, email=asker.email, name=asker.real_name, timezone=asker.timezone
        )
        team = scope.directory.by_slug(request.team)
        assert team is not None
        await create_request(
            scope.of_team(team), person_id=person.id, amount_nanos=request.amount_nanos, reason=request.reason
        )
