"""`/tokens alerts`: a team's running and recent alerts, with who answered them."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.alerting.budget_facts import ForecastFacts, ThresholdFacts
from bot.alerting.facts import AlertFacts
from bot.alerting.part_alerts import PartFacts
from bot.alerting.spike_facts import SpikeFacts
from bot.messages import Message
from bot.periods import DAY_MICROS, day_start, micros
from bot.reporting.questions import Question
from bot.views.reporting.asking import alerts as views
from bot.views.wording import in_span_words
from handlers.alerting.budget_alerts import THRESHOLD
from handlers.alerting.forecast_alerts import FORECAST
from handlers.alerting.part_alerts import PART
from handlers.alerting.reactions.answer_text import answer_text
from handlers.reporting.asking.spends import days_of
from handlers.scope import TeamScope
from handlers.slack.answers import SlackRequest

RECENT_DAYS = 30
_FACTS: Mapping[str, Callable[[Mapping[str, Any]], SpikeFacts | AlertFacts]] = {
    "spike": SpikeFacts.from_facts,
    THRESHOLD: ThresholdFacts.from_facts,
    FORECAST: ForecastFacts.from_facts,
    PART: PartFacts.from_facts,
}


async def answer(scope: TeamScope, asked: SlackRequest, question: Question) -> Message:
    """Returns the alerts that run, and those of the asked days; without any, of the last 30 days."""
    tx, team, at = scope.tx, scope.team, scope.at
    zone, since, until = team.zone_on(at), at - RECENT_DAYS * DAY_MICROS, at + 1
    words = f"in the last {RECENT_DAYS} days"
    if question.span is not None:
        span = days_of(scope, question).span
        since, until = (micros(day_start(day, zone)) for day in (span.first_day, span.end_day))
        words = in_span_words(span)
    records = await tx.alerts.posted_of(team.id, kinds=_FACTS.keys(), since=since, until=until)
    listed = [
        views.ListedAlert(
            alert_id=record.id,
            facts=_FACTS[record.kind](record.facts),
            opened_at=record.opened_at,
            closed_at=record.closed_at,
            answer=await answer_text(tx, record),
        )
        for record in sorted(records, key=lambda record: record.closed_at is not None)[: views.MOST_LISTED]
    ]
    running = sum(record.closed_at is None for record in records)
    return views.alerts_message(
        team, listed, running=running, ended=len(records) - running, days_words=words, zone=zone
    )
