"""The watcher: judges teams whose usage changed, and says what they should know. Its buttons answer it."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

import numpy as np
import structlog
from slack_bolt.async_app import AsyncApp

from bot import spikes
from bot.alerts import Contributor, SpikeAlert, spike_key, thresholds_due
from bot.charts import SpikeHours, encode
from bot.money import usd_round
from bot.periods import HOUR_MICROS, MICROS, hour_of, micros
from bot.refusals import Refusal
from bot.rulebook import Rulebook
from bot.teams import Team
from bot.views import alerts as views
from bot.views.blocks import date_mark
from handlers.answers import Asked, answers
from handlers.callers import called
from handlers.commands import show_team
from handlers.context import Context
from handlers.outbox import say_to_people, say_to_team
from handlers.request_forms import open_request_form
from handlers.standings import standing_of
from storage.alerts import AlertRecord
from storage.store import Transaction

log = structlog.get_logger()

HISTORY_HOURS = 35 * 24
CHART_HOURS = 48
QUIET_HOURS_TO_CLOSE = 6
JUDGE_AGAIN_MICROS = 900 * MICROS
RECENT_DAYS = 3
_PARTS: tuple[Literal["credential", "workflow", "model", "tool"], ...] = ("credential", "workflow", "model", "tool")


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
    await _judge_thresholds(tx, rulebook, team, now=now, command=command)
    await _judge_spike(tx, rulebook, team, now=now, command=command)


async def _judge_thresholds(tx: Transaction, rulebook: Rulebook, team: Team, *, now: datetime, command: str) -> None:
    standing = await standing_of(tx, rulebook.directory, team, now=now)
    known = await tx.alerts.keys_like(f"threshold:{team.id}:{standing.period.name}:")
    recent = sum(nanos for day, nanos in standing.spent_by_day if day > standing.today - RECENT_DAYS)
    due = thresholds_due(standing, known=known, recent_nanos=recent, is_governed=team.mode != "announce")
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
        await _say(tx, rulebook, team, message, key=f"alert:{record.id}", at=at)


async def _judge_spike(tx: Transaction, rulebook: Rulebook, team: Team, *, now: datetime, command: str) -> None:
    at = micros(now)
    this_hour = hour_of(at)
    first = this_hour - HISTORY_HOURS
    by_hour = await tx.reports.by_hour(team.id, first_hour=first, end_hour=this_hour + 1)
    if not by_hour:
        return
    start = min(by_hour)
    costs = np.array([by_hour.get(hour, 0) for hour in range(start, this_hour + 1)], dtype=np.int64)
    running = await tx.alerts.unended(team_id=team.id, kind="spike")
    judged = _newest_spike(costs, start)
    if judged is None:
        if running is not None:
            await _close_if_quiet(tx, rulebook, team, running, this_hour=this_hour, at=at, command=command)
        return
    judgement, last_hour = judged
    from_hour = last_hour - judgement.window_hours + 1
    if running is not None:
        from_hour = min(from_hour, int(running.facts["from_hour"]))
    window = last_hour - from_hour + 1
    observed = int(costs[max(0, from_hour - start) : last_hour - start + 1].sum())
    usual = max(0, judgement.usual_nanos * window // judgement.window_hours)
    alert = SpikeAlert(
        severity=judgement.severity,
        from_hour=from_hour,
        window_hours=window,
        observed_nanos=observed,
        usual_nanos=usual,
        excess_nanos=max(0, observed - usual),
        contributors=await _contributors(tx, team, from_hour=from_hour, end_hour=last_hour + 1, first=first),
        ongoing=True,
    )
    facts = facts_of(alert, last_hour=last_hour, chart=_chart(team, costs, start, alert))
    if running is None:
        record = await tx.alerts.add(
            dedupe_key=spike_key(team.id, from_hour), team_id=team.id, kind="spike", state="open", at=at, facts=facts
        )
        if record is not None:
            message = await spike_message(tx, rulebook, team, record, command=command)
            await _say(tx, rulebook, team, message, key=f"alert:{record.id}", at=at)
    elif _grew(running, alert):
        record = replace(running, facts=facts)
        await tx.alerts.save(record)
        message = await spike_message(tx, rulebook, team, record, command=command)
        await tx.outbox.change(f"alert:{record.id}", message, at=at)


def _newest_spike(costs: Any, start: int) -> tuple[spikes.SpikeJudgement, int] | None:
    """The open hour's judgement if it is a spike already, else the last closed hour's; with the hour judged."""
    for back in (0, 1):
        if len(costs) <= back:
            break
        series = costs[: len(costs) - back]
        judgement = spikes.judge(series, first_hour=start)
        if judgement.spike:
            return judgement, start + len(series) - 1
    return None


def _grew(running: AlertRecord, alert: SpikeAlert) -> bool:
    """Whether it is worth editing the message: by a twentieth, so that it does not flicker with every event."""
    before = int(running.facts["observed_nanos"])
    return alert.observed_nanos * 20 > before * 21 or alert.severity != running.facts["severity"]


async def _close_if_quiet(
    tx: Transaction, rulebook: Rulebook, team: Team, running: AlertRecord, *, this_hour: int, at: int, command: str
) -> None:
    """A spike ends after some hours without one; its message then shows the total."""
    if this_hour - int(running.facts["last_hour"]) < QUIET_HOURS_TO_CLOSE:
        return
    closed = replace(running, closed_at=at)
    await tx.alerts.save(closed)
    message = await spike_message(tx, rulebook, team, closed, command=command)
    await tx.outbox.change(f"alert:{closed.id}", message, at=at)


async def _contributors(
    tx: Transaction, team: Team, *, from_hour: int, end_hour: int, first: int
) -> tuple[Contributor, ...]:
    """What the window's dollars went to, the largest first; a part is new if it cost nothing in the weeks before."""
    found = []
    for part in _PARTS:
        window = await tx.reports.by_part_in_hours(part, team.id, first_hour=from_hour, end_hour=end_hour)
        before = await tx.reports.by_part_in_hours(part, team.id, first_hour=first, end_hour=from_hour)
        total = sum(window.values())
        for name, nanos in window.items():
            if name and total > 0 and nanos * 3 >= total:
                found.append(Contributor(dimension=part, name=name, cost_nanos=nanos, is_new=before.get(name, 0) == 0))
    return tuple(sorted(found, key=lambda c: (-c.cost_nanos, _PARTS.index(c.dimension)))[:4])


def _chart(team: Team, costs: Any, start: int, alert: SpikeAlert) -> dict[str, Any]:
    shown = min(CHART_HOURS, len(costs))
    low, high = spikes.usual_band(costs, shown)
    hours = tuple(range(start + len(costs) - shown, start + len(costs)))
    title = f"{team.name}: {usd_round(alert.observed_nanos)} in {alert.window_hours} h, usually {usd_round(alert.usual_nanos)}"
    return encode(
        SpikeHours(
            title=title,
            subtitle="Cost per hour (UTC), with the usual band",
            hours=hours,
            observed_nanos=tuple(int(c) for c in costs[-shown:]),
            usual_low_nanos=tuple(int(c) for c in low),
            usual_high_nanos=tuple(int(c) for c in high),
            marked_from=alert.from_hour,
            alt=title + ". Hours above the band are marked.",
        )
    )


def facts_of(alert: SpikeAlert, *, last_hour: int, chart: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a spike, to show it again as it was."""
    return {
        "severity": alert.severity,
        "from_hour": alert.from_hour,
        "last_hour": last_hour,
        "window_hours": alert.window_hours,
        "observed_nanos": alert.observed_nanos,
        "usual_nanos": alert.usual_nanos,
        "excess_nanos": alert.excess_nanos,
        "contributors": [[c.dimension, c.name, c.cost_nanos, c.is_new] for c in alert.contributors],
        "chart": chart,
    }


async def spike_message(tx: Transaction, rulebook: Rulebook, team: Team, record: AlertRecord, *, command: str) -> Any:
    """The message of a spike as it stands, with its answer if somebody gave one."""
    facts = record.facts
    alert = SpikeAlert(
        severity=facts["severity"],
        from_hour=facts["from_hour"],
        window_hours=facts["window_hours"],
        observed_nanos=facts["observed_nanos"],
        usual_nanos=facts["usual_nanos"],
        excess_nanos=facts["excess_nanos"],
        contributors=tuple(
            Contributor(dimension=d, name=n, cost_nanos=c, is_new=new) for d, n, c, new in facts["contributors"]
        ),
        ongoing=record.closed_at is None,
    )
    return views.spike_message(
        alert,
        team=team,
        alert_id=record.id,
        command=command,
        zone=team.zone_on(alert.from_hour * HOUR_MICROS),
        answered=await _answer_text(tx, record),
        closed=record.closed_at is not None,
        chart=facts["chart"],
    )


async def _answer_text(tx: Transaction, record: AlertRecord) -> str | None:
    if record.answered_by is None or record.answered_at is None:
        return None
    who = called(await tx.people.by_id(record.answered_by))
    when = date_mark(record.answered_at)
    return f"{who} says this was planned · {when}" if record.state == "expected" else f"{who} is on it · {when}"


async def _say(tx: Transaction, rulebook: Rulebook, team: Team, message: Any, *, key: str, at: int) -> None:
    """Into the team's channel; in preview to finance alone."""
    if team.mode == "preview":
        await say_to_people(tx, rulebook.directory.finance, message, dedupe_key=key, at=at)
    else:
        await say_to_team(tx, rulebook.directory, team, message, dedupe_key=key, at=at)


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
        message = await spike_message(tx, rulebook, team, answered, command=command)
    else:
        standing = await standing_of(tx, rulebook.directory, team, now=now)
        message = views.threshold_message(
            standing,
            int(record.facts["percent"]),
            alert_id=record.id,
            command=command,
            answered=await _answer_text(tx, answered),
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
    while True:
        try:
            await watch_budgets(context)
        except Exception as error:  # the watcher outlives any fault; unjudged versions stay unjudged
            log.error("watcher failed", error=repr(error), exc_info=error)
        try:
            async with asyncio.timeout(context.settings.watch_seconds):
                await context.wake_watcher.wait()
            await asyncio.sleep(min(1.0, context.settings.watch_seconds))  # let a burst come in whole
        except TimeoutError:
            pass
        context.wake_watcher.clear()


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.ACKNOWLEDGE_ALERT)(answers(context, click_acknowledge))
    app.action(views.EXPECT_ALERT)(answers(context, click_expected))
    app.action(views.ALERT_MENU)(answers(context, choose_from_menu))
