"""Stored alerts: one per dedupe key, with their answers."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import and_, func, or_, select, union_all, update

from bot.alerting.delivery_rules import OPERATIONAL_KINDS
from storage.alerting.alert_records import AlertRecord, AlertState, record_of
from storage.tables.alerting import alert_turns, alerts
from storage.tables.org import teams
from storage.transaction import OpenTransaction

WAS_POSTED = or_(
    alert_turns.c.way.in_(("said", "summed")),
    and_(alert_turns.c.way.is_(None), or_(alerts.c.state != "snoozed", alerts.c.answered_by.is_not(None))),
)
"""For alerts joined with their deliveries. An alert without a delivery is older than deliveries, or its cause is
snoozed."""


class Alerts:
    """The alerts of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection
        self._insert = transaction.insert

    async def add(
        self,
        *,
        dedupe_key: str,
        team_id: int,
        kind: str,
        state: AlertState,
        at: int,
        facts: dict[str, Any],
        closed_at: int | None = None,
    ) -> AlertRecord | None:
        """Stores a new alert; returns None if its key is known, or another worker stores it at the same time."""
        values: dict[str, Any] = {"dedupe_key": dedupe_key, "team_id": team_id, "kind": kind, "state": state}
        values |= {"opened_at": at, "closed_at": closed_at}
        made = self._insert(alerts).values(**values, facts=json.dumps(facts)).on_conflict_do_nothing().returning(alerts)
        row = (await self._connection.execute(made)).one_or_none()
        return record_of(row) if row else None

    async def by_key(self, dedupe_key: str) -> AlertRecord | None:
        row = (await self._connection.execute(select(alerts).where(alerts.c.dedupe_key == dedupe_key))).one_or_none()
        return record_of(row) if row else None

    async def by_id(self, alert_id: int) -> AlertRecord | None:
        row = (await self._connection.execute(select(alerts).where(alerts.c.id == alert_id))).one_or_none()
        return record_of(row) if row else None

    async def for_answer(self, alert_id: int) -> AlertRecord | None:
        """Returns an alert, locked."""
        query = select(alerts).where(alerts.c.id == alert_id).with_for_update()
        row = (await self._connection.execute(query)).one_or_none()
        return record_of(row) if row else None

    async def lock_team(self, team_id: int) -> None:
        """Locks a team until the end of the transaction."""
        await self._connection.execute(select(teams.c.id).where(teams.c.id == team_id).with_for_update(key_share=True))

    async def newest_spike(self, team_id: int) -> AlertRecord | None:
        """Returns the team's newest spike that nobody planned, open or ended, locked."""
        query = select(alerts).where(alerts.c.team_id == team_id, alerts.c.kind == "spike")
        query = query.where(alerts.c.state != "expected").order_by(alerts.c.id.desc()).limit(1)
        row = (await self._connection.execute(query.with_for_update())).one_or_none()
        return record_of(row) if row else None

    async def running_of_team(self, *, team_id: int, kind: str) -> list[AlertRecord]:
        """Returns the team's alerts of a kind that have not ended, locked."""
        query = select(alerts).where(alerts.c.team_id == team_id, alerts.c.kind == kind, alerts.c.closed_at.is_(None))
        rows = await self._connection.execute(query.order_by(alerts.c.id).with_for_update())
        return [record_of(row) for row in rows]

    async def running_teams(self, kind: str) -> set[int]:
        """Returns the ids of teams with an alert of a kind that has not ended."""
        query = select(alerts.c.team_id).where(alerts.c.kind == kind, alerts.c.closed_at.is_(None))
        return set((await self._connection.execute(query)).scalars())

    async def open_alerts(self, *, team_id: int, kind: str) -> list[AlertRecord]:
        """Returns the team's posted alerts of a kind that have not ended, locked."""
        query = select(alerts).where(alerts.c.team_id == team_id, alerts.c.kind == kind, alerts.c.closed_at.is_(None))
        rows = await self._connection.execute(query.where(alerts.c.state != "silent").with_for_update())
        return [record_of(row) for row in rows]

    async def teams_with_open(self, *, kind: str) -> set[int]:
        """Returns the teams with posted alerts of a kind that have not ended, without locks."""
        query = select(alerts.c.team_id).where(alerts.c.kind == kind, alerts.c.closed_at.is_(None))
        return set((await self._connection.execute(query.where(alerts.c.state != "silent"))).scalars())

    async def of_period(self, *, team_id: int, kind: str, period: str) -> list[AlertRecord]:
        """Returns a team's alerts of a kind and period, oldest first, silent ones too, locked."""
        query = (
            select(alerts)
            .where(alerts.c.team_id == team_id, alerts.c.kind == kind)
            .where(alerts.c.dedupe_key.startswith(f"{kind}:{team_id}:{period}:", autoescape=True))
            .order_by(alerts.c.id)
            .with_for_update()
        )
        return [record_of(row) for row in await self._connection.execute(query)]

    async def of_periods(
        self, kinds: Collection[str], periods: Mapping[int, str]
    ) -> dict[tuple[int, str], list[AlertRecord]]:
        """Returns the alerts of `of_period` by (team id, kind), without locks. `periods` names the period of each
        team."""
        c = alerts.c
        query = (
            select(alerts)
            .where(c.team_id.in_(periods), c.kind.in_(kinds))
            .where(or_(*(c.dedupe_key.contains(f":{name}:", autoescape=True) for name in set(periods.values()))))
            .order_by(c.id)
        )
        found: dict[tuple[int, str], list[AlertRecord]] = {}
        for row in await self._connection.execute(query):
            if row.dedupe_key.startswith(f"{row.kind}:{row.team_id}:{periods[row.team_id]}:"):
                found.setdefault((row.team_id, row.kind), []).append(record_of(row))
        return found

    async def newest(self, *, team_id: int, kind: str, prefix: str) -> AlertRecord | None:
        """Returns the newest of a team's alerts whose key starts with `prefix`, locked."""
        query = (
            select(alerts)
            .where(alerts.c.team_id == team_id, alerts.c.kind == kind)
            .where(alerts.c.dedupe_key.startswith(prefix, autoescape=True))
            .order_by(alerts.c.id.desc())
            .limit(1)
            .with_for_update()
        )
        row = (await self._connection.execute(query)).one_or_none()
        return record_of(row) if row else None

    async def with_prefix(self, *, team_id: int, kind: str, prefix: str) -> list[AlertRecord]:
        """Returns a team's alerts whose key starts with `prefix`, oldest first, without locks."""
        query = (
            select(alerts)
            .where(alerts.c.team_id == team_id, alerts.c.kind == kind)
            .where(alerts.c.dedupe_key.startswith(prefix, autoescape=True))
        )
        return [record_of(row) for row in await self._connection.execute(query.order_by(alerts.c.id))]

    async def of_kind(self, *, team_id: int, kind: str, since: int) -> list[AlertRecord]:
        """Returns a team's alerts of a kind that have not ended, or that opened since a moment, oldest first."""
        query = (
            select(alerts)
            .where(alerts.c.team_id == team_id, alerts.c.kind == kind)
            .where(alerts.c.closed_at.is_(None) | (alerts.c.opened_at >= since))
            .order_by(alerts.c.id)
        )
        return [record_of(row) for row in await self._connection.execute(query)]

    async def posted_of(self, team_id: int, *, kinds: Collection[str], since: int, until: int) -> list[AlertRecord]:
        """Returns a team's posted alerts of some kinds that run, or that opened in [since, until), newest first."""
        query = (
            select(alerts)
            .outerjoin(alert_turns, alert_turns.c.alert_id == alerts.c.id)
            .where(alerts.c.team_id == team_id, alerts.c.kind.in_(sorted(kinds)), alerts.c.state != "silent")
            .where(WAS_POSTED)
            .where(alerts.c.opened_at < until)
            .where(alerts.c.closed_at.is_(None) | (alerts.c.opened_at >= since))
        )
        found = [record_of(row) for row in await self._connection.execute(query)]
        return sorted(found, key=lambda record: -record.id)

    async def save(self, record: AlertRecord) -> None:
        await self._connection.execute(
            update(alerts)
            .where(alerts.c.id == record.id)
            .values(
                state=record.state,
                closed_at=record.closed_at,
                answered_by=record.answered_by,
                answered_at=record.answered_at,
                facts=json.dumps(record.facts),
                first_answered_at=record.first_answered_at,
                snoozed_until=record.snoozed_until,
                answered_as=record.answered_as,
            )
        )

    async def snoozed(self, *, team_id: int, kind: str, at: int) -> list[AlertRecord]:
        """Returns a team's alerts of a kind that are snoozed at a moment, ended ones too."""
        query = select(alerts).where(alerts.c.team_id == team_id, alerts.c.kind == kind, alerts.c.state == "snoozed")
        rows = await self._connection.execute(query.where(alerts.c.snoozed_until > at).order_by(alerts.c.id))
        return [record_of(row) for row in rows]

    async def recent(self, *, kind: str, since: int) -> list[AlertRecord]:
        """Returns the posted alerts of a kind, of all teams, that have not ended or ended since a moment."""
        posted = select(alerts).where(alerts.c.kind == kind, alerts.c.state != "silent")
        running, ended = posted.where(alerts.c.closed_at.is_(None)), posted.where(alerts.c.closed_at >= since)
        rows = await self._connection.execute(union_all(running, ended))  # each by its part of the index
        return sorted((record_of(row) for row in rows), key=lambda record: record.id)

    async def unanswered(self, kinds: Collection[str]) -> list[AlertRecord]:
        """Returns the posted alerts of some kinds, of all teams, that run and have no answer, oldest first."""
        query = (
            select(alerts)
            .select_from(alerts.outerjoin(alert_turns, alert_turns.c.alert_id == alerts.c.id))
            .where(alerts.c.kind.in_(kinds), alerts.c.closed_at.is_(None), alerts.c.state == "open", WAS_POSTED)
        )
        return sorted((record_of(row) for row in await self._connection.execute(query)), key=lambda record: record.id)

    async def snoozes_due(self, *, at: int) -> list[AlertRecord]:
        """Returns running alerts whose snooze is over, or that became critical since it began, locked; no two workers
        get the same one. For an alert that never posted, because of another alert's snooze, the facts hold the
        severity."""
        turn = alert_turns.c
        critical = select(turn.alert_id).where(turn.alert_id == alerts.c.id, turn.critical_at > alerts.c.answered_at)
        query = select(alerts).where(alerts.c.state == "snoozed", alerts.c.closed_at.is_(None))
        unsaid = alerts.c.answered_by.is_(None)
        query = query.where(or_(alerts.c.snoozed_until <= at, critical.exists(), unsaid))
        rows = await self._connection.execute(query.order_by(alerts.c.id).with_for_update(skip_locked=True))
        found = [record_of(row) for row in rows]
        return [
            record
            for record in found
            if record.answered_by is not None
            or (record.snoozed_until is not None and record.snoozed_until <= at)
            or record.severity == "critical"
        ]

    async def count_between(self, team_id: int, *, from_at: int, until_at: int) -> int:
        """Returns the number of alerts posted in a team's channel in a span of time."""
        turn = alert_turns.c
        query = (
            select(func.count())
            .select_from(alerts.outerjoin(alert_turns, turn.alert_id == alerts.c.id))
            .where(
                alerts.c.team_id == team_id, alerts.c.state != "silent", alerts.c.kind.not_in(sorted(OPERATIONAL_KINDS))
            )
            .where(WAS_POSTED)
            .where(alerts.c.opened_at >= from_at, alerts.c.opened_at < until_at)
        )
        return int((await self._connection.execute(query)).scalar_one())
