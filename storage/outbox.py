"""The outbox: one row per message, written in the transaction it reports on, delivered at least once."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from bot.messages import Message
from bot.org.alert_settings import MessageRoute
from bot.outbox import worth_until
from storage.tables.outbox import ENDED_CONDITION, REPEATED_CONDITION, WAITS_CONDITION, outbox
from storage.transaction import OpenTransaction

IN_PREVIEW = "team_in_preview"
"""The fault of a message whose team went to preview. Finance has the message, so nobody needs to act."""
NEVER = 2**62
"""A message held until then is stored and kept up to date, but not posted."""
WAITS, GIVEN_UP, CLOSED = 0, 1, 2
"""`given_up` of a message: it waits or was posted; it was given up and needs somebody; it is closed, as others have it."""

MessageState = Literal["waiting", "given-up", "closed"]
MESSAGE_STATES: tuple[MessageState, ...] = get_args(MessageState)


@dataclass(frozen=True, kw_only=True)
class UndeliveredMessage:
    """A message that waits, was given up, or was closed without a post. Moments are in microseconds."""

    id: int
    dedupe_key: str
    state: MessageState
    to_team_id: int | None
    to_person_id: int | None
    created_at: int
    next_at: int
    attempts: int
    fault: str


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
        about_team_id: int | None = None,
    ) -> bool:
        """Stores a message once per dedupe key; returns False, and changes nothing, if the key exists.

        `route` selects one of the team's channels. Nothing is posted before `held_until`, even if the body changes.
        `about_team_id` is the team of a person's message: if the person is gone, the team's others get it.
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
            "about_team_id": about_team_id if to_team_id is None else to_team_id,
            "worth_until": worth_until(dedupe_key, at, held_until=held_until),
        }
        added = self._insert(outbox).values(**values).on_conflict_do_nothing(index_elements=["dedupe_key"])
        return (await self._connection.execute(added.returning(outbox.c.id))).scalar() is not None

    async def known(self, dedupe_key: str) -> bool:
        """Returns True if a message, or a copy of it, is stored."""
        stored = select(outbox.c.id).where(self._same(dedupe_key)).limit(1)
        return (await self._connection.execute(stored)).scalar() is not None

    async def known_of(self, dedupe_keys: Collection[str]) -> frozenset[str]:
        """Returns those of the keys with which a message is stored; copies have keys of their own."""
        stored = select(outbox.c.dedupe_key).where(outbox.c.dedupe_key.in_(list(dedupe_keys)))
        return frozenset(key for (key,) in await self._connection.execute(stored))

    async def change(self, dedupe_key: str, message: Message, *, at: int, is_over: bool = False) -> bool:
        """Replaces the body of a stored message and of its copies (`copy_key`); the next delivery posts the newest body.

        `is_over` says that nobody waits for the message any more, as for a decided request. Returns False if there is no
        such message, or its body is the same.
        """
        body = json.dumps(message.to_json())
        changed = update(outbox).where(self._same(dedupe_key), outbox.c.body != body)
        fresh = {"next_at": at, "attempts": 0, "given_up": 0, "holds_line": 0}
        worth = worth_until(dedupe_key, at, is_over=is_over)
        result = await self._connection.execute(
            changed.values(body=body, wanted_version=outbox.c.wanted_version + 1, worth_until=worth, **fresh)
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

    async def copied_to(self, dedupe_key: str) -> frozenset[int]:
        """Returns the people who have a copy of a message."""
        held = select(outbox.c.to_person_id).where(self._same(dedupe_key), outbox.c.to_person_id.is_not(None))
        return frozenset(int(person) for (person,) in await self._connection.execute(held))

    async def message_of(self, dedupe_key: str) -> Message | None:
        """Returns the current body of a message, or of one of its copies."""
        newest = select(outbox.c.body).where(self._same(dedupe_key)).order_by(outbox.c.id).limit(1)
        body = (await self._connection.execute(newest)).scalar()
        return None if body is None else Message.from_json(json.loads(body))

    def _same(self, dedupe_key: str) -> ColumnElement[bool]:
        """Matches a message and its copies, by an index on both databases: SQLite has none for LIKE, and the order of
        PostgreSQL's text may depend on its language."""
        key, prefix = outbox.c.dedupe_key, copy_key(dedupe_key, "")
        if self._connection.dialect.name == "postgresql":
            return or_(key == dedupe_key, key.startswith(prefix, autoescape=True))
        return or_(key == dedupe_key, and_(key >= prefix, key < prefix[:-1] + chr(ord(prefix[-1]) + 1)))

    async def undelivered(
        self, states: Collection[MessageState], *, limit: int, ids: Collection[int] = (), fault: str = ""
    ) -> list[UndeliveredMessage]:
        """Returns undelivered messages, oldest first. Messages that are held for ever are none of them."""
        found: list[UndeliveredMessage] = []
        for missing in _undelivered(states):
            query = (
                select(outbox).where(missing).order_by(outbox.c.id + 0).limit(limit)
            )  # not by all ids in their order
            if ids:
                query = query.where(outbox.c.id.in_(list(ids)))
            if fault:
                query = query.where(outbox.c.fault == fault)
            found += [_undelivered_message(row) for row in await self._connection.execute(query)]
        return sorted(found, key=lambda message: message.id)[:limit]

    async def undelivered_counts(self) -> dict[MessageState, int]:
        """Returns the number of undelivered messages by state."""
        found: dict[int, int] = {}
        for missing in _undelivered(MESSAGE_STATES):
            query = select(outbox.c.given_up, func.count()).where(missing).group_by(outbox.c.given_up)
            found |= {int(given_up): int(count) for given_up, count in await self._connection.execute(query)}
        return {state: found.get(number, 0) for number, state in enumerate(MESSAGE_STATES)}

    async def retry(self, message: UndeliveredMessage, *, at: int) -> None:
        """Makes a message due now, for as long again as it is worth posting."""
        due = {"given_up": WAITS, "attempts": 0, "next_at": at, "holds_line": 0}
        worth = worth_until(message.dedupe_key, at)
        await self._connection.execute(update(outbox).where(outbox.c.id == message.id).values(worth_until=worth, **due))

    async def repeated(self) -> int:
        """Returns the number of messages that may be in Slack twice, as the outcome of a post was never known."""
        counted = select(func.count()).select_from(outbox).where(REPEATED_CONDITION)
        return int((await self._connection.execute(counted)).scalar_one())

    async def others_have(self, dedupe_key: str, *, except_id: int) -> bool:
        """Returns True if another copy of a message, or the one in a channel, waits or was posted."""
        base = dedupe_key.rpartition(":to:")[0]
        if not base:
            return False
        query = select(outbox.c.id).where(self._same(base), outbox.c.id != except_id, outbox.c.given_up == WAITS)
        return (await self._connection.execute(query.limit(1))).scalar() is not None


def _undelivered(states: Collection[MessageState]) -> list[ColumnElement[bool]]:
    """Returns the conditions of undelivered messages in some states, each with an index of its own."""
    numbers = [number for number, state in enumerate(MESSAGE_STATES) if state in states]
    is_late = and_(outbox.c.delivered_version < outbox.c.wanted_version, outbox.c.held_until < NEVER)
    waits, ended = and_(WAITS_CONDITION, is_late), and_(ENDED_CONDITION, is_late, outbox.c.given_up.in_(numbers))
    return [*([waits] if WAITS in numbers else []), *([ended] if set(numbers) - {WAITS} else [])]


def _undelivered_message(row: Any) -> UndeliveredMessage:
    return UndeliveredMessage(
        id=row.id,
        dedupe_key=row.dedupe_key,
        state=MESSAGE_STATES[row.given_up],
        to_team_id=row.to_team_id,
        to_person_id=row.to_person_id,
        created_at=row.created_at,
        next_at=max(row.next_at, row.held_until),
        attempts=row.attempts,
        fault=row.fault,
    )
