"""The watcher: judges teams whose usage changed, and posts their alerts."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

import structlog

from bot.org.teams import Directory, Team
from bot.periods import HOUR_MICROS, MICROS, hour_of, micros
from bot.watcher import HOUR_SECONDS, MIN_SECONDS, rest_seconds
from handlers.alerting.alert_bundles import bundle_alerts
from handlers.alerting.budget_alerts import judge_budget
from handlers.alerting.budget_changes import teams_with_budget_changes
from handlers.context import Context
from handlers.detection.sweeps import sweep_spikes
from storage.faults import DatabaseError, is_away
from storage.store import Transaction

log = structlog.get_logger()

JUDGE_AGAIN_MICROS = 900 * MICROS
MOVING_MICROS = 1_800 * MICROS
"""Spikes of a team wait this long at most while its past usage moves or is priced again. The two hours judged next
include what began meanwhile."""


async def watch_budgets(context: Context) -> int:
    """Judges every team with usage that nobody judged, or not in the last 15 minutes. Returns the number of teams.

    Versions decide, not times: a later commit can carry an earlier time.
    """
    now = context.now()
    at = micros(now)
    stale_before = max(at - JUDGE_AGAIN_MICROS, hour_of(at) * HOUR_MICROS)  # an ended hour is judged at once
    async with context.store.read() as tx:
        due = await tx.judgements.teams_to_judge(stale_before=stale_before, at=at)
        held = frozenset[int]()
        if due:
            directory = (await context.rulebooks.current(tx)).directory
            held = await _moving_teams(tx, directory, [team_id for team_id, _ in due], since=at - MOVING_MICROS)
    failed = await sweep_spikes(context, [team_id for team_id, _ in due if team_id not in held], now=now)
    await _judge_budgets(context, due, failed, now=now)
    await bundle_alerts(context)
    if due:
        context.wake_outbox.set()
    return len(due)


async def _moving_teams(
    tx: Transaction, directory: Directory, team_ids: Sequence[int], *, since: int
) -> frozenset[int]:
    """Returns the teams whose past usage moves or is priced again: new usage counts by the new rules already, and the
    past does not yet."""
    joined = await tx.reattributions.pending_teams(since=since)
    is_all = directory.root.id in joined or await tx.prices.is_repricing_due(since=since)
    return frozenset(team_ids) if is_all else frozenset(joined)


async def _judge_budgets(
    context: Context, due: Sequence[tuple[int, int]], failed: frozenset[int], *, now: datetime
) -> None:
    """Judges the budgets of (team id, version): teams without a change in one transaction, the others in one each. A
    team with an error stays unjudged and does not stop the others."""
    if not due:
        return
    async with context.store.read() as tx:
        scope = await context.scope(tx, now=now)
        teams = {team_id: _payer(scope.directory, team_id) for team_id, _ in due}
        news = await teams_with_budget_changes(scope, list(dict.fromkeys(teams.values())))
    for team_id, version in due:
        if teams[team_id].id not in news:
            continue
        try:
            async with context.store.begin() as tx:
                scope = await context.scope(tx, now=now)
                await judge_budget(scope.of_team(_payer(scope.directory, team_id)))
                if team_id not in failed:
                    await tx.judgements.mark_judged(team_id, version, at=micros(now))
        except DatabaseError:
            raise  # not about one team: the next round tries again
        except Exception as error:  # noqa: BLE001  # one team's error must not stop the alerts of the others
            log.error("budget of a team not judged", team=team_id, error=repr(error))
    async with context.store.begin() as tx:
        quiet = [
            (team_id, version) for team_id, version in due if teams[team_id].id not in news and team_id not in failed
        ]
        await tx.judgements.mark_all_judged(quiet, at=micros(now))


def _payer(directory: Directory, team_id: int) -> Team:
    """Returns the team whose budget pays for a team's usage: itself, or the organisation for unattributed usage."""
    team = directory.by_id(team_id)
    return team if team.kind == "team" else directory.root


async def watch_forever(context: Context) -> None:
    """Judges forever: soon after usage arrived in this process, and at least every few seconds for usage of others,
    with rests between."""
    loop = asyncio.get_running_loop()
    while True:
        context.wake_watcher.clear()
        began = loop.time()
        try:
            await watch_budgets(context)
        except Exception as error:  # the watcher survives any error; unjudged versions stay unjudged
            log.error("watcher failed", error=repr(error), exc_info=None if is_away(error) else error)
        past_hour = context.now_micros() % HOUR_MICROS / MICROS
        rest = rest_seconds(loop.time() - began, past_hour=past_hour)
        await asyncio.sleep(rest - MIN_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(context.settings.watch_seconds, HOUR_SECONDS - past_hour) - rest)):
                await context.wake_watcher.wait()
        await asyncio.sleep(MIN_SECONDS)  # lets the burst that woke it arrive whole
