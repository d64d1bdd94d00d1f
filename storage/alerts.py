"""Alerts remembered: each once per dedupe key, with what was answered."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, insert, select, update

from storage import bulk
from storage.tables import alerts, team_changes, team_judgements

if TYPE_CHECKING:
    from storage.store import Transaction

AlertState = Literal["open", "silent", "acknowledged", "expected", "snoozed", "useless", "closed"]


@dataclass(frozen=True, kw_only=True)
class AlertRecord:
    """An alert as it is kept. `facts` are the figures that its message shows."""

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
    """When somebody first reacted; a later answer or the end of a snooze leaves it."""
    snoozed_until: int | None = None
    useless_by: int | None = None
    useless_at: int | None = None


class Alerts:
    """The alerts of one transaction."""

    def __init__(self, transaction: "Transaction") -> None:
        self._connection = transaction.connection

    async def add(
        self, *, dedupe_key: str, team_id: int, kind: str, state: AlertState, at: int, facts: dict[str, Any]
    ) -> AlertRecord | None:
        """Keeps a new alert; None if its key is known, or another worker keeps it at the same moment."""
        if await self.by_key(dedupe_key) is not None:
            return None
        columns = ("dedupe_key", "team_id", "kind", "state", "opened_at", "facts")
        row = (dedupe_key, team_id, kind, state, at, json.dumps(facts))
        made = await bulk.insert_missing(self._connection, "alerts", columns, ("dedupe_key",), [row])
        return await self.by_key(dedupe_key) if made else None

    async def by_key(self, dedupe_key: str) -> AlertRecord | None:
        row = (await self._connection.execute(select(alerts).where(alerts.c.dedupe_key == dedupe_key))).one_or_none()
        return _record(row) if row else None

    async def by_id(self, alert_id: int) -> AlertRecord | None:
        row = (await self._connection.execute(select(alerts).where(alerts.c.id == alert_id))).one_or_none()
        return _record(row) if row else None

    async def for_answer(self, alert_id: int) -> AlertRecord | None:
        """An alert with its lock."""
        wanted = select(alerts).where(alerts.c.id == alert_id).with_for_update()
        row = (await self._connection.execute(wanted)).one_or_none()
        return _record(row) if row else None

    async def unended(self, *, team_id: int, kind: str) -> AlertRecord | None:
        """The team's newest alert of a kind that has not ended, with its lock."""
        wanted = (
            select(alerts)
            .where(alerts.c.team_id == team_id, alerts.c.kind == kind, alerts.c.closed_at.is_(None))
            .order_by(alerts.c.id.desc())
            .limit(1)
            .with_for_update()
        )
        row = (await self._connection.execute(wanted)).one_or_none()
        return _record(row) if row else None

    async def open_ones(self, *, team_id: int, kind: str) -> list[AlertRecord]:
        """The team's alerts of a kind that were said and have not ended."""
        wanted = select(alerts).where(alerts.c.team_id == team_id, alerts.c.kind == kind, alerts.c.closed_at.is_(None))
        rows = await self._connection.execute(wanted.where(alerts.c.state != "silent").with_for_update())
        return [_record(row) for row in rows]

    async def of_period(self, *, team_id: int, kind: str, period: str) -> list[AlertRecord]:
        """A team's alerts of a kind and period, silent ones too, oldest first, with their locks."""
        wanted = (
            select(alerts)
            .where(alerts.c.team_id == team_id, alerts.c.kind == kind)
            .where(alerts.c.dedupe_key.startswith(f"{kind}:{team_id}:{period}:", autoescape=True))
            .order_by(alerts.c.id)
            .with_for_update()
        )
        return [_record(row) for row in await self._connection.execute(wanted)]

    async def newest(self, *, team_id: int, kind: str, prefix: str) -> AlertRecord | None:
        """The newest of a team's alerts whose key begins so, with its lock."""
        wanted = (
            select(alerts)
            .where(alerts.c.team_id == team_id, alerts.c.kind == kind)
            .where(alerts.c.dedupe_key.startswith(prefix, autoescape=True))
            .order_by(alerts.c.id.desc())
            .limit(1)
            .with_for_update()
        )
        row = (await self._connection.execute(wanted)).one_or_none()
        return _record(row) if row else None

    async def of_kind(self, *, team_id: int, kind: str, since: int) -> list[AlertRecord]:
        """A team's alerts of a kind that have not ended or were said since a moment, oldest first."""
        wanted = (
            select(alerts)
            .where(alerts.c.team_id == team_id, alerts.c.kind == kind)
            .where(alerts.c.closed_at.is_(None) | (alerts.c.opened_at >= since))
            .order_by(alerts.c.id)
        )
        return [_record(row) for row in await self._connection.execute(wanted)]

    async def unended_of(self, kinds: Iterable[str], *, opened_before: int) -> list[AlertRecord]:
        """The alerts of some kinds that have not ended and are as old, of all teams, with their locks."""
        wanted = (
            select(alerts)
            .where(alerts.c.kind.in_(list(kinds)), alerts.c.closed_at.is_(None), alerts.c.opened_at < opened_before)
            .order_by(alerts.c.id)
            .with_for_update()
        )
        return [_record(row) for row in await self._connection.execute(wanted)]

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
                useless_by=record.useless_by,
                useless_at=record.useless_at,
            )
        )

    async def snoozed(self, *, team_id: int, kind: str, at: int) -> list[AlertRecord]:
        """A team's alerts of a kind that are to stay quiet at a moment, ended ones too."""
        wanted = select(alerts).where(alerts.c.team_id == team_id, alerts.c.kind == kind, alerts.c.state == "snoozed")
        rows = await self._connection.execute(wanted.where(alerts.c.snoozed_until > at).order_by(alerts.c.id))
        return [_record(row) for row in rows]

    async def for_waking(self, *, at: int) -> list[AlertRecord]:
        """The alerts whose snooze is over and that have not ended, with their lock; no two workers get the same one."""
        wanted = select(alerts).where(
            alerts.c.state == "snoozed", alerts.c.snoozed_until <= at, alerts.c.closed_at.is_(None)
        )
        rows = await self._connection.execute(wanted.order_by(alerts.c.id).with_for_update(skip_locked=True))
        return [_record(row) for row in rows]

    async def count_between(self, team_id: int, *, from_at: int, until_at: int) -> int:
        """How many alerts of a team were said in a span of time."""
        wanted = (
            select(func.count())
            .select_from(alerts)
            .where(alerts.c.team_id == team_id, alerts.c.state != "silent")
            .where(alerts.c.opened_at >= from_at, alerts.c.opened_at < until_at)
        )
        return int((await self._connection.execute(wanted)).scalar_one())

    async def keys_like(self, prefix: str) -> set[str]:
        """The dedupe keys that begin so: what was said already."""
        wanted = select(alerts.c.dedupe_key).where(alerts.c.dedupe_key.startswith(prefix, autoescape=True))
        return set((await self._connection.execute(wanted)).scalars())

    async def unjudged(self, *, stale_before: int) -> list[tuple[int, int]]:
        """(team, version) of teams with usage that nobody has judged yet, or not since `stale_before`."""
        joined = team_changes.outerjoin(team_judgements, team_judgements.c.team_id == team_changes.c.team_id)
        rows = await self._connection.execute(
            select(
                team_changes.c.team_id, team_changes.c.version, team_judgements.c.version, team_judgements.c.judged_at
            )
            .select_from(joined)
            .order_by(team_changes.c.team_id)
        )
        return [
            (int(team), int(version))
            for team, version, judged, judged_at in rows
            if judged is None or judged < version or judged_at < stale_before
        ]

    async def judged(self, team_id: int, version: int, *, at: int) -> None:
        """Remembers that a team was judged with all changes up to a version."""
        changed = update(team_judgements).where(team_judgements.c.team_id == team_id)
        result = await self._connection.execute(changed.values(version=version, judged_at=at))
        if result.rowcount == 0:
            await self._connection.execute(
                insert(team_judgements).values(team_id=team_id, version=version, judged_at=at)
            )


def _record(row: Any) -> AlertRecord:
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
        useless_by=row.useless_by,
        useless_at=row.useless_at,
    )
