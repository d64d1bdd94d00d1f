"""Rows of an export as bytes: lines of CSV, or a Parquet file that is written from its first byte to its last."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal

from bot.books.exports.columns import Column, ExportRow, csv_rows, header
from bot.refusals import ConfigError

FileFormat = Literal["csv", "parquet"]
FORMATS: tuple[FileFormat, ...] = ("csv", "parquet")
MEDIA_TYPES: dict[FileFormat, str] = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
_GROUP_ROWS = 20_000
"""Rows of Parquet's unit of reading, which is in memory until it is full."""


def encoded(
    columns: Sequence[Column], pages: AsyncIterator[list[ExportRow]], file_format: FileFormat
) -> AsyncIterator[bytes]:
    """Yields a file's bytes, a page of rows at a time."""
    return _csv(columns, pages) if file_format == "csv" else _parquet(columns, pages)


async def _csv(columns: Sequence[Column], pages: AsyncIterator[list[ExportRow]]) -> AsyncIterator[bytes]:
    yield header(columns).encode()
    async for rows in pages:
        text = await asyncio.to_thread(csv_rows, columns, rows)
        yield text.encode()


def require_pyarrow() -> None:
    """Raises ConfigError if pyarrow is missing."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise ConfigError("--format: Parquet needs pyarrow: `pip install 'tokens-slack[archive]'` adds it.") from error


async def _parquet(columns: Sequence[Column], pages: AsyncIterator[list[ExportRow]]) -> AsyncIterator[bytes]:
    """Texts are as they were booked: only a spreadsheet needs the apostrophes of CSV."""
    require_pyarrow()
    import pyarrow.parquet as pq

    schema, sink, waiting = _schema(columns), _Sink(), list[ExportRow]()
    writer = pq.ParquetWriter(sink, schema, compression="zstd")
    async for rows in pages:
        waiting += rows
        if len(waiting) >= _GROUP_ROWS:
            await asyncio.to_thread(_write, writer, columns, waiting)
            waiting = []
            yield sink.taken()
    if waiting:
        await asyncio.to_thread(_write, writer, columns, waiting)
    writer.close()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """A file that is taken away in pieces while it is written."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        copied = bytes(piece)
        self._pieces.append(copied)
        self._length += len(copied)
        return len(copied)

    def tell(self) -> int:
        return self._length

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _schema(columns: Sequence[Column]) -> Any:
    import pyarrow as pa

    kinds = {
        "text": pa.string(),
        "count": pa.int64(),
        "amount": pa.decimal128(38, 9),
        "moment": pa.timestamp("us", tz="UTC"),
        "decimal": pa.decimal128(38, 18),
    }
    return pa.schema([(column.name, kinds[column.kind]) for column in columns])


def _write(writer: Any, columns: Sequence[Column], rows: list[ExportRow]) -> None:
    import pyarrow as pa

    arrays = [
        _array(values, column, field.type)
        for values, column, field in zip(zip(*rows, strict=True), columns, writer.schema, strict=True)
    ]
    writer.write_table(pa.Table.from_arrays(arrays, schema=writer.schema))


def _array(values: Sequence[Any], column: Column, kind: Any) -> Any:
    import pyarrow as pa

    if column.kind == "amount":  # nano-dollars are the same decimal with its point moved by nine digits
        whole = pa.array(values, pa.int64()).cast(pa.decimal128(38, 0))
        return pa.Array.from_buffers(kind, len(whole), whole.buffers(), whole.null_count)
    if column.kind == "moment":
        return pa.array(values, pa.int64()).cast(kind)
    return pa.array(values, kind)
