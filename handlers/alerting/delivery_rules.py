"""The delivery of alerts: at once, after quiet hours, in the day's summary, or not at all."""

from dataclasses import replace

from bot.alerting.delivery_rules import (
    OPERATIONAL_KINDS,
    Delivery,
    Outcome,
    audience_for,
    delivery_of,
)
from bot.alerting.severities import Severity
from bot.messages import Message
from bot.org.teams import Directory, Team
from bot.views.alerting import delivery_rules as views
from handlers.alerting.alert_bundles import BUNDLED_KINDS
from handlers.alerting.reactions.answer_text import snooze_if_cause_snoozed
from handlers.scope import TeamScope
from handlers.slack.posts import post_to_people, post_to_team
from storage.alerting.alert_bundles import bundle_wait_until
from storage.alerting.alert_records import AlertRecord
from storage.outbox import NEVER

_SUMMARIZED: tuple[Outcome, ...] = ("summed",)


def alert_key(alert_id: int) -> str:
    """Returns the dedupe key of an alert's message. `tx.outbox.change(alert_key(…), …)` edits it, posted or not."""
    return f"alert:{alert_id}"


def summary_key(team_id: int, day: int, *, direct: bool) -> str:
    """Returns the dedupe key of a day's summary; `direct` for operational alerts."""
    return f"more-alerts:{team_id}:{day}{':direct' if direct else ''}"


async def post_alert(
    scope: TeamScope,
    message: Message,
    *,
    record: AlertRecord,
    severity: Severity,
    people: frozenset[int] | None = None,
) -> None:
    """Puts an alert's message into the outbox by the delivery rules of its team: once per alert, in the transaction
    of its state.

    An operational alert goes to `people`. Muted and held messages are stored too, so that later changes reach them.
    """
    tx, team, at = scope.tx, scope.team, scope.at
    if severity != "critical" and await snooze_if_cause_snoozed(tx, record, at=at):
        return
    await tx.alert_deliveries.lock_team(team.id)
    if await tx.alert_deliveries.of(record.id) is not None:
        return
    delivery = await plan_delivery(scope, kind=record.kind, severity=severity)
    day = team.day_of(delivery.at)
    await tx.alert_deliveries.add(record.id, team_id=team.id, severity=severity, delivery=delivery, day=day, at=at)
    held_until = held_until_of(delivery)
    if record.kind in BUNDLED_KINDS and _is_sent_to_people(team):
        held_until = bundle_wait_until(held_until, at=at)
    await _put(scope, message, key=alert_key(record.id), people=people, held_until=held_until)
    if delivery.outcome == "summed":
        await put_summary(scope, day=day, direct=record.kind in OPERATIONAL_KINDS)


async def repost_alert(scope: TeamScope, record: AlertRecord, *, severity: Severity) -> None:
    """Delivers a reopened alert whose message was dropped before anybody read it."""
    tx, team = scope.tx, scope.team
    await tx.alert_deliveries.lock_team(team.id)
    before = await tx.alert_deliveries.of(record.id)
    if before is None or before.outcome != "dropped":
        return
    delivery = await plan_delivery(scope, kind=record.kind, severity=severity)
    day = team.day_of(delivery.at)
    await tx.alert_deliveries.save(
        replace(before, outcome=delivery.outcome, said_at=delivery.at, said_day=day, settled=False)
    )
    await tx.outbox.hold(alert_key(record.id), until=held_until_of(delivery))


def _is_sent_to_people(team: Team) -> bool:
    place = team.destination("alerts")
    return audience_for(team) == "finance" or not place.ref or place.state == "broken"


async def plan_delivery(scope: TeamScope, *, kind: str, severity: Severity, again: int | None = None) -> Delivery:
    """Returns the delivery of an alert that is due now. `again` is the id of an alert that the daily cap already
    counts."""
    team, at = scope.team, scope.at
    posted_by_day = await scope.tx.alert_deliveries.posted_by_day(
        team.id, since_day=team.day_of(at), direct=kind in OPERATIONAL_KINDS, excluded_id=again
    )
    return delivery_of(team, kind=kind, severity=severity, at=at, posted_by_day=posted_by_day)


def held_until_of(delivery: Delivery) -> int:
    """Returns when the outbox may post the message, in microseconds: 0 for at once, `NEVER` for summarised or muted."""
    return {"said": 0, "held": delivery.at}.get(delivery.outcome, NEVER)


async def _put(scope: TeamScope, message: Message, *, key: str, people: frozenset[int] | None, held_until: int) -> None:
    """Puts a message: in mode preview for finance; else for the team, or for `people` unless the organisation has a
    channel for its alerts."""
    tx, directory, team, at = scope.tx, scope.directory, scope.team, scope.at
    if audience_for(team) == "finance":
        people = directory.reachable_finance
    elif team.kind == "organisation" and not _is_sent_to_people(team):
        people = None
    if people is not None:
        await post_to_people(tx, people, message, dedupe_key=key, at=at, held_until=held_until, about=team)
    else:
        await post_to_team(tx, directory, team, message, dedupe_key=key, at=at, route="alerts", held_until=held_until)


async def put_summary(scope: TeamScope, *, day: int, direct: bool) -> None:
    """Puts or updates the summary of a day's alerts beyond the daily cap. It waits for quiet hours too."""
    tx, team, at = scope.tx, scope.team, scope.at
    deliveries = await tx.alert_deliveries.on_day(team.id, day, outcomes=_SUMMARIZED, direct=direct)
    lines = [
        (t.alert_id, text) for t in deliveries if (text := await tx.outbox.text_of(alert_key(t.alert_id))) is not None
    ]
    key = summary_key(team.id, day, direct=direct)
    if not lines:  # all of them ended before anybody read them
        await tx.outbox.hold(key, until=NEVER)
        return
    message = views.grouped_alerts_message(team, lines=lines, day=day)
    due = min(delivery.said_at for delivery in deliveries)
    held_until = due if due > at else 0
    if await tx.outbox.known(key):
        await tx.outbox.change(key, message, at=at)
        await tx.outbox.hold(key, until=held_until)
    else:
        people = _responders(scope.directory, team) if direct else None
        await _put(scope, message, key=key, people=people, held_until=held_until)


def _responders(directory: Directory, team: Team) -> frozenset[int]:
    """Returns the people who can fix an operational problem of a team or of the organisation."""
    if team.kind == "organisation":
        return directory.reachable(directory.admins | directory.finance)
    return directory.responsible_for(team)
