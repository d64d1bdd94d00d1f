"""Forecast alerts: a run-out that is posted, shown again, recovered or ended in one message."""

from dataclasses import replace

import msgspec

from bot.alerting.budget_alerts import (
    PostedForecast,
    forecast_step,
    posted_forecast,
    revision_key,
)
from bot.alerting.budget_facts import ForecastFacts
from bot.books.budgets import Standing
from bot.messages import Message
from bot.views.alerting import budget_alerts as views
from bot.views.books.budgets import team_may_request
from handlers.alerting.delivery_rules import alert_key, post_alert, repost_alert
from handlers.alerting.reactions.answer_text import answer_text
from handlers.scope import TeamScope
from storage.alerting.alert_records import AlertRecord

FORECAST = "forecast"


async def judge_forecast(scope: TeamScope, standing: Standing, *, silently: bool) -> None:
    """Posts a forecast run-out, and updates or ends the one that was posted."""
    if standing.balance.allocated_nanos <= 0:
        return
    records = await scope.tx.alerts.of_period(team_id=scope.team.id, kind=FORECAST, period=standing.period.name)
    before = [forecast_of(record) for record in records]
    last = before[-1] if before else None
    step = forecast_step(standing, last)
    if step is None:
        return
    if step == "post":
        if last is not None and last.outcome == "expected":
            await _show(scope, records[-1], replace(last, outcome="nearer"))
        await _post_forecast(scope, standing, before, silently=silently)
        return
    assert last is not None, "only a posted run-out changes"
    if step == "show":
        shown = posted_forecast(standing, last)
    else:
        shown = replace(last, outcome="recovered" if step == "recover" else "ran_out", shown_on=standing.today)
    await _show(scope, records[-1], shown)


async def _post_forecast(
    scope: TeamScope,
    standing: Standing,
    before: list[PostedForecast],
    *,
    silently: bool,
) -> None:
    silent = silently or scope.team.mode == "announce"
    record = await scope.tx.alerts.add(
        dedupe_key=revision_key(FORECAST, standing, len(before), of=[one.allocated_nanos for one in before]),
        team_id=scope.team.id,
        kind=FORECAST,
        state="silent" if silent else "open",
        at=scope.at,
        facts=ForecastFacts(period=standing.period.name, forecast=posted_forecast(standing, None)).to_facts(),
    )
    if record is None or silent:
        return
    message = forecast_message(scope, record, answered=None)
    await post_alert(scope, message, record=record, severity="medium")


async def _show(scope: TeamScope, record: AlertRecord, shown: PostedForecast) -> None:
    """Edits a forecast's message. The alert reopens if the run-out is expected again."""
    tx, at = scope.tx, scope.at
    closed_at = None if shown.outcome == "expected" else record.closed_at or at
    facts = msgspec.structs.replace(ForecastFacts.from_facts(record.facts), forecast=shown)
    kept = replace(record, closed_at=closed_at, facts=facts.to_facts())
    await tx.alerts.save(kept)
    message = forecast_message(scope, kept, answered=await answer_text(tx, kept))
    await tx.outbox.change(alert_key(kept.id), message, at=at)
    if record.closed_at is not None and closed_at is None:
        await repost_alert(scope, kept, severity="medium")


def forecast_of(record: AlertRecord) -> PostedForecast:
    """Returns the posted forecast of an alert."""
    return ForecastFacts.from_facts(record.facts).forecast


def forecast_message(scope: TeamScope, record: AlertRecord, *, answered: str | None) -> Message:
    return views.forecast_message(
        forecast_of(record),
        team=scope.team,
        alert_id=record.id,
        command=scope.command,
        team_may_request=team_may_request(scope.team),
        answered=answered,
    )
