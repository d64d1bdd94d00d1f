"""Stored deliveries: the outcome of each alert, and its escalations."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, insert, select, true, update

from bot.alerting.delivery_rules import OPERATIONAL_KINDS, Delivery, Outcome
from bot.alerting.severities import Severity
from storage.alerting.alert_records import severity_of
from storage.tables.alerting import alert_turns, alerts
from storage.tables.org import teams
from storage.transaction import OpenTransaction


@dataclass(frozen=True, kw_only=True)
class AlertDelivery:
    """The delivery of an alert. `critical_at` is when it became critical, None if it did not."""

    alert_id: int
    team_id: int
    outcome: Outcome
    severity: Severity
    said_at: int
    said_day: int
    critical_at: int | None
    escalations: int
    settled: bool


@dataclass(frozen=True, kw_only=True)
class TrackedAlert:
    """A delivery with the current state of its alert."""

    delivery: AlertDelivery
    kind: str
    state: str
    is_closed: bool
    answered_by: int | None
    severity: Severity

    @property
    def is_over(self) -> bool:
        """Whether the alert ended, or has an answer other than a snooze."""
        return self.is_closed or self.state not in ("open", "snoozed")


class AlertDeliveries:
    """The deliveries of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def lock_team(self, team_id: int) -> None:
        """Locks a team's deliveries, so that two alerts at once count one after the other."""
        query = select(teams.c.id).where(teams.c.id == team_id).with_for_update(key_share=True)
        await self._connection.execute(query)

    async def posted_by_day(
        self, team_id: int, *, since_day: int, direct: bool, excluded_id: int | None
    ) -> dict[int, int]:
        """Returns the number of a team's alerts posted alone or held, by day, without critical ones; of operational
        kinds (`direct`) or of the others. `excluded_id` is an alert to leave out."""
        rows = await self._connection.execute(
            select(alert_turns.c.said_day, func.count())
            .join(alerts, alerts.c.id == alert_turns.c.alert_id)
            .where(_has_kind(direct=direct), true() if excluded_id is None else alert_turns.c.alert_id != excluded_id)
            .where(alert_turns.c.team_id == team_id, alert_turns.c.said_day >= since_day)
            .where(alert_turns.c.way.in_(("said", "held")), alert_turns.c.critical_at.is_(None))
            .group_by(alert_turns.c.said_day)
        )
        return {int(day): int(count) for day, count in rows}

    async def add(
        self, alert_id: int, *, team_id: int, severity: Severity, delivery: Delivery, day: int, at: int
    ) -> AlertDelivery:
        """Stores the delivery of an alert."""
        values = {"alert_id": alert_id, "team_id": team_id, "way": delivery.outcome, "severity": severity}
        moments = {"said_at": delivery.at, "said_day": day, "critical_at": at if severity == "critical" else None}
        made = insert(alert_turns).values(**values, **moments).returning(alert_turns)
        return _delivery((await self._connection.execute(made)).one())

    async def of(self, alert_id: int) -> AlertDelivery | None:
        """Returns an alert's delivery, locked; None if it has none yet."""
        query = select(alert_turns).where(alert_turns.c.alert_id == alert_id).with_for_update()
        row = (await self._connection.execute(query)).one_or_none()
        return _delivery(row) if row else None

    async def save(self, delivery: AlertDelivery) -> None:
        await self._connection.execute(
            update(alert_turns)
            .where(alert_turns.c.alert_id == delivery.alert_id)
            .values(
                way=delivery.outcome,
                severity=delivery.severity,
                said_at=delivery.said_at,
                said_day=delivery.said_day,
                critical_at=delivery.critical_at,
                escalations=delivery.escalations,
                settled=int(delivery.settled),
            )
        )

    async def resume_tracking(self, alert_id: int, *, at: int) -> None:
        """Tracks a reopened alert again. A critical one waits for an answer from now on."""
        critical_at = case((alert_turns.c.critical_at.is_not(None), at), else_=None)
        watched = update(alert_turns).where(alert_turns.c.alert_id == alert_id)
        await self._connection.execute(watched.values(settled=0, critical_at=critical_at))

    async def unsettled(self, *, team_id: int | None = None) -> list[TrackedAlert]:
        """Returns the deliveries that may still change, with the state of their alerts, by team."""
        query = (
            select(alert_turns, alerts.c.kind, alerts.c.state, alerts.c.closed_at, alerts.c.answered_by, alerts.c.facts)
            .join(alerts, alerts.c.id == alert_turns.c.alert_id)
            .where(alert_turns.c.settled == 0)
            .order_by(alert_turns.c.team_id, alert_turns.c.alert_id)
        )
        if team_id is not None:
            query = query.where(alert_turns.c.team_id == team_id)
        return [
            TrackedAlert(
                delivery=_delivery(row),
                kind=row.kind,
                state=row.state,
                is_closed=row.closed_at is not None,
                answered_by=row.answered_by,
                severity=severity_of(json.loads(row.facts)) or row.severity,
            )
            for row in await self._connection.execute(query)
        ]

    async def on_day(
        self, team_id: int, day: int, *, outcomes: Collection[Outcome], direct: bool
    ) -> list[AlertDelivery]:
        """Returns a team's deliveries of a day, oldest first; of operational kinds or of the others."""
        query = (
            select(alert_turns)
            .join(alerts, alerts.c.id == alert_turns.c.alert_id)
            .where(_has_kind(direct=direct))
            .where(alert_turns.c.team_id == team_id, alert_turns.c.said_day == day, alert_turns.c.way.in_(outcomes))
            .order_by(alert_turns.c.alert_id)
        )
        return [_delivery(row) for row in await self._connection.execute(query)]


def _has_kind(*, direct: bool) -> ColumnElement[bool]:
    return alerts.c.kind.in_(sorted(OPERATIONAL_KINDS)) if direct else alerts.c.kind.not_in(sorted(OPERATIONAL_KINDS))


def _delivery(row: Any) -> AlertDelivery:
    return AlertDelivery(
        alert_id=row.alert_id,
        team_id=row.team_id,
        outcome=row.way,
        severity=row.severity,
        said_at=row.said_at,
        said_day=row.said_day,
        critical_at=row.critical_at,
        escalations=row.escalations,
        settled=bool(row.settled),
    )
