"""What those who can mend it are told once of the figures themselves, by the organisation's manners."""

from typing import Any

from bot.alerting.delivery_rules import Severity
from bot.messages import Message
from bot.rulebook import Rulebook
from handlers.alerting.delivery_rules import post_alert
from storage.alerting.alerts import AlertRecord
from storage.store import Transaction


async def notify(
    tx: Transaction,
    rulebook: Rulebook,
    message: Message,
    *,
    kind: str,
    key: str,
    people: frozenset[int],
    severity: Severity,
    facts: dict[str, Any],
    at: int,
    closed: bool = True,
) -> AlertRecord | None:
    """Keeps an alert of the organisation and puts its message for people; None if its key is known. It is `closed` where
    nothing follows from it."""
    root = rulebook.directory.root
    record = await tx.alerts.add(
        dedupe_key=key,
        team_id=root.id,
        kind=kind,
        state="closed" if closed else "open",
        at=at,
        closed_at=at if closed else None,
        facts=facts,
    )
    if record is not None:
        await post_alert(tx, rulebook, root, message, record=record, severity=severity, at=at, people=people)
    return record
