"""Budget alerts: lines that a team's spend crosses, and what becomes of them once more was granted."""

from dataclasses import replace
from datetime import datetime

from bot.alerts import thresholds_due
from bot.manners import Severity
from bot.periods import micros
from bot.rulebook import Rulebook
from bot.teams import Team
from bot.views import budget_alerts as views
from handlers.manners import alert_key, say_alert
from handlers.standings import standing_of
from storage.store import Transaction

RECENT_DAYS = 3


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
        severity: Severity = "high" if alert.percent >= 100 else "medium"
        await say_alert(tx, rulebook, team, message, record=record, severity=severity, at=at)


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
        await tx.outbox.change(alert_key(record.id), message, at=micros(now))
