"""Operational alerts of the organisation, posted once to the people who can fix the problem."""

from typing import Any

from bot.alerting.severities import Severity
from bot.messages import Message
from handlers.alerting.delivery_rules import post_alert
from handlers.scope import Scope
from storage.alerting.alert_records import AlertRecord


async def notify(
    scope: Scope,
    message: Message,
    *,
    kind: str,
    key: str,
    people: frozenset[int],
    severity: Severity,
    facts: dict[str, Any],
    closed: bool = True,
) -> AlertRecord | None:
    """Stores an alert of the organisation and puts its message for `people`; returns None if its key is known. A
    `closed` alert has no follow-up."""
    root, at = scope.directory.root, scope.at
    record = await scope.tx.alerts.add(
        dedupe_key=key,
        team_id=root.id,
        kind=kind,
        state="closed" if closed else "open",
        at=at,
        closed_at=at if closed else None,
        facts=facts,
    )
    if record is not None:
        await post_alert(scope.of_team(root), message, record=record, severity=severity, people=people)
    return record
