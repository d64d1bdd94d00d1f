"""Spikes as incidents: one message each, edited as it grows, closed with its total when it ends."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, cast

import numpy as np

from bot import spikes
from bot.alerts import Contributor, SpikeAlert, ranked, spike_key
from bot.backtests import QUIET_HOURS
from bot.charts import SpikeHours, encode
from bot.expectations import Cause, expected_causes
from bot.messages import Message
from bot.money import usd_round
from bot.periods import HOUR_MICROS, hour_of, micros
from bot.rulebook import Rulebook
from bot.teams import Team
from bot.views import spikes as views
from handlers.answered import answer_text
from handlers.expected_spend import aside_of
from handlers.manners import say_alert
from storage.alerts import AlertRecord
from storage.reports import Part
from storage.store import Transaction

HISTORY_HOURS = 35 * 24
CHART_HOURS = 48
NEWS_HOURS = 72
"""As many hours as the longest spike has: what is moved into them later does not count as one."""
_PARTS: tuple[Literal["credential", "workflow", "model", "tool"], ...] = ("credential", "workflow", "model", "tool")


async def judge_spike(tx: Transaction, rulebook: Rulebook, team: Team, *, now: datetime, command: str) -> None:
    at = micros(now)
    this_hour = hour_of(at)
    first = this_hour - HISTORY_HOURS
    by_hour = await tx.reports.by_hour(team.id, first_hour=first, end_hour=this_hour + 1)
    if not by_hour:
        return
    start = min(by_hour)
    for hour, nanos in (await tx.reattributions.brought_by_hour(team.id, first_hour=this_hour - NEWS_HOURS)).items():
        by_hour[hour] = by_hour.get(hour, 0) - max(0, nanos)  # it was another team's when it was new
    expected = await tx.expectations.since(first * HOUR_MICROS, team_id=team.id)
    for hour, nanos in (await aside_of(tx, expected, at=at)).items():
        by_hour[hour] = by_hour.get(hour, 0) - nanos
    costs = np.array([by_hour.get(hour, 0) for hour in range(start, this_hour + 1)], dtype=np.int64)
    running = await tx.alerts.unended(team_id=team.id, kind="spike")
    judged = _newest_spike(costs, start)
    if judged is None:
        if running is not None:
            await _close_if_quiet(tx, team, running, this_hour=this_hour, at=at, command=command)
        return
    judgement, last_hour = judged
    key = ""
    if running is not None and running.state == "expected":  # what was planned is set aside, so this is another one
        key = f":{running.id}"
        running = None
    known = costs[: last_hour - start + 1]
    _, high = spikes.usual_band(known, judgement.window_hours)
    from_hour = last_hour - spikes.onset(known, high) + 1
    if running is not None:
        from_hour = min(from_hour, int(running.facts["from_hour"]))
    usual = int(spikes.usual_band(known, last_hour - from_hour + 1)[1].sum())
    observed = int(costs[max(0, from_hour - start) : last_hour - start + 1].sum())
    alert = SpikeAlert(
        severity=judgement.severity,
        from_hour=from_hour,
        window_hours=last_hour - from_hour + 1,
        observed_nanos=observed,
        usual_nanos=usual,
        excess_nanos=max(0, observed - usual),
        contributors=await _contributors(
            tx, team, expected_causes(expected, at=at), from_hour=from_hour, end_hour=last_hour + 1, first=first
        ),
        ongoing=True,
    )
    facts = _facts_of(alert, last_hour=last_hour, chart=_chart(team, costs, start, alert))
    if running is None:
        record = await tx.alerts.add(
            dedupe_key=spike_key(team.id, from_hour) + key,
            team_id=team.id,
            kind="spike",
            state="open",
            at=at,
            facts=facts,
        )
        if record is not None:
            message = await spike_message(tx, team, record, command=command)
            await say_alert(tx, rulebook, team, message, record=record, severity=alert.severity, at=at)
    elif _grew(running, alert):
        record = replace(running, facts=facts)
        await tx.alerts.save(record)
        await tx.outbox.change(f"alert:{record.id}", await spike_message(tx, team, record, command=command), at=at)
    else:
        await tx.alerts.save(replace(running, facts={**running.facts, "last_hour": last_hour}))


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
    tx: Transaction, team: Team, running: AlertRecord, *, this_hour: int, at: int, command: str
) -> None:
    """A spike has ended when two days passed without one; its message then shows the total."""
    if this_hour - int(running.facts["last_hour"]) < QUIET_HOURS:
        return
    closed = replace(running, closed_at=at)
    await tx.alerts.save(closed)
    message = await spike_message(tx, team, closed, command=command)
    await tx.outbox.change(f"alert:{closed.id}", message, at=at)


async def _contributors(
    tx: Transaction, team: Team, expected: frozenset[Cause], *, from_hour: int, end_hour: int, first: int
) -> tuple[Contributor, ...]:
    """What the window's dollars went to, the largest first; a part is new if it cost nothing until a day before."""
    found = []
    planned = [(cast(Part, cause.dimension), cause.name) for cause in expected if not cause.is_total]
    for part in _PARTS:
        window = await tx.reports.by_part_in_hours(
            part, team.id, first_hour=from_hour, end_hour=end_hour, without=planned
        )
        before = await tx.reports.by_part_in_hours(part, team.id, first_hour=first, end_hour=from_hour - 24)
        total = sum(window.values())
        for name, nanos in window.items():
            if name and total > 0 and nanos * 3 >= total:
                found.append(Contributor(dimension=part, name=name, cost_nanos=nanos, is_new=before.get(name, 0) == 0))
    return ranked(found)


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


def _facts_of(alert: SpikeAlert, *, last_hour: int, chart: dict[str, Any]) -> dict[str, Any]:
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


async def spike_message(tx: Transaction, team: Team, record: AlertRecord, *, command: str) -> Message:
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
        answered=await answer_text(tx, record),
        closed=record.closed_at is not None,
        chart=facts["chart"],
    )
