"""Archives: what a file holds of each event, exactly, and that it is written whole or not at all."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from bot.refusals import ConfigError
from handlers.books import archives
from handlers.books.archives import read_manifest, verify, write_month
from handlers.books.removals import archive_before
from storage.books.archive_rows import NAMES
from storage.books.removals import first_month_kept
from tests.storage.conftest import Books
from tests.support.company import usage_event

SEARCHED = {"web_searches": 2, "inference_geo": "us"}


@pytest.fixture
async def old(books: Books) -> Books:
    """Three old events, one of them without a price, and one of today."""
    start = (books.context.now() - timedelta(days=100)).replace(day=15, hour=12, minute=0, second=0, microsecond=123456)
    await books.takes(
        usage_event("first", at=start, dollars=12.345678901, user="anna@acme.test", tags=["repo:search-api", "ä"]),
        usage_event("second", at=start + timedelta(hours=1), dollars=9_000),
        usage_event("third", at=start + timedelta(hours=2), dollars=0.1, credential="key-9", **SEARCHED),
        books.event("new"),
    )
    return books


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "archive"
    made.mkdir()
    return made


def before(books: Books) -> int:
    return first_month_kept(books.context.now_micros(), days=62)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def rows(path: Path) -> list[dict[str, Any]]:
    return list(pq.read_table(path).to_pylist())


async def test_a_file_holds_each_event_with_its_exact_amounts_and_moments(old: Books, folder: Path) -> None:
    (archived,) = await archive_before(old.context, before(old), folder)

    found = rows(folder / archived.file)
    assert [row["event_id"] for row in found] == ["req-first", "req-second", "req-third"]
    booked = sorted(await old.rows("usage_events"), key=lambda row: row.occurred_at)
    for row, event in zip(found, booked, strict=False):
        assert row["cost_usd"] == Decimal(event.cost_nanos).scaleb(-9)
        assert row["occurred_at"] == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=event.occurred_at)
        assert row["key"] == bytes(event.key_hash)
        assert row["uncached_input"] == event.uncached_input
    assert found[0]["tags"] == ["repo:search-api", "ä"]
    assert found[0]["team"] == "search"
    assert found[2]["credential"] == "key-9"
    assert (found[0]["units"], found[0]["conditions"]) == ("", "")
    assert (found[2]["units"], found[2]["conditions"]) == ('{"web_searches": 2}', '{"geo": "us"}')
    assert archived.sums["cost_usd"] == sum(event.cost_nanos for event in booked[:3])
    assert archived.sums["output"] == sum(event.output for event in booked[:3])


async def test_no_name_or_address_of_a_person_is_in_a_file(old: Books, folder: Path) -> None:
    """Who is erased from `people` later stays a number that says nothing."""
    (archived,) = await archive_before(old.context, before(old), folder)

    found = rows(folder / archived.file)
    people = {row.email: row.id for row in await old.rows("people")}
    assert found[0]["person"] == people["anna@acme.test"]
    assert "anna" not in json.dumps(found, default=str)


async def test_a_second_run_keeps_a_file_and_a_new_event_makes_it_anew(old: Books, folder: Path) -> None:
    (first,) = await archive_before(old.context, before(old), folder)
    written = (folder / first.file).stat().st_mtime_ns

    assert await archive_before(old.context, before(old), folder) == [first]
    assert (folder / first.file).stat().st_mtime_ns == written

    start = (old.context.now() - timedelta(days=100)).replace(day=15)
    await old.takes(usage_event("late", at=start, dollars=1), old.event("newest"))
    (again,) = await archive_before(old.context, before(old), folder)
    assert (again.file, again.rows) == (first.file, 4)
    verify(folder, again)


async def test_a_run_that_ends_in_the_middle_leaves_no_file_and_the_next_writes_it(
    old: Books, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(path: Path) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(archives, "_digest", ends)
        with pytest.raises(KeyboardInterrupt):
            await archive_before(old.context, before(old), folder)
    assert files(folder) == []
    assert read_manifest(folder) == {}

    (archived,) = await archive_before(old.context, before(old), folder)
    assert files(folder) == ["manifest.json", archived.file]
    assert read_manifest(folder) == {archived.file: archived}


async def test_a_file_that_holds_other_sums_than_were_written_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = archives._column

    def loses_a_cent(name: str, values: Any, kind: Any) -> Any:
        return original(name, [values[0] - 10_000_000, *values[1:]] if name == "cost_usd" else values, kind)

    monkeypatch.setattr(archives, "_column", loses_a_cent)

    async def pages() -> AsyncIterator[list[Any]]:
        of_kind = {"key": b"k", "tags": "[]", "person": 1, "received_at": 1, "occurred_at": 1, "local_day": 1}
        texts = (*archives._TEXTS, *archives._MORE_TEXTS)
        yield [[of_kind.get(name, "" if name in texts else 20_000_000)] for name in NAMES]

    with pytest.raises(ConfigError, match="other sums than were written"):
        await write_month(folder, "2026-01", 1, pages(), lambda _rows: None)
    assert files(folder) == []


async def test_a_folder_that_is_missing_is_named(old: Books, folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no folder .*/nowhere; make it first"):
        await archive_before(old.context, before(old), folder / "nowhere")


async def test_without_pyarrow_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)

    with pytest.raises(ConfigError, match=r"pip install 'tokens-slack\[archive\]'"):
        archives.require_pyarrow()


async def test_somebody_merged_into_another_is_archived_as_the_other(old: Books, folder: Path) -> None:
    people = {row.email: row.id for row in await old.rows("people")}
    async with old.context.store.begin() as tx:
        merge = f"UPDATE people SET merged_into = {people['ben@acme.test']} WHERE id = {people['anna@acme.test']}"
        await tx.connection.execute(text(merge))

    (archived,) = await archive_before(old.context, before(old), folder)
    assert rows(folder / archived.file)[0]["person"] == people["ben@acme.test"]
