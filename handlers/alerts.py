"""The watcher: judges teams whose usage changed, and says what they should know. Its buttons answer it."""

import asyncio
from dataclasses import replace
from datetime import datetime

import structlog
from slack_bolt.async_app import AsyncApp

from bot.alerts import thresholds_due
from bot.periods import MICROS, micros
from bot.refusals import Refusal
from bot.rulebook import Rulebook
from bot.teams import Team
from bot.views import alerts as views
from handlers.answers import Asked, answers
from handlers.callers import called
from handlers.commands import show_team
from handlers.context import Context
from handlers.outbox import say_aloud
from handlers.request_forms import open_request_form
from handlers.spikes import answer_text, judge_spike, spike_message
from handlers.standings import standing_of
from storage.store import Transaction

log = structlog.get_logger()

JUDGE_AGAIN_MICROS = 900 * MICROS
RECENT_DAYS = 3
REST = 4
"""How many times as long as it took the watcher rests after a round, so that many busy teams don't slow usage coming in."""


async def watch_budgets(context: Context) -> int:
    """Judges every team with usage that nobody judged, or not for a quarter of an hour. Returns how many were judged.

    By versions, never by times: a later commit can carry an earlier time.
    """
    now = context.now()
    at = micros(now)
    async with context.store.read() as tx:
        due = await tx.alerts.unjudged(stale_before=at - JUDGE_AGAIN_MICROS)
    for team_id, version in due:
        async with context.store.begin() as tx:
            rulebook = await context.rulebooks.current(tx)
            team = rulebook.directory.by_id(team_id)
            if team.kind == "team":
                await judge_team(tx, rulebook, team, now=now, command=context.settings.command)
            await tx.alerts.judged(team_id, version, at=at)
    if due:
        context.wake_outbox.set()
    return len(due)


async def judge_team(tx: Transaction, rulebook: Rulebook, team: Team, *, now: datetime, command: str) -> None:
    """What a team should know now: thresholds that its spend crossed, and a spike that began, grew or ended."""
    await judge_thresholds(tx, rulebook, team, now=now, command=command, silently=False)
    await judge_spike(tx, rulebook, team, now=now, command=command)


async def judge_thresholds(
    tx: Transaction, rulebook: Rulebook, team: Team, *, now: datetime, command: str, silently: bool
) -> None:
    """The thresholds that a team's spend has crossed; `silently` notes them, so that they are never said."""
    standing = await standing_of(tx, rulebook.directory, team, now=now)
    known = await tx.alerts.keys_like(f"threshold:{team.id}:{standing.period.name}:")
    recent = sum(nanos for day, nanos in standing.spent_by_day if day > standing.today - RECENT_DAYS)
    due = thresholds_due(
        standing, known=known, recent_nanos=recent, is_governed=team.mode != "announce" and not silently
    )
    at = micros(now)
    for alert in due:
        record = await tx.alerts.add(
            dedupe_key=alert.dedupe_key,
            team_id=team.id,
            kind="threshold",
            state="silent" if alert.silent else "open",
            at=at,
            facts={"percent": alert.percent, "period": standing.period.name},
        )
        if record is None or alert.silent:
            continue
        message = views.threshold_message(standing, alert.percent, alert_id=record.id, command=command, answered=None)
        await say_aloud(tx, rulebook.directory, team, message, dedupe_key=f"alert:{record.id}", at=at)


async def budget_raised(tx: Transaction, rulebook: Rulebook, team: Team, *, because: str, now: datetime) -> None:
    """A grant made a team's budget alerts untrue: those whose line lies ahead again say so, without their buttons."""
    standing = await standing_of(tx, rulebook.directory, team, now=now)
    for record in await tx.alerts.open_ones(team_id=team.id, kind="threshold"):
        percent = int(record.facts["percent"])
        line = standing.balance.allocated_nanos * percent
        if record.facts["period"] != standing.period.name or standing.balance.charged_nanos * 100 >= line:
            continue
        await tx.alerts.save(replace(record, closed_at=micros(now)))
        message = views.threshold_resolved_message(standing, percent, alert_id=record.id, because=because)
        await tx.outbox.change(f"alert:{record.id}", message, at=micros(now))


async def answer_alert(
    tx: Transaction, rulebook: Rulebook, alert_id: int, *, by: int, expected: bool, now: datetime, command: str
) -> None:
    """Somebody is on it, or it was planned: kept, and shown in the message in place of the buttons."""
    record = await tx.alerts.for_answer(alert_id)
    if record is None:
        raise Refusal("There is no such alert any more.")
    if record.answered_by is not None:
        who = called(await tx.people.by_id(record.answered_by))
        raise Refusal(f"{who} answered this alert already.")
    at = micros(now)
    answered = replace(record, state="expected" if expected else "acknowledged", answered_by=by, answered_at=at)
    await tx.alerts.save(answered)
    await tx.audit.record(
        at=at, actor_id=by, action="answer alert", subject=f"alert:{alert_id}", detail={"expected": expected}
    )
    team = rulebook.directory.by_id(record.team_id)
    if record.kind == "spike":
        message = await spike_message(tx, team, answered, command=command)
    else:
        standing = await standing_of(tx, rulebook.directory, team, now=now)
        message = views.threshold_message(
            standing,
            int(record.facts["percent"]),
            alert_id=record.id,
            command=command,
            answered=await answer_text(tx, answered),
        )
    await tx.outbox.change(f"alert:{record.id}", message, at=at)


async def _click(asked: Asked, *, expected: bool) -> None:
    context = asked.context
    async with context.store.begin() as tx:
        rulebook = await context.rulebooks.current(tx)
        await answer_alert(
            tx,
            rulebook,
            asked.id,
            by=asked.person.id,
            expected=expected,
            now=asked.now,
            command=context.settings.command,
        )
    context.wake_outbox.set()
    await asked.ack()


async def click_acknowledge(asked: Asked) -> None:
    await _click(asked, expected=False)


async def click_expected(asked: Asked) -> None:
    await _click(asked, expected=True)


async def choose_from_menu(asked: Asked) -> None:
    """An alert's menu: request budget for its team, or see how it stands."""
    async with asked.context.store.read() as tx:
        record = await tx.alerts.by_id(asked.id)
    if record is None:
        raise Refusal("There is no such alert any more.")
    if asked.value.partition(":")[0] == views.ASK_FOR_BUDGET:
        await open_request_form(asked, team_id=record.team_id)
    else:
        await show_team(asked, record.team_id)


async def watch_on(context: Context) -> None:
    """Watches for ever: soon after usage came in here, and at least every so often for what came in elsewhere."""
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            await watch_budgets(context)
        except Exception as error:  # the watcher outlives any fault; unjudged versions stay unjudged
            log.error("watcher failed", error=repr(error), exc_info=error)
        rest = max(1.0, REST * (loop.time() - began))  # a burst comes in whole meanwhile
        try:
            async with asyncio.timeout(context.settings.watch_seconds):
                await context.wake_watcher.wait()
            await asyncio.sleep(min(rest, context.settings.watch_seconds))
        except TimeoutError:
            pass
        context.wake_watcher.clear()


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.ACKNOWLEDGE_ALERT)(answers(context, click_acknowledge))
    app.action(views.EXPECT_ALERT)(answers(context, click_expected))
    app.action(views.ALERT_MENU)(answers(context, choose_from_menu))
