"""The text of an alert's answer, and snoozes that cover new alerts of the same cause."""

from dataclasses import replace

from bot.alerting.reactions.alert_answers import cause_of
from bot.views.alerting.alerts import answer_sentence
from bot.views.alerting.expectations import muted_words
from handlers.slack.callers import called
from storage.alerting.alert_records import AlertRecord
from storage.store import Transaction


async def answer_text(tx: Transaction, record: AlertRecord) -> str | None:
    """Returns the sentence of an answered alert, in mrkdwn; None without an answer."""
    if record.answered_by is None or record.answered_at is None:
        return None
    who = await answerer_name(tx, record)
    return answer_sentence(
        record.state,
        who=who,
        at=record.answered_at,
        until=record.snoozed_until,
        expected=await _expected_words(tx, record),
    )


async def answerer_name(tx: Transaction, record: AlertRecord) -> str:
    """Returns the mention of the person who answered. The owner of a key is not named: messages never name people
    beside their spend."""
    if record.answered_as == "owner":
        return "The owner of the key"
    assert record.answered_by is not None
    return called(await tx.people.by_id(record.answered_by))


async def _expected_words(tx: Transaction, record: AlertRecord) -> str | None:
    expected = await tx.expectations.of_alert(record.id) if record.state == "expected" else None
    return None if expected is None else muted_words(expected)


async def snooze_if_cause_snoozed(tx: Transaction, record: AlertRecord, *, at: int) -> bool:
    """Snoozes a new alert if an alert of the same team, kind and cause is snoozed; returns whether it did. It is
    posted when that snooze ends, if it still runs."""
    cause = cause_of(record.kind, record.facts)
    for other in await tx.alerts.snoozed(team_id=record.team_id, kind=record.kind, at=at):
        if other.id != record.id and cause_of(other.kind, other.facts) == cause:
            await tx.alerts.save(replace(record, state="snoozed", snoozed_until=other.snoozed_until))
            return True
    return False
