"""Stored reminders: since when somebody is asked to decide a request, how often they were reminded, and their message."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, select, update

from storage.tables.attendance import reminder_messages, request_reminders
from storage.tables.requests import PENDING, budget_requests
from storage.transaction import OpenTransaction


@dataclass(frozen=True, kw_only=True)
class Reminder:
    """Since when somebody is asked to decide a request, and how often they were reminded of it."""

    request_id: int
    person_id: int
    asked_at: int
    sent: int


@dataclass(frozen=True, kw_only=True)
class ReminderMessage:
    """Somebody's latest reminder message: its number, when it was posted, and whether nothing of it waits any more."""

    person_id: int
    number: int
    posted_at: int
    is_over: bool


class Reminders:
    """The reminders within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def of_pending(self) -> dict[int, dict[int, Reminder]]:
        """Returns the reminders of pending requests, by request and person."""
        query = select(request_reminders).join(budget_requests, budget_requests.c.id == request_reminders.c.request_id)
        rows = await self._connection.execute(query.where(PENDING))
        found: dict[int, dict[int, Reminder]] = {}
        for row in rows:
            one = Reminder(request_id=row.request_id, person_id=row.person_id, asked_at=row.asked_at, sent=row.sent)
            found.setdefault(one.request_id, {})[one.person_id] = one
        return found

    async def asked(self, request_id: int) -> list[int]:
        """Returns the people who are asked to decide a request."""
        query = select(request_reminders.c.person_id).where(request_reminders.c.request_id == request_id)
        return sorted(int(person) for (person,) in await self._connection.execute(query))

    async def begin(self, request_id: int, person_id: int, *, asked_at: int) -> None:
        """Remembers since when somebody is asked, unless that is known."""
        made = self._tx.insert(request_reminders).values(
            request_id=request_id, person_id=person_id, asked_at=asked_at, sent=0
        )
        await self._connection.execute(made.on_conflict_do_nothing(index_elements=["request_id", "person_id"]))

    async def drop(self, request_id: int, person_ids: Collection[int]) -> None:
        """Forgets people who are no longer asked; whoever comes back later begins anew."""
        gone = (request_reminders.c.request_id == request_id, request_reminders.c.person_id.in_(list(person_ids)))
        await self._connection.execute(delete(request_reminders).where(*gone))

    async def claim(self, request_id: int, person_id: int, *, sent: int, at: int) -> bool:
        """Counts reminders as sent; returns False if another process has counted as many."""
        fewer = (
            request_reminders.c.request_id == request_id,
            request_reminders.c.person_id == person_id,
            request_reminders.c.sent < sent,
        )
        counted = update(request_reminders).where(*fewer).values(sent=sent, sent_at=at)
        return (await self._connection.execute(counted)).rowcount > 0

    async def message_of(self, person_id: int) -> ReminderMessage | None:
        query = select(reminder_messages).where(reminder_messages.c.person_id == person_id).with_for_update()
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _message(row)

    async def live_messages(self) -> list[ReminderMessage]:
        """Returns the latest messages of people for whom something of it waits."""
        rows = await self._connection.execute(select(reminder_messages).where(reminder_messages.c.is_over == 0))
        return sorted((_message(row) for row in rows), key=lambda one: one.person_id)

    async def save_message(self, message: ReminderMessage) -> None:
        values = {"number": message.number, "posted_at": message.posted_at, "is_over": int(message.is_over)}
        made = self._tx.insert(reminder_messages).values(person_id=message.person_id, **values)
        await self._connection.execute(made.on_conflict_do_update(index_elements=["person_id"], set_=values))


def _message(row: object) -> ReminderMessage:
    return ReminderMessage(
        person_id=row.person_id,  # type: ignore[attr-defined]  # a SQLAlchemy Row
        number=row.number,  # type: ignore[attr-defined]
        posted_at=row.posted_at,  # type: ignore[attr-defined]
        is_over=bool(row.is_over),  # type: ignore[attr-defined]
    )
