"""The outbox: one row per message, written in the transaction it reports on, delivered at least once."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from bot.messages import Message
from bot.org.alert_settings import MessageRoute
from bot.periods import MICROS
from storage.tables.outbox import outbox
from storage.transaction import OpenTransaction

IN_PREVIEW = "team_in_preview"
"""The fault of a message whose team went to preview. Finance has the message, so nobody needs to act."""
NEVER = 2**62
"""A message held until then is stored and kept up to date, but not posted."""


@dataclass(frozen=True, kw_only=True)
class OutboxItem:
    """A message to post, or to update if it has a `ts`, at its `version`."""

    id: int
    dedupe_key: str
    to_team_id: int | None
    to_person_id: int | None
    route: MessageRoute
    message: Message
    version: int
    channel: str
    ts: str
    file_ids: tuple[str, ...]
    attempts: int


def copy_key(dedupe_key: str, person: int | str) -> str:
    """Returns the dedupe key of a message's copy for one person."""
    return f"{dedupe_key}:to:{person}"


class Outbox:
    """The outbox within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection
        self._insert = transaction.insert

    async def put(
        self,
        message: Message,
        *,
        dedupe_key: str,
        at: int,
        to_team_id: int | None = None,
        to_person_id: int | None = None,
        route: MessageRoute = "",
        held_until: int = 0,
    ) -> bool:
        """Stores a message once per dedupe key; returns False, and changes nothing, if the key exists.

        `route` selects one of the team's channels. Nothing is posted before `held_until`, even if the body changes.
        """
        if (to_team_id is None) == (to_person_id is None):
            raise ValueError("a message goes to a team's channel or to a person")
        stored = select(outbox.c.id).where(outbox.c.dedupe_key == dedupe_key)
        if (await self._connection.execute(stored)).scalar() is not None:
            return False  # a conflicting insert would use up an id
        values = {
            "dedupe_key": dedupe_key,
            "to_team_id": to_team_id,
            "to_person_id": to_person_id,
            "body": json.dumps(message.to_json()),
            "wanted_version": 1,
            "delivered_version": 0,
            "next_at": at,
            "created_at": at,
            "route": route,
            "held_until": held_until,
        }
        added = self._insert(outbox).values(**values).on_conflict_do_nothing(index_elements=["dedupe_key"])
        return (await self._connection.execute(added.returning(outbox.c.id))).scalar() is not None

    async def known(self, dedupe_key: str) -> bool:
        """Returns True if a message, or a copy of it, is stored."""
        stored = select(outbox.c.id).where(self._same(dedupe_key)).limit(1)
        return (await self._connection.execute(stored)).scalar() is not None

    async def change(self, dedupe_key: str, message: Message, *, at: int) -> bool:
        """Replaces the body of a stored message and of its copies (`copy_key`); the next delivery posts the newest body.

        Returns False if there is no such message, or its body is the same.
        """
        body = json.dumps(message.to_json())
        changed = update(outbox).where(self._same(dedupe_key), outbox.c.body != body)
        result = await self._connection.execute(
            changed.values(body=body, wanted_version=outbox.c.wanted_version + 1, next_at=at, attempts=0, given_up=0)
        )
        return result.rowcount > 0

    async def hold(self, dedupe_key: str, *, until: int) -> None:
        """Holds a message and its copies until then, unless they are posted already; 0 releases them now."""
        held = update(outbox).where(self._same(dedupe_key), outbox.c.ts == "")
        await self._connection.execute(held.values(held_until=until))

    async def text_of(self, dedupe_key: str) -> str | None:
        """Returns the current text of a message, or of one of its copies."""
        newest = select(outbox.c.body).where(self._same(dedupe_key)).order_by(outbox.c.id).limit(1)
        body = (await self._connection.execute(newest)).scalar()
        return None if body is None else str(json.loads(body)["text"])

    async def message_of(self, dedupe_key: str) -> Message | None:
        """Returns the current body of a message, or of one of its copies."""
        newest = select(outbox.c.body).where(self._same(dedupe_key)).order_by(outbox.c.id).limit(1)
        body = (await self._connection.execute(newest)).scalar()
        return None if body is None else Message.from_json(json.loads(body))

    @staticmethod
    def _same(dedupe_key: str) -> ColumnElement[bool]:
        """Matches a message and its copies."""
        copies = outbox.c.dedupe_key.startswith(copy_key(dedupe_key, ""), autoescape=True)
        return or_(outbox.c.dedupe_key == dedupe_key, copies)

    async def claim(self, *, owner: str, now: int, lease_seconds: int, limit: int = 20) -> list[OutboxItem]:
        """Leases due messages, up to `limit`. A conditional update claims each, so two workers never lease the same one."""
        undelivered = and_(outbox.c.delivered_version < outbox.c.wanted_version, outbox.c.given_up == 0)
        due = and_(undelivered, outbox.c.next_at <= now, outbox.c.held_until <= now)
        free = outbox.c.lease_until <= now
        ids = select(outbox.c.id).where(due, free).order_by(outbox.c.id).limit(limit).with_for_update(skip_locked=True)
        due_ids = list((await self._connection.execute(ids)).scalars())
        if not due_ids:
            return []
        claimed = (
            update(outbox)
            .where(outbox.c.id.in_(due_ids), due, free)
            .values(lease_owner=owner, lease_until=now + lease_seconds * MICROS)
            .returning(outbox)
        )
        rows = (await self._connection.execute(claimed)).all()
        return sorted((_item(row) for row in rows), key=lambda item: item.id)

    async def delivered(
        self, item: OutboxItem, *, owner: str, channel: str, ts: str, file_ids: tuple[str, ...]
    ) -> bool:
        """Marks a version as delivered; returns False, and marks nothing, if another worker holds the lease."""
        done = update(outbox).where(outbox.c.id == item.id, outbox.c.lease_owner == owner)
        result = await self._connection.execute(
            done.values(
                delivered_version=item.version,
                channel=channel,
                ts=ts,
                file_ids=json.dumps(file_ids),
                lease_owner="",
                lease_until=0,
                attempts=0,
                fault="",
            )
        )
        return result.rowcount > 0

    async def failed(self, item: OutboxItem, *, owner: str, fault: str, next_at: int, give_up: bool) -> bool:
        """Schedules a message's next attempt, or gives it up; returns True if it was given up.

        A version that was replaced meanwhile is not given up: the newer version is due at once.
        """
        ours = update(outbox).where(outbox.c.id == item.id, outbox.c.lease_owner == owner)
        free = {"fault": fault[:300], "lease_owner": "", "lease_until": 0}
        later = {**free, "attempts": item.attempts + 1, "next_at": next_at}
        if not give_up:
            await self._connection.execute(ours.values(**later))
            return False
        newest = ours.where(outbox.c.wanted_version == item.version)
        ended = await self._connection.execute(newest.values(**later, given_up=1))
        if ended.rowcount == 0:
            await self._connection.execute(ours.values(**free))
        return ended.rowcount > 0

    async def remember_files(self, item: OutboxItem, *, owner: str, file_ids: tuple[str, ...]) -> None:
        """Stores the ids of uploaded files before the post, so that a retry does not upload them again."""
        kept = update(outbox).where(outbox.c.id == item.id, outbox.c.lease_owner == owner)
        await self._connection.execute(kept.values(file_ids=json.dumps(file_ids)))

    async def waiting(self) -> int:
        """Returns the number of messages that wait for delivery."""
        due = and_(outbox.c.delivered_version < outbox.c.wanted_version, outbox.c.held_until < NEVER)
        return len((await self._connection.execute(select(outbox.c.id).where(due, outbox.c.given_up == 0))).all())

    async def given_up(self) -> list[tuple[str, str]]:
        """Returns (dedupe key, fault) of each message that was given up."""
        lost = select(outbox.c.dedupe_key, outbox.c.fault).where(outbox.c.given_up == 1, outbox.c.fault != IN_PREVIEW)
        rows = await self._connection.execute(lost)
        return [(str(key), str(fault)) for key, fault in rows]


def _item(row: Any) -> OutboxItem:
    return OutboxItem(
        id=row.id,
        dedupe_key=row.dedupe_key,
        to_team_id=row.to_team_id,
        to_person_id=row.to_person_id,
        route=row.route,
        message=Message.from_json(json.loads(row.body)),
        version=row.wanted_version,
        channel=row.channel,
        ts=row.ts,
        file_ids=tuple(json.loads(row.file_ids)),
        attempts=row.attempts,
    )
