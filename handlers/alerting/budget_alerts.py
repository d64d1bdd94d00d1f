"""Budget alerts: crossed thresholds, exhausted budgets and forecast run-outs, and how each of them ends."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from bot.alerting.budget_alerts import (
    FULL_PERCENT,
    HISTORY_AFTER_DAYS,
    RecordedThreshold,
    ThresholdAlert,
    forecast_step,
    has_crossed,
    is_threshold_resolved,
    thresholds_due,
)
from bot.alerting.budget_facts import ThresholdFacts
from bot.alerting.severities import Severity
from bot.books.budgets import Standing
from bot.messages import Message
from bot.periods import day_start, micros, moment
from bot.views.alerting import budget_alerts as views
from handlers.alerting.delivery_rules import alert_key, post_alert
from handlers.alerting.forecast_alerts import (
    FORECAST,
    forecast_message,
    forecast_of,
    judge_forecast,
)
from handlers.alerting.reactions.answer_text import answer_text
from handlers.books.standings import standing_of
from handlers.scope import TeamScope
from storage.alerting.alert_records import AlertRecord

THRESHOLD = "threshold"
KINDS = (THRESHOLD, FORECAST)


async def judge_budget(scope: TeamScope) -> None:
    """Posts, edits and ends the budget alerts of a team, or of the organisation. It posts one alert at most: a
    crossed threshold already covers the forecast."""
    if scope.team.has_ended:
        return
    standing = await standing_of(scope)
    posted_threshold = await _judge_lines(scope, standing, silently=False)
    await judge_forecast(scope, standing, silently=posted_threshold)


def has_budget_change(standing: Standing, lines: Sequence[AlertRecord], forecasts: Sequence[AlertRecord]) -> bool:
    """Whether `judge_budget` would post or change anything. `lines` and `forecasts` are the period's alerts, oldest
    first."""
    if any(_ends(standing, record, because=None) or _is_spent_by_now(standing, record) for record in lines):
        return True
    if _lines_due(standing, [threshold_of(record) for record in lines], silently=False):
        return True
    last = forecast_of(forecasts[-1]) if forecasts else None
    return standing.balance.allocated_nanos > 0 and forecast_step(standing, last) is not None


async def judge_thresholds(scope: TeamScope, *, silently: bool) -> None:
    """Records the crossed thresholds of a team and posts the highest; `silently` records them without a message."""
    if not scope.team.has_ended:
        await _judge_lines(scope, await standing_of(scope), silently=silently)


async def _judge_lines(scope: TeamScope, standing: Standing, *, silently: bool) -> bool:
    """Ends the alerts whose threshold lies ahead again, then records and posts crossed ones. Returns whether one was
    posted."""
    tx, team = scope.tx, scope.team
    records = await tx.alerts.of_period(team_id=team.id, kind=THRESHOLD, period=standing.period.name)
    recorded = []
    for record in records:
        kept = await _end_if_below_threshold(scope, standing, record, because=None)
        recorded.append(threshold_of(await _mark_spent(scope, standing, kept)))
    was_posted = False
    for alert in _lines_due(standing, recorded, silently=silently):
        facts = ThresholdFacts(percent=alert.percent, period=standing.period.name, by_holds=alert.by_holds)
        new = await tx.alerts.add(
            dedupe_key=alert.dedupe_key,
            team_id=team.id,
            kind=THRESHOLD,
            state="silent" if alert.silent else "open",
            at=scope.at,
            facts=facts.to_facts(),
        )
        if new is None or alert.silent:
            continue
        message = views.threshold_message(
            standing, alert.percent, alert_id=new.id, command=scope.command, answered=None
        )
        severity: Severity = "high" if alert.percent >= FULL_PERCENT else "medium"
        await post_alert(scope, message, record=new, severity=severity)
        was_posted = True
    return was_posted


def _lines_due(standing: Standing, recorded: Sequence[RecordedThreshold], *, silently: bool) -> list[ThresholdAlert]:
    recent = sum(nanos for day, nanos in standing.spent_by_day if day > standing.today - HISTORY_AFTER_DAYS)
    is_governed = standing.team.mode != "announce" and not silently
    return thresholds_due(standing, recorded=recorded, recent_nanos=recent, is_governed=is_governed)


def threshold_of(record: AlertRecord) -> RecordedThreshold:
    """Returns the recorded threshold of an alert. Its budget is part of the dedupe key."""
    facts = ThresholdFacts.from_facts(record.facts)
    return RecordedThreshold(
        percent=facts.percent,
        allocated_nanos=int(record.dedupe_key.split(":")[4]),
        by_holds=facts.by_holds,
        has_ended=record.closed_at is not None,
    )


async def _end_if_below_threshold(
    scope: TeamScope, standing: Standing, record: AlertRecord, *, because: str | None
) -> AlertRecord:
    if not _ends(standing, record, because=because):
        return record
    recorded = threshold_of(record)
    ended = replace(record, closed_at=scope.at)
    await scope.tx.alerts.save(ended)
    why = because or (views.RELEASED if recorded.by_holds else views.raised_words(standing))
    message = views.threshold_resolved_message(standing, recorded.percent, alert_id=record.id, because=why)
    await scope.tx.outbox.change(alert_key(record.id), message, at=scope.at)
    return ended


def _ends(standing: Standing, record: AlertRecord, *, because: str | None) -> bool:
    recorded = threshold_of(record)
    ends = is_threshold_resolved(standing, recorded) if because is None else not has_crossed(standing, recorded.percent)
    return ends and not recorded.has_ended


def _is_spent_by_now(standing: Standing, record: AlertRecord) -> bool:
    balance = standing.balance
    is_open = record.closed_at is None and threshold_of(record).by_holds
    return is_open and balance.charged_nanos >= balance.allocated_nanos


async def _mark_spent(scope: TeamScope, standing: Standing, record: AlertRecord) -> AlertRecord:
    """Edits the message of a budget that was exhausted by holds and is spent now."""
    if not _is_spent_by_now(standing, record):
        return record
    facts = msgspec.structs.replace(ThresholdFacts.from_facts(record.facts), by_holds=False)
    spent = replace(record, facts=facts.to_facts())
    await scope.tx.alerts.save(spent)
    answered = await answer_text(scope.tx, spent)
    message = views.threshold_message(
        standing, FULL_PERCENT, alert_id=spent.id, command=scope.command, answered=answered
    )
    await scope.tx.outbox.change(alert_key(spent.id), message, at=scope.at)
    return spent


async def budget_message(scope: TeamScope, record: AlertRecord) -> Message:
    """Returns the message of a budget alert with its answer. For a past period it shows that period's last moment."""
    team, directory, now = scope.team, scope.directory, scope.now
    answered = await answer_text(scope.tx, record)
    if record.kind == FORECAST:
        return forecast_message(scope, record, answered=answered)
    period = directory.period_at(team, record.opened_at)
    if period != directory.period_at(team, scope.at):
        now = moment(micros(day_start(period.end_day, team.zone_on(record.opened_at))) - 1)
    standing = await standing_of(replace(scope, now=now))
    percent = ThresholdFacts.from_facts(record.facts).percent
    return views.threshold_message(standing, percent, alert_id=record.id, command=scope.command, answered=answered)


async def budget_raised(scope: TeamScope, *, because: str) -> None:
    """Ends the alerts of a team that a grant, or usage that moved away, made untrue. `because` is a sentence in
    mrkdwn."""
    alerts, team_id = scope.tx.alerts, scope.team.id
    standing = await standing_of(scope)
    for record in await alerts.of_period(team_id=team_id, kind=THRESHOLD, period=standing.period.name):
        await _end_if_below_threshold(scope, standing, record, because=because)
    records = await alerts.of_period(team_id=team_id, kind=FORECAST, period=standing.period.name)
    if records and forecast_of(records[-1]).outcome == "expected":
        await judge_forecast(scope, standing, silently=False)


async def budget_changed(scope: TeamScope, because: str) -> None:
    """Judges a team whose budget grew or shrank: ends the alerts that are no longer true, posts those that are now."""
    await budget_raised(scope, because=because)
    await judge_budget(scope)
