"""Read keys: with one, a program reads exports and sends nothing. They are kept beside the sources, but are none."""

from typing import NamedTuple

from sqlalchemy import Select, insert, select, update

from storage.intake.keys import READ, new_token
from storage.tables.intake import ingest_keys, sources
from storage.transaction import OpenTransaction


class Reader(NamedTuple):
    """Who holds a read key. `team_id` is the team that it is bound to, if any."""

    id: int
    name: str
    team_id: int | None


class ReadKeys:
    """The read keys within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def named(self, name: str) -> Reader | None:
        return await self._one(_READERS.where(sources.c.name == name))

    async def by_hash(self, key: bytes) -> Reader | None:
        """Returns the reader of a key, if the key is valid in this transaction."""
        mine = _READERS.join(ingest_keys, ingest_keys.c.source_id == sources.c.id)
        return await self._one(mine.where(ingest_keys.c.key_hash == key, ingest_keys.c.revoked_at.is_(None)))

    async def create(self, name: str, *, team_id: int | None, at: int) -> str:
        """Creates a reader with its first key, and returns the key's token, which is not stored."""
        values = {"name": name, "format": "", "role": READ, "team_id": team_id, "created_at": at}
        await self._connection.execute(insert(sources).values(**values))
        made = await self.named(name)
        assert made is not None
        return await self.create_key(made, at=at)

    async def create_key(self, reader: Reader, *, at: int) -> str:
        """Creates a further key of a reader and returns its token."""
        token, hashed = new_token()
        values = {"source_id": reader.id, "key_hash": hashed, "created_at": at}
        await self._connection.execute(insert(ingest_keys).values(**values))
        return token

    async def revoke(self, reader: Reader, *, at: int) -> int:
        """Revokes all keys of a reader and returns their number."""
        ended = update(ingest_keys).where(ingest_keys.c.source_id == reader.id, ingest_keys.c.revoked_at.is_(None))
        return (await self._connection.execute(ended.values(revoked_at=at))).rowcount

    async def listed(self) -> list[tuple[Reader, int]]:
        """Returns every reader with the number of its valid keys, by name."""
        readers = [Reader._make(row) for row in await self._connection.execute(_READERS.order_by(sources.c.name))]
        valid = select(ingest_keys.c.source_id).where(ingest_keys.c.revoked_at.is_(None))
        in_force = list((await self._connection.execute(valid)).scalars())
        return [(reader, in_force.count(reader.id)) for reader in readers]

    async def _one(self, query: Select[tuple[int, str, int | None]]) -> Reader | None:
        row = (await self._connection.execute(query)).one_or_none()
        return Reader._make(row) if row else None


_READERS = select(sources.c.id, sources.c.name, sources.c.team_id).where(sources.c.role == READ)
