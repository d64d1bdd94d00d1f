"""Sources and their ingest keys. A key is known by its hash alone; the token is shown once, when it is made."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update

from bot.org.attribution import Source
from storage.config import Config
from storage.tables.intake import ingest_keys, sources
from storage.transaction import OpenTransaction

PREFIX = "tok_"


def key_hash(token: str) -> bytes:
    """Tokens are 256 random bits, so a plain hash is enough: there is nothing to guess."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


class Keys:
    """The sources and keys of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def source(self, name: str) -> Source | None:
        row = (await self._connection.execute(select(sources).where(sources.c.name == name))).one_or_none()
        return _source(row) if row else None

    async def create_source(
        self,
        *,
        name: str,
        source_format: str,
        role: str,
        team_id: int | None,
        at: int,
        options: Mapping[str, Any] | None = None,
    ) -> Source:
        """Makes a source. `options` are those of Source's fields that have defaults, where they differ from these."""
        values = {"name": name, "format": source_format, "role": role, "team_id": team_id, "created_at": at}
        await self._connection.execute(insert(sources).values(**values, options=json.dumps(options or {})))
        await Config(self._tx).changed()
        found = await self.source(name)
        assert found is not None
        return found

    async def for_options(self, name: str) -> tuple[Source, dict[str, Any]] | None:
        """A source and its options, to be changed: its row is locked until the transaction ends."""
        found = select(sources).where(sources.c.name == name).with_for_update()
        row = (await self._connection.execute(found)).one_or_none()
        return (_source(row), json.loads(row.options)) if row else None

    async def set_options(self, source: Source, options: Mapping[str, Any]) -> None:
        """Replaces a source's options, from its next commit on."""
        changed = update(sources).where(sources.c.id == source.id).values(options=json.dumps(options))
        await self._connection.execute(changed)
        await Config(self._tx).changed()

    async def set_role(self, source: Source, role: str) -> None:
        """Lets a source meter or observe, from its next commit on."""
        await self._connection.execute(update(sources).where(sources.c.id == source.id).values(role=role))
        await Config(self._tx).changed()

    async def create_key(self, source: Source, *, at: int) -> str:
        """A new key of the source; the returned token is nowhere kept."""
        token = PREFIX + secrets.token_urlsafe(32)
        values = {"source_id": source.id, "key_hash": key_hash(token), "created_at": at}
        await self._connection.execute(insert(ingest_keys).values(**values))
        await Config(self._tx).changed()
        return token

    async def revoke(self, source: Source, *, at: int) -> int:
        """Ends all keys of a source and says how many there were."""
        ended = update(ingest_keys).where(ingest_keys.c.source_id == source.id, ingest_keys.c.revoked_at.is_(None))
        result = await self._connection.execute(ended.values(revoked_at=at))
        await Config(self._tx).changed()
        return result.rowcount

    async def by_key(self) -> dict[bytes, Source]:
        """The source of every key that is in force, by the key's hash."""
        rows = await self._connection.execute(
            select(ingest_keys.c.key_hash, sources)
            .join(sources, sources.c.id == ingest_keys.c.source_id)
            .where(ingest_keys.c.revoked_at.is_(None))
        )
        return {bytes(row.key_hash): _source(row) for row in rows}

    async def listed(self) -> list[tuple[Source, int]]:
        """Every source with the number of its keys in force, by name."""
        in_force = [s.id for s in (await self.by_key()).values()]
        rows = await self._connection.execute(select(sources).order_by(sources.c.name))
        return [(found, in_force.count(found.id)) for found in map(_source, rows)]


def _source(row: object) -> Source:
    values = row._mapping  # type: ignore[attr-defined]  # a SQLAlchemy Row
    return Source(
        id=values["id"],
        name=values["name"],
        format=values["format"],
        role=values["role"],
        team_id=values["team_id"],
        **json.loads(values["options"]),
    )
