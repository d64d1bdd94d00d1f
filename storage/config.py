"""The configuration's version and documents. Each group of usage is attributed and priced by one version."""

import json
import secrets
from typing import Any

from sqlalchemy import insert, select, update

from storage import bulk
from storage.queries.statements import Prepared
from storage.tables.base import config, documents
from storage.transaction import OpenTransaction

_VERSION = Prepared(select(config.c.version))


class Config:
    """The configuration within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def version(self) -> int:
        """Returns the version, which grows with every change of teams, rules, prices or keys; 0 before the first
        change.
        """
        found = await self._tx.rows(_VERSION)
        return int(found[0][0]) if found else 0

    async def lock(self) -> None:
        """Makes other changes of the configuration wait until this transaction ends."""
        await self._connection.execute(select(config.c.id).with_for_update())

    async def changed(self) -> int:
        """Increases the version, so that every process reads the configuration again. Returns the new one."""
        bumped = update(config).values(version=config.c.version + 1).returning(config.c.version)
        version = (await self._connection.execute(bumped)).scalar()
        if version is None:
            await self._connection.execute(insert(config).values(id=1, version=1, salt=secrets.token_bytes(16)))
        return int(version or 1)

    async def salt(self) -> bytes:
        """Returns the salt for the hashes of free texts in the ledger and the audit log."""
        found = (await self._connection.execute(select(config.c.salt))).scalar()
        if found is None:
            await self.changed()
            return await self.salt()
        return bytes(found)

    async def document(self, name: str) -> Any:
        """Returns a document as plain values, or None."""
        body = (await self._connection.execute(select(documents.c.body).where(documents.c.name == name))).scalar()
        return None if body is None else json.loads(body)

    async def save_document(self, name: str, value: Any, *, at: int) -> None:
        row = (name, json.dumps(value, sort_keys=True), at)
        key = ("name",)
        missing = await bulk.insert_missing(self._connection, "documents", ("name", "body", "imported_at"), key, [row])
        if not missing:
            changed = update(documents).where(documents.c.name == name).values(body=row[1], imported_at=at)
            await self._connection.execute(changed)
