"""The audit log: every decision and change of settings, hash-chained and append-only."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import insert, select, text

from storage.config import Config
from storage.tables.books import audit
from storage.transaction import OpenTransaction

_START = b"\0" * 32
_PAGE = 5_000


def link(previous: bytes, *, at: int, actor_id: int | None, action: str, subject: str, detail: str) -> bytes:
    """Returns the hash of a record, which covers the previous one: SHA-256 over both."""
    content = json.dumps([at, actor_id, action, subject, detail])
    return hashlib.sha256(previous + content.encode()).digest()


class AuditRecord(NamedTuple):
    """A record as people read it."""

    id: int
    at: int
    actor_id: int | None
    action: str
    detail: dict[str, Any]


class Audit:
    """The audit log within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection
        self._tx = transaction

    async def record(self, *, at: int, actor_id: int | None, action: str, subject: str, detail: dict[str, Any]) -> None:
        """Appends a record. `detail` holds opaque ids, amounts and hashes; free texts go through `hashed`."""
        if self._connection.dialect.name == "postgresql":
            await self._connection.execute(text("SELECT pg_advisory_xact_lock(7041777)"))  # one chain, one writer
        last = (await self._connection.execute(select(audit).order_by(audit.c.id.desc()).limit(1))).one_or_none()
        previous, number = (bytes(last.hash), int(last.id)) if last else (_START, 0)
        written = json.dumps(detail, sort_keys=True)
        chained = link(previous, at=at, actor_id=actor_id, action=action, subject=subject, detail=written)
        values = {"id": number + 1, "at": at, "actor_id": actor_id, "action": action, "subject": subject}
        await self._connection.execute(insert(audit).values(**values, detail=written, hash=chained))

    async def has(self, *, action: str, subject: str) -> bool:
        """Returns whether there is a record of an action on a subject."""
        recorded = select(audit.c.id).where(audit.c.subject == subject, audit.c.action == action).limit(1)
        return (await self._connection.execute(recorded)).scalar() is not None

    async def about(self, subject: str, actions: Sequence[str], *, before: int | None, limit: int) -> list[AuditRecord]:
        """Returns the newest records of these actions on a subject, older than a record's number."""
        query = select(audit).where(audit.c.subject == subject, audit.c.action.in_(actions))
        if before is not None:
            query = query.where(audit.c.id < before)
        rows = await self._connection.execute(query.order_by(audit.c.id.desc()).limit(limit))
        return [
            AuditRecord(
                id=int(row.id), at=int(row.at), actor_id=row.actor_id, action=row.action, detail=json.loads(row.detail)
            )
            for row in rows
        ]

    async def subject_of(self, number: int) -> str:
        """Returns the subject of a record; "" if there is none."""
        found = await self._connection.execute(select(audit.c.subject).where(audit.c.id == number))
        return str(found.scalar() or "")

    async def hashed(self, free_text: str) -> str:
        """Returns a salted hash of a text that people wrote: it proves the text, until the salt is deleted."""
        salt = await Config(self._tx).salt()
        return hashlib.blake2b(free_text.encode("utf-8", "surrogatepass"), key=salt, digest_size=16).hexdigest()

    async def first_broken(self, *, since_at: int | None = None) -> int | None:
        """Returns the number of the first record that breaks the chain, or None; of those since a moment, or of all."""
        previous, expected = _START, 1
        if since_at is not None:
            before = select(audit.c.id, audit.c.hash).where(audit.c.at < since_at).order_by(audit.c.id.desc()).limit(1)
            if (last := (await self._connection.execute(before)).one_or_none()) is not None:
                previous, expected = bytes(last.hash), int(last.id) + 1
        while True:
            page = select(audit).where(audit.c.id >= expected).order_by(audit.c.id).limit(_PAGE)
            rows = (await self._connection.execute(page)).all()
            for row in rows:
                chained = link(
                    previous,
                    at=row.at,
                    actor_id=row.actor_id,
                    action=row.action,
                    subject=row.subject,
                    detail=row.detail,
                )
                if row.id != expected or chained != bytes(row.hash):
                    return int(row.id)
                previous, expected = chained, expected + 1
            if len(rows) < _PAGE:
                return None
