"""The watcher: judges teams whose usage changed, and says what they should know."""

import asyncio
from collections.abc import Sequence

import structlog

from bot.periods import HOUR_MICROS, MICROS, hour_of, micros
from bot.teams import Directory
from handlers.alert_bundles import gather_alerts
from handlers.budget_alerts import judge_budget
from handlers.context import Context
from handlers.sweeps import sweep_spikes
from storage.store import Transaction, is_away

log = structlog.get_logger()

JUDGE_AGAIN_MICROS = 900 * MICROS
MOVING_MICROS = 1_800 * MICROS
"""So long spikes wait for the past at most. The two hours that are judged at least hold what began meanwhile."""
REST = 4
"""How many times as long as it took the watcher rests after a round, so that many busy teams don't slow usage coming in."""


async def watch_budgets(context: Context) -> int:
    """Judges every team with usage that nobody judged, or not for a quarter of an hour. Returns how many were judged.

    By versions, never by times: a later commit can carry an earlier time.
    """
    now = context.now()
    at = micros(now)
    stale_before = max(at - JUDGE_AGAIN_MICROS, hour_of(at) * HOUR_MICROS)  # an hour that ended is judged at once
    async with context.store.read() as tx:
        due = await tx.alerts.unjudged(stale_before=stale_before, at=at)
        directory = (await context.rulebooks.current(tx)).directory
        held = await _in_motion(tx, directory, [team_id for team_id, _ in due], since=at - MOVING_MICROS)
    await sweep_spikes(context, [team_id for team_id, _ in due if team_id not in held], now=now)
    for team_id, version in due:
        async with context.store.begin() as tx:
            rulebook = await context.rulebooks.current(tx)
            team = rulebook.directory.by_id(team_id)
            if team.kind == "team":
                await judge_budget(tx, rulebook, team, now=now, command=context.settings.command)
            else:  # the organisation pays for what nobody could place: finance hears of its budget
                root = rulebook.directory.root
                await judge_budget(tx, rulebook, root, now=now, command=context.settings.command)
            await tx.alerts.judged(team_id, version, at=at)
    await gather_alerts(context)
    if due:
        context.wake_outbox.set()
    return len(due)


async def _in_motion(tx: Transaction, directory: Directory, team_ids: Sequence[int], *, since: int) -> frozenset[int]:
    """Teams whose past is being moved or priced again: what comes in counts otherwise by now, and what it would be held
    against does not yet."""
    joined = await tx.reattributions.teams_waiting(since=since)
    is_all = directory.root.id in joined or await tx.prices.reprices(since=since)
    return frozenset(team_ids) if is_all else frozenset(joined)


async def watch_on(context: Context) -> None:
    """Watches for ever: soon after usage came in here, and at least every so often for what came in elsewhere."""
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            await watch_budgets(context)
        except Exception as error:  # the watcher outlives any fault; unjudged versions stay unjudged
            log.error("watcher failed", error=repr(error), exc_info=None if is_away(error) else error)
        rest = max(1.0, REST * (loop.time() - began))  # a burst comes in whole meanwhile
        try:
            async with asyncio.timeout(context.settings.watch_seconds):
                await context.wake_watcher.wait()
            await asyncio.sleep(min(rest, context.settings.watch_seconds))
        except TimeoutError:
            pass
        context.wake_watcher.clear()
