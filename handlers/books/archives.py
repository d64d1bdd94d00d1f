"""Archives of raw events: one Parquet file per month, with a manifest, read back before anything is removed."""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple

from bot.money import NANOS
from bot.refusals import ConfigError
from storage.books.archive_rows import NAMES
from storage.tables.base import COUNTER_COLUMNS

MANIFEST = "manifest.json"
_TEXTS = (
    "source",
    "event_id",
    "team",
    "tool",
    "provider",
    "model",
    "workflow",
    "credential",
    "cost_basis",
    "price_book",
)
_MORE_TEXTS = (
    *("attribution_rule", "gateway_team", "declared_team"),
    *("service_tier", "parts", "units", "conditions", "cost_reason"),
)
_MONEY = ("cost_usd", "book_usd", "reported_usd", "notional_usd")
_SUMMED = (*COUNTER_COLUMNS, *_MONEY)


class ArchivedMonth(NamedTuple):
    """What a file holds: the number of events, the sums of counters and nano-dollars, and the file's SHA-256."""

    file: str
    month: str
    part: int
    rows: int
    sums: dict[str, int]
    sha256: str


def require_pyarrow() -> None:
    """Raises ConfigError if pyarrow is missing."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise ConfigError("Archives need pyarrow: `pip install 'tokens-slack[archive]'` adds it.") from error


def _schema() -> Any:
    import pyarrow as pa

    kinds = {
        **dict.fromkeys((*_TEXTS, *_MORE_TEXTS), pa.string()),
        **dict.fromkeys(("occurred_at", "received_at"), pa.timestamp("us", tz="UTC")),
        **dict.fromkeys(COUNTER_COLUMNS, pa.int64()),
        **dict.fromkeys(_MONEY, pa.decimal128(38, 9)),
        "key": pa.binary(),
        "local_day": pa.date32(),
        "person": pa.int64(),
        "tags": pa.list_(pa.string()),
    }
    return pa.schema([(name, kinds[name]) for name in NAMES])


def _column(name: str, values: Any, kind: Any) -> Any:
    import pyarrow as pa

    if name in _MONEY:  # nano-dollars are the same decimal with its point moved by nine digits
        whole = pa.array(values, pa.int64()).cast(pa.decimal128(38, 0))
        return pa.Array.from_buffers(kind, len(whole), whole.buffers(), whole.null_count)
    if name == "tags":
        return pa.array([json.loads(tags) for tags in values], kind)
    if name in ("occurred_at", "received_at", "local_day"):
        return pa.array(values, pa.int32() if name == "local_day" else pa.int64()).cast(kind)
    return pa.array(values, kind)


def file_of(month: str, part: int) -> str:
    """Returns the name of a month's file."""
    return f"usage-{month}.part{part}.parquet"


async def write_month(
    folder: Path, month: str, part: int, pages: AsyncIterator[list[Any]], watch: Callable[[int], None]
) -> ArchivedMonth:
    """Writes a month's events to a file, reads it back, and adds it to the manifest. An older file of the part goes.

    Raises ConfigError if what was read differs from what was written, or the folder is missing.
    """
    require_pyarrow()
    import pyarrow.parquet as pq

    _require_folder(folder)
    name, schema = file_of(month, part), _schema()
    unfinished = folder / f".{name}.unfinished"
    sums, rows = dict.fromkeys(_SUMMED, 0), 0

    def write(writer: Any, columns: list[Any]) -> None:
        import pyarrow as pa

        arrays = [_column(field.name, values, field.type) for field, values in zip(schema, columns, strict=True)]
        writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
        for column, values in zip(NAMES, columns, strict=True):
            if column in sums:
                sums[column] += sum(value or 0 for value in values)

    with pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
        async for columns in pages:
            await asyncio.to_thread(write, writer, columns)
            rows += len(columns[0])
            watch(rows)
    await asyncio.to_thread(_sync, unfinished)
    sha256 = await asyncio.to_thread(_digest, unfinished)
    archived = ArchivedMonth(name, month, part, rows, sums, sha256)
    await asyncio.to_thread(_require_same, unfinished, archived)
    unfinished.replace(folder / name)
    _note(folder, archived)
    return archived


def _require_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise ConfigError(f"The archive: there is no folder {folder}; make it first")


def verify(folder: Path, archived: ArchivedMonth) -> None:
    """Reads a file back. Raises ConfigError if it is missing or differs from the manifest."""
    path = folder / archived.file
    if not path.exists():
        raise ConfigError(f"The archive: {path} is missing")
    if _digest(path) != archived.sha256:
        raise ConfigError(f"The archive: {path} was changed since it was written")
    _require_same(path, archived)


def read_manifest(folder: Path) -> dict[str, ArchivedMonth]:
    """Returns what the folder's manifest lists, by file."""
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        return {entry["file"]: ArchivedMonth(**entry) for entry in json.loads(path.read_text())["files"]}
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"The archive: {path} can't be read: {error}") from error


def _note(folder: Path, archived: ArchivedMonth) -> None:
    files = {**read_manifest(folder), archived.file: archived}
    unfinished = folder / f".{MANIFEST}.unfinished"
    unfinished.write_text(json.dumps({"files": [files[name]._asdict() for name in sorted(files)]}, indent=1) + "\n")
    _sync(unfinished)
    unfinished.replace(folder / MANIFEST)
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_same(path: Path, archived: ArchivedMonth) -> None:
    """Reads all rows of a file. Raises ConfigError if their number or sums differ from those that were written."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    sums, rows = dict.fromkeys(_SUMMED, 0), 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=20_000):
            rows += batch.num_rows
            for name in _SUMMED:
                column = batch.column(name)
                exact = column if name in _MONEY else column.cast(pa.decimal128(38, 0))
                sums[name] += int((pc.sum(exact).as_py() or 0) * (NANOS if name in _MONEY else 1))
    if (rows, sums) != (archived.rows, archived.sums):
        raise ConfigError(
            f"The archive: {path} holds {rows} events, and other sums than were written; nothing was removed"
        )
