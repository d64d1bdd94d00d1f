"""Sources and their ingest keys. Only a key's hash is stored; the token is shown once, when it is created."""

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
READ = "read"
"""The role of the rows of `sources` that are read keys (storage/intake/read_keys.py), and no sources."""
_SOURCES = select(sources).where(sources.c.role != READ)
_VALID_KEYS = (
    select(ingest_keys.c.key_hash, sources)
    .join(sources, sources.c.id == ingest_keys.c.source_id)
    .where(ingest_keys.c.revoked_at.is_(None), sources.c.role != READ)
)


def key_hash(token: str) -> bytes:
    """Returns a token's hash. Tokens are 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def new_token() -> tuple[str, bytes]:
    """Returns a new token and its hash."""
    token = PREFIX + secrets.token_urlsafe(32)
    return token, key_hash(token)


class Keys:
    """The sources and keys within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def source(self, name: str) -> Source | None:
        row = (await self._connection.execute(_SOURCES.where(sources.c.name == name))).one_or_none()
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
        """Creates a source. `options` holds the fields of Source that have defaults and differ from them."""
        values = {"name": name, "format": source_format, "role": role, "team_id": team_id, "created_at": at}
        await self._connection.execute(insert(sources).values(**values, options=json.dumps(options or {})))
        await Config(self._tx).changed()
        found = await self.source(name)
        assert found is not None
        return found

    async def for_options(self, name: str) -> tuple[Source, dict[str, Any]] | None:
        """Returns a source and its options, and locks its row until the transaction ends."""
        found = _SOURCES.where(sources.c.name == name).with_for_update()
        row = (await self._connection.execute(found)).one_or_none()
        return (_source(row), json.loads(row.options)) if row else None

    async def set_options(self, source: Source, options: Mapping[str, Any]) -> None:
        """Replaces a source's options, from its next commit on."""
        changed = update(sources).where(sources.c.id == source.id).values(options=json.dumps(options))
        await self._connection.execute(changed)
        await Config(self._tx).changed()

    async def set_role(self, source: Source, role: str) -> None:
        """Sets a source's role, from its next commit on."""
        await self._connection.execute(update(sources).where(sources.c.id == source.id).values(role=role))
        await Config(self._tx).changed()

    async def create_key(self, source: Source, *, at: int) -> str:
        """Creates a key of the source and returns its token, which is not stored."""
        token, hashed = new_token()
        values = {"source_id": source.id, "key_hash": hashed, "created_at": at}
        await self._connection.execute(insert(ingest_keys).values(**values))
        await Config(self._tx).changed()
        return token

    async def revoke(self, source: Source, *, at: int) -> int:
        """Revokes all keys of a source and returns their number."""
        ended = update(ingest_keys).where(ingest_keys.c.source_id == source.id, ingest_keys.c.revoked_at.is_(None))
        result = await self._connection.execute(ended.values(revoked_at=at))
        await Config(self._tx).changed()
        return result.rowcount

    async def by_key(self) -> dict[bytes, Source]:
        """Returns the source of every valid key, by the key's hash."""
        rows = await self._connection.execute(_VALID_KEYS)
        return {bytes(row.key_hash): _source(row) for row in rows}

    async def by_hash(self, key: bytes) -> Source | None:
        """Returns the source of one key, if the key is valid in this transaction, whatever the process remembers."""
        row = (await self._connection.execute(_VALID_KEYS.where(ingest_keys.c.key_hash == key))).one_or_none()
        return _source(row) if row else None

    async def listed(self) -> list[tuple[Source, int]]:
        """Returns every source with the number of its valid keys, by name."""
        in_force = [s.id for s in (await self.by_key()).values()]
        rows = await self._connection.execute(_SOURCES.order_by(sources.c.name))
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
