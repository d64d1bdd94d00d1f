"""Bundles: copies of alerts that wait for others to the same person, and the message that lists them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, select, update

from bot.periods import MICROS
from storage.outbox import NEVER
from storage.tables.alerting import alert_bundles
from storage.tables.outbox import outbox
from storage.transaction import OpenTransaction

BUNDLE_WAIT_MICROS = 60 * MICROS
"""A copy waits this long for others at most. The next sweep bundles or releases it."""


def bundle_wait_until(held_until: int, *, at: int) -> int:
    """Returns how long a copy is held for others to join, in microseconds."""
    return NEVER if held_until == NEVER else max(held_until, at) + BUNDLE_WAIT_MICROS


@dataclass(frozen=True, kw_only=True)
class AlertCopy:
    """One person's copy of an alert's message."""

    outbox_id: int
    alert_id: int
    person_id: int
    text: str


class AlertBundles:
    """The bundles of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def any_due(self, *, at: int) -> bool:
        """Whether copies wait, or a bundle needs an update."""
        waits = select(outbox.c.id).where(self._waiting(at)).limit(1)
        return (await self._connection.execute(waits)).scalar() is not None or bool(await self.changed_keys())

    async def waiting(self, *, at: int) -> list[AlertCopy]:
        """Returns the due copies that wait for others, oldest first, locked; without those in delivery."""
        query = select(outbox).where(self._waiting(at)).order_by(outbox.c.id).with_for_update(skip_locked=True)
        return [_copy(row) for row in await self._connection.execute(query)]

    @staticmethod
    def _waiting(at: int) -> ColumnElement[bool]:
        return and_(
            outbox.c.to_person_id.is_not(None),
            outbox.c.dedupe_key.startswith("alert:"),
            outbox.c.held_until > 0,
            outbox.c.held_until <= at + BUNDLE_WAIT_MICROS,
            outbox.c.delivered_version == 0,
            outbox.c.given_up == 0,
            outbox.c.lease_until <= at,
        )

    async def release(self, copy: AlertCopy) -> None:
        """Releases a copy to be posted alone."""
        await self._connection.execute(update(outbox).where(outbox.c.id == copy.outbox_id).values(held_until=0))

    async def bundle(self, copies: Sequence[AlertCopy], *, key: str) -> None:
        """Records that copies are listed in the message with this key. They are not posted alone."""
        rows = [{"outbox_id": copy.outbox_id, "bundle_key": key} for copy in copies]
        await self._connection.execute(insert(alert_bundles), rows)
        await self.mark_drawn(key)

    async def changed_keys(self) -> list[str]:
        """Returns the keys of bundles with an alert that changed since the last drawing."""
        query = (
            select(alert_bundles.c.bundle_key)
            .join(outbox, outbox.c.id == alert_bundles.c.outbox_id)
            .where(outbox.c.wanted_version > outbox.c.delivered_version)
            .distinct()
        )
        return sorted(str(key) for key in (await self._connection.execute(query)).scalars())

    async def members(self, key: str) -> list[AlertCopy]:
        """Returns a bundle's copies as they stand, oldest first, locked."""
        query = (
            select(outbox)
            .join(alert_bundles, alert_bundles.c.outbox_id == outbox.c.id)
            .where(alert_bundles.c.bundle_key == key)
            .order_by(outbox.c.id)
            .with_for_update(of=outbox)
        )
        return [_copy(row) for row in await self._connection.execute(query)]

    async def mark_drawn(self, key: str) -> None:
        """Records that the bundle shows its alerts as they stand."""
        ours = select(alert_bundles.c.outbox_id).where(alert_bundles.c.bundle_key == key)
        drawn = update(outbox).where(outbox.c.id.in_(ours))
        await self._connection.execute(drawn.values(held_until=NEVER, delivered_version=outbox.c.wanted_version))


def _copy(row: Any) -> AlertCopy:
    return AlertCopy(
        outbox_id=row.id,
        alert_id=int(row.dedupe_key.split(":")[1]),
        person_id=row.to_person_id,
        text=str(json.loads(row.body)["text"]),
    )
