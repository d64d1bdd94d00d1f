"""A month's exports add up to the books in every dimension, adjusting rows included, on both databases."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pyarrow.parquet as pq
import pytest

from bot.books.exports.columns import USAGE_COLUMNS
from bot.money import NANOS, nanos_from_decimal
from bot.periods import Period, micros
from handlers.books.exports.commands import export
from handlers.books.exports.read_keys import create_read_key
from handlers.books.exports.sources import COLUMNS, ExportName
from handlers.web import create_web
from storage.books.exports import pages
from tests.storage.conftest import Books
from tests.support import servers
from tests.support.export_month import (
    Gateway,
    as_usage,
    booked_sums,
    charged_sums,
    exported_charges,
    exported_sums,
    fill_month,
    read_csv,
)

EVENTS = 2_000


@pytest.fixture
async def month(books: Books) -> tuple[Books, Period]:
    gateway = Gateway(context=books.context, intake=books.intake, source=books.source, key=books.key)
    return books, await fill_month(gateway, events=EVENTS)


async def csv_of(books: Books, name: Any, file: Path, period: Period | None = None) -> list[dict[str, str]]:
    named = period.name if period else None
    written = await export(books.context, name, str(file), period=named, file_format="csv")
    rows = read_csv(await asyncio.to_thread(file.read_text))
    assert len(rows) == written
    return rows


async def test_usage_and_ledger_sum_to_the_books(
    month: tuple[Books, Period], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    books, period = month
    monkeypatch.setattr(pages, "PAGE", 999)

    usage = await csv_of(books, "usage", tmp_path / "usage.csv", period)
    ledger = await csv_of(books, "ledger", tmp_path / "ledger.csv", period)
    focus = await csv_of(books, "focus", tmp_path / "focus.csv", period)

    assert len([row for row in usage if not row["adjusts"]]) == EVENTS + EVENTS // 100
    assert {row.kind for row in await books.rows("usage_adjustments")} == {"twin", "reprice", "attribution"}
    assert len({row["adjusts"] for row in usage}) > EVENTS / 4
    assert {row["adjusts"] for row in usage} - {""} <= {row["event_id"] for row in usage}
    assert exported_sums(usage) == await booked_sums(books.context, period)
    assert exported_sums(map(as_usage, focus)) == await booked_sums(books.context, period)
    assert {row["ChargeClass"] for row in focus} == {"", "Correction"}
    assert exported_charges(ledger) == await charged_sums(books.context) != {}
    assert {row["cost_usd"] for row in usage if row["cost_basis"] == "unpriced"} == {""}
    texts = [column.name for column in USAGE_COLUMNS if column.kind == "text"]
    assert not [row[name] for row in usage for name in texts if row[name].startswith(tuple("=+-@"))]
    assert await books.faults() == []
    assert await csv_of(books, "usage", tmp_path / "all.csv") == usage

    await same_over_http(books, {"usage": usage, "ledger": ledger, "focus": focus}, period)
    await same_in_parquet(books, "usage", usage, tmp_path / "usage.parquet", period)
    await same_in_parquet(books, "focus", focus, tmp_path / "focus.parquet", period)


async def same_over_http(books: Books, expected: dict[str, list[dict[str, str]]], period: Period) -> None:
    key = await create_read_key(books.context, "warehouse")
    web = create_web(books.context, intake=books.intake, bolt=None)
    headers = {"Authorization": f"Bearer {key}"}
    with servers.listening_socket() as listening:
        async with servers.running(web, listening) as url, aiohttp.ClientSession(headers=headers) as session:
            for name, rows in expected.items():
                assert await read_over_http(session, f"{url}/v1/export/{name}", period) == rows


async def read_over_http(session: aiohttp.ClientSession, address: str, period: Period) -> list[dict[str, str]]:
    rows, query = list[dict[str, str]](), {"period": period.name, "limit": "3000"}
    while True:
        async with session.get(address, params=query) as answer:
            rows += read_csv(await answer.text())
            if "Next-Cursor" not in answer.headers:
                return rows
            query["cursor"] = answer.headers["Next-Cursor"]


async def same_in_parquet(
    books: Books, name: ExportName, rows: list[dict[str, str]], file: Path, period: Period
) -> None:
    await export(books.context, name, str(file), period=period.name, file_format="parquet")
    read = pq.read_table(file).to_pylist()
    assert len(read) == len(rows)
    for typed, texts in zip(read, rows, strict=True):
        for column in COLUMNS[name]:
            value, text = typed[column.name], texts[column.name]
            if column.kind == "text":
                assert text in (value or "", f"'{value}")
            elif column.kind == "amount":
                assert (None if value is None else int(value * NANOS)) == (nanos_from_decimal(text) if text else None)
            elif column.kind == "moment":
                assert text == value.isoformat().replace("+00:00", "Z")
                assert micros(value) > 0
            elif column.kind == "decimal":
                assert value == (Decimal(text) if text else None)
            else:
                assert str(value) == text
