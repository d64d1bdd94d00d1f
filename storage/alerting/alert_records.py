"""An alert as its row holds it."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from bot.alerting.severities import SEVERITIES, Severity

AlertState = Literal["open", "silent", "acknowledged", "expected", "snoozed", "closed"]


@dataclass(frozen=True, kw_only=True)
class AlertRecord:
    """A stored alert. `facts` are the JSON figures of its message; the classes of `bot.alerting.facts` read them."""

    id: int
    dedupe_key: str
    team_id: int
    kind: str
    state: AlertState
    opened_at: int
    closed_at: int | None
    answered_by: int | None
    answered_at: int | None
    facts: dict[str, Any]
    first_answered_at: int | None = None
    """When somebody first reacted. Later answers and the end of a snooze leave it."""
    snoozed_until: int | None = None
    answered_as: str = ""
    """`owner` if the owner of a key answered as such: the channel does not name that person."""

    @property
    def severity(self) -> Severity | None:
        """The severity that the facts hold; None for kinds that hold none."""
        return severity_of(self.facts)

    @property
    def period(self) -> str | None:
        """The name of the budget period that the facts hold; None for kinds that hold none."""
        return self.facts.get("period")


def severity_of(facts: dict[str, Any]) -> Severity | None:
    """Returns the severity in stored facts of any kind; None if they hold none."""
    return next((severity for severity in SEVERITIES if severity == facts.get("severity")), None)


def record_of(row: Any) -> AlertRecord:
    """Returns the alert of a row of the table `alerts`."""
    return AlertRecord(
        id=row.id,
        dedupe_key=row.dedupe_key,
        team_id=row.team_id,
        kind=row.kind,
        state=row.state,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        answered_by=row.answered_by,
        answered_at=row.answered_at,
        facts=json.loads(row.facts),
        first_answered_at=row.first_answered_at,
        snoozed_until=row.snoozed_until,
        answered_as=row.answered_as,
    )
