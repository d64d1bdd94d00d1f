"""Exports over HTTP: who may read what, and how a program goes on after a lost connection, while usage is booked."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from handlers.books.exports.read_keys import create_read_key
from handlers.intake.keys import create_key
from handlers.web import create_web
from storage.books.exports import pages
from storage.books.exports.snapshots import snapshot_now
from tests.storage.conftest import Books
from tests.storage.intake.test_adjustments import adjust, costing, events_of
from tests.support import servers
from tests.support.export_month import NAMED_YML, read_csv

Answered = tuple[int, str, Mapping[str, str]]


@dataclass(kw_only=True)
class ExportClient:
    """The bot's address, and a read key."""

    books: Books
    url: str
    key: str
    session: aiohttp.ClientSession

    async def gets(self, name: str, *, key: str | None = None, **query: Any) -> Answered:
        headers = {"Authorization": f"Bearer {key or self.key}"} if key != "" else {}
        async with self.session.get(f"{self.url}/v1/export/{name}", params=query, headers=headers) as answer:
            return answer.status, await answer.text(), answer.headers

    async def rows(self, name: str, **query: Any) -> list[dict[str, str]]:
        status, text, _ = await self.gets(name, **query)
        assert status == 200, text
        return read_csv(text)


@pytest.fixture
async def client(books: Books) -> AsyncIterator[ExportClient]:
    key = await create_read_key(books.context, "warehouse")
    web = create_web(books.context, intake=books.intake, bolt=None)
    with servers.listening_socket() as listening:
        async with servers.running(web, listening) as url, aiohttp.ClientSession() as session:
            yield ExportClient(books=books, url=url, key=key, session=session)


async def book(books: Books, *numbers: int) -> None:
    await books.takes(*(books.event(n, ago=timedelta(hours=n % 50), dollars=n) for n in numbers))


async def test_who_has_no_read_key_reads_nothing_and_a_read_key_sends_nothing(client: ExportClient) -> None:
    ingest = await create_key(client.books.context, "eu", source="cloudevents")

    assert (await client.gets("usage", key=""))[0] == 401
    assert (await client.gets("usage", key="tok_unknown"))[0] == 401
    status, text, _ = await client.gets("usage", key=ingest)
    assert (status, "ingest key" in text) == (403, True)
    headers = {"Authorization": f"Bearer {client.key}"}
    async with client.session.post(f"{client.url}/v1/usage", json=client.books.event(1), headers=headers) as answer:
        assert (answer.status, "reads exports" in await answer.text()) == (403, True)
    assert (await client.gets("usage"))[0] == 200
    assert await client.books.rows("usage_events") == []


async def test_a_revoked_key_reads_nothing_from_then_on(client: ExportClient) -> None:
    assert (await client.gets("ledger"))[0] == 200
    async with client.books.context.store.begin() as tx:
        reader = await tx.read_keys.named("warehouse")
        assert reader is not None
        await tx.read_keys.revoke(reader, at=1)

    assert (await client.gets("ledger"))[0] == 401


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"period": "2026-13"}, "period"),
        ({"period": ""}, "period"),
        ({"format": "xml"}, "format"),
        ({"limit": "0"}, "limit"),
        ({"limit": "-5"}, "limit"),
        ({"limit": "1e9"}, "limit"),
        ({"limit": "²"}, "limit"),
        ({"limit": "1000001"}, "limit"),
        ({"cursor": "soon"}, "cursor"),
        ({"cursor": "e30"}, "cursor"),
        ({"cursor": "\x00"}, "cursor"),
    ],
    ids=str,
)
async def test_a_wrong_parameter_is_named(client: ExportClient, query: dict[str, str], field: str) -> None:
    if client.books.context.store.is_sqlite:  # none of them reaches the database
        status, text, _ = await client.gets("usage", **query)
        assert (status, text.startswith(f'{{"error":"{field}: ')) == (400, True), text


async def test_an_unknown_export_is_named_with_those_that_there_are(client: ExportClient) -> None:
    status, text, _ = await client.gets("everything")

    assert (status, "usage, ledger" in text) == (404, True)


async def test_pages_go_on_by_their_cursor_while_usage_is_booked(client: ExportClient) -> None:
    books = client.books
    await book(books, *range(1, 30))
    await adjust(books, *(costing(b, 3) for b in (await events_of(books))[:6]))
    expected = await client.rows("usage")
    assert len(expected) == 35

    rows: list[dict[str, str]] = []
    query: dict[str, str] = {"limit": "8"}
    for number in range(100, 200):
        status, text, headers = await client.gets("usage", **query)
        assert status == 200
        rows += read_csv(text)
        await book(books, number)  # in the middle of what is read, by its time
        if "Next-Cursor" not in headers:
            break
        query = {"limit": "8", "cursor": headers["Next-Cursor"]}

    assert rows == expected
    assert len(await client.rows("usage")) == 35 + 5


async def test_after_a_lost_connection_one_goes_on_after_the_rows_one_has(
    client: ExportClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGE", 4)
    await book(client.books, *range(1, 12))
    await adjust(client.books, *(costing(b, 3) for b in (await events_of(client.books))[:4]))
    headers = {"Authorization": f"Bearer {client.key}"}
    for had in (0, 1, 10, 11, 13, 15):
        async with client.session.get(f"{client.url}/v1/export/usage", headers=headers) as answer:
            resume_with = answer.headers["Resume-With"]
            whole = read_csv(await answer.text())
        await book(client.books, 100 + had)

        rest = await client.rows("usage", cursor=f"{resume_with}.{had}")

        assert whole[:had] + rest == whole
    status, text, _ = await client.gets("usage", cursor=f"{resume_with}.999")
    assert (status, "fewer than 999" in text) == (400, True)


async def test_a_cursor_of_another_export_period_or_key_is_refused(client: ExportClient) -> None:
    await book(client.books, 1, 2)
    _, _, headers = await client.gets("usage", limit=1)
    cursor = headers["Next-Cursor"]
    bound = await create_read_key(client.books.context, "mobile-reader", team="mobile")

    assert (await client.gets("usage", cursor=cursor))[0] == 200
    assert (await client.gets("ledger", cursor=cursor))[0] == 400
    assert (await client.gets("usage", cursor=cursor, period="2026-11"))[0] == 400
    assert (await client.gets("usage", cursor=cursor, key=bound))[0] == 400


async def test_a_cursor_of_another_database_is_refused(client: ExportClient) -> None:
    """The shape of its snapshot is the other database's."""
    from bot.books.exports.cursors import ExportCursor  # noqa: PLC0415

    other = "10:12:10" if client.books.context.store.is_sqlite else "1.2.3.4"
    word = ExportCursor(name="usage", period="", team_id=None, snapshot=other).word

    status, text, _ = await client.gets("usage", cursor=word)

    assert (status, "another database" in text) == (400, True)


async def test_a_key_bound_to_a_team_reads_its_own_rows_alone(client: ExportClient) -> None:
    await client.books.takes(client.books.event(1), client.books.event(2, team="mobile"))
    bound = await create_read_key(client.books.context, "mobile-reader", team="mobile")

    assert {row["team"] for row in await client.rows("usage")} == {"search", "mobile"}
    assert {row["team"] for row in await client.rows("usage", key=bound)} == {"mobile"}
    ledger = await client.rows("ledger", key=bound)
    assert ledger
    assert all("mobile:" in row["from_account"] + row["to_account"] for row in ledger)


async def test_the_audit_log_is_the_organisations_and_focus_needs_a_period(client: ExportClient) -> None:
    bound = await create_read_key(client.books.context, "mobile-reader", team="mobile")

    assert (await client.gets("audit"))[0] == 200
    assert (await client.gets("audit", key=bound))[0] == 403
    status, text, _ = await client.gets("focus")
    assert (status, '"period: FOCUS needs one' in text) == (400, True)
    assert (await client.gets("focus", period=f"{client.books.context.now():%Y-%m}"))[0] == 200


async def test_an_export_that_names_people_is_in_the_audit_log(client: ExportClient) -> None:
    await book(client.books, 1)
    (hidden,) = await client.rows("usage")
    assert hidden["user"] == ""
    assert "export people" not in {row["action"] for row in await client.rows("audit")}

    await client.books.imports(NAMED_YML)

    (shown,) = await client.rows("usage")
    assert shown["user"] == "anna@acme.test"
    (noted,) = [row for row in await client.rows("audit") if row["action"] == "export people"]
    assert '"by": "read key:warehouse"' in noted["detail"]


async def test_parquet_is_a_whole_file(client: ExportClient) -> None:
    import io  # noqa: PLC0415

    import pyarrow.parquet as pq  # noqa: PLC0415

    await book(client.books, *range(1, 9))
    headers = {"Authorization": f"Bearer {client.key}"}
    query = {"format": "parquet", "period": f"{client.books.context.now():%Y}"}
    async with client.session.get(f"{client.url}/v1/export/usage", params=query, headers=headers) as answer:
        assert answer.content_type == "application/vnd.apache.parquet"
        assert answer.headers["Content-Disposition"].endswith('.parquet"')
        found = pq.read_table(io.BytesIO(await answer.read()))

    assert {row["event_id"] for row in found.to_pylist()} <= {f"req-{n}" for n in range(1, 9)}


async def test_events_of_transactions_that_were_open_are_in_all_pages_or_in_none(client: ExportClient) -> None:
    """Whatever is booked while an export is read, its pages have the rows of its first moment."""
    books = client.books
    await book(books, *range(1, 21))

    async def keeps_booking() -> None:
        for number in range(1_000, 1_040):
            await book(books, number)

    async def reads() -> list[dict[str, str]]:
        rows: list[dict[str, str]] = []
        query: dict[str, str] = {"limit": "3"}
        while True:
            _, text, headers = await client.gets("usage", **query)
            rows += read_csv(text)
            if "Next-Cursor" not in headers:
                return rows
            query["cursor"] = headers["Next-Cursor"]

    _, *found = await asyncio.gather(keeps_booking(), reads(), reads())

    for rows in found:
        ids = [row["event_id"] for row in rows]
        assert len(ids) == len(set(ids))
        assert {f"req-{n}" for n in range(1, 21)} <= set(ids)
        booked = sorted(int(name[4:]) for name in ids if int(name[4:]) >= 1_000)
        assert booked == list(range(1_000, 1_000 + len(booked)))  # what was booked first, up to one moment
    async with books.context.store.read() as tx:
        assert await snapshot_now(tx)
