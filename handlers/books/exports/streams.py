"""Exports over HTTP: what a request asks for, and the rows that answer it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from bot.books.exports.cursors import BadCursor, ExportCursor, read_cursor
from bot.org.teams import Directory
from bot.refusals import ConfigError, FieldRefusal
from handlers.books.exports.files import FORMATS, MEDIA_TYPES, FileFormat, encoded, require_pyarrow
from handlers.books.exports.sources import (
    COLUMNS,
    EXPORTS,
    OF_EVERYBODY,
    ExportName,
    export_scope,
    note_named_people,
    removed_before,
    rows_of,
)
from handlers.context import Context
from handlers.rulebooks import KeyRevoked
from storage.books.exports.pages import pages
from storage.books.exports.snapshots import NoSnapshot, snapshot_now
from storage.intake.read_keys import Reader
from storage.store import Transaction

MOST_ROWS = 1_000_000
"""The largest `limit`."""
_AT_ONCE = 2
"""Pages that all exports of a process read at a time."""


class NoExport(Exception):
    """There is no export of this name."""


class NotForTeams(Exception):
    """The key is bound to a team, and the export is the organisation's."""


@dataclass(frozen=True, kw_only=True)
class ExportQuery:
    """What a request asks for, as it was sent."""

    name: str
    period: str | None = None
    cursor: str | None = None
    file_format: str | None = None
    limit: str | None = None


@dataclass(frozen=True, kw_only=True)
class ExportStream:
    """An export's bytes, and what its headers say."""

    media_type: str
    file: str
    pieces: AsyncIterator[bytes]
    resume_with: str
    next_cursor: str
    removed_before: str


class Exports:
    """The exports of one process. Each page is read in a transaction of its own, which a slow reader can't hold."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def open(self, query: ExportQuery, reader: Reader, key: bytes) -> ExportStream:
        """Returns the stream that answers a request. Raises NoExport, NotForTeams or FieldRefusal."""
        name = _named(query.name)
        if reader.team_id is not None and name in OF_EVERYBODY:
            raise NotForTeams("This key is bound to a team, and the audit log is the whole organisation's.")
        file_format = _format(query.file_format)
        limit = _limit(query.limit)
        async with self._context.store.read() as tx:
            directory = (await self._context.rulebooks.current(tx)).directory
            cursor = await self._begin(tx, query, name, directory, reader)
            scope = export_scope(cursor.snapshot, query.period, directory, name=name, team_id=reader.team_id)
            try:
                rows_in = rows_of(name, scope, directory)
                rows = rows_in(tx)
                after = await rows.skip(cursor.position, cursor.passed) if cursor.passed else cursor.position
            except NoSnapshot as error:
                raise FieldRefusal("cursor", "is of another database; begin anew without a cursor") from error
            if after is None:
                raise FieldRefusal("cursor", f"there are fewer than {cursor.passed} rows from there on")
            here = replace(cursor, position=after, passed=0)
            following = await rows.skip(after, limit) if limit else None
            is_over = following is None or await rows.skip(following, 1) is None
            removed = await removed_before(tx, scope, name)
        if query.cursor is None:
            await note_named_people(self._context, scope, name, by=f"read key:{reader.name}")
        found = pages(lambda: self._page(key), rows_in, after, limit)
        return ExportStream(
            media_type=MEDIA_TYPES[file_format],
            file=f"{name}{f'-{query.period}' if query.period else ''}.{file_format}",
            pieces=encoded(COLUMNS[name], found, file_format),
            resume_with=here.word,
            next_cursor="" if is_over or following is None else replace(here, position=following).word,
            removed_before=removed,
        )

    async def _begin(
        self, tx: Transaction, query: ExportQuery, name: ExportName, directory: Directory, reader: Reader
    ) -> ExportCursor:
        """Returns the cursor that was sent, or one of now."""
        period = query.period or ""
        if query.cursor is None:
            return ExportCursor(name=name, period=period, team_id=reader.team_id, snapshot=await snapshot_now(tx))
        try:
            return read_cursor(query.cursor, name=name, period=period, team_id=reader.team_id)
        except BadCursor as error:
            raise FieldRefusal("cursor", str(error)) from error

    @asynccontextmanager
    async def _page(self, key: bytes) -> AsyncIterator[Transaction]:
        """Opens a page's transaction. Raises KeyRevoked once the key is no longer valid."""
        async with self._room, self._context.store.read() as tx:
            if await tx.read_keys.by_hash(key) is None:
                raise KeyRevoked
            yield tx


def _named(name: str) -> ExportName:
    for known in EXPORTS:
        if name == known:
            return known
    raise NoExport(f"There is no export {name[:40]!r}; there are: {', '.join(EXPORTS)}.")


def _format(text: str | None) -> FileFormat:
    for known in FORMATS:
        if text in (None, known):
            if known == "parquet":
                try:
                    require_pyarrow()
                except ConfigError as error:
                    raise FieldRefusal("format", "this server writes no Parquet: it lacks pyarrow") from error
            return known
    raise FieldRefusal("format", f"must be one of: {', '.join(FORMATS)}")


def _limit(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 7 and 1 <= int(text) <= MOST_ROWS):
        raise FieldRefusal("limit", f"must be a number of rows from 1 to {MOST_ROWS}")
    return int(text)
