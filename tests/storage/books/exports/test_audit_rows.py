"""`export audit`: who did what, under which policy; its chain can be recomputed from the rows alone."""

import json
from datetime import datetime

from bot.books.exports.columns import cells
from bot.periods import micros
from bot.requests.policies import ApprovalRule
from bot.requests.policy_words import rule_text
from storage.books.audit import link
from storage.books.exports.audit_rows import AuditRows
from storage.books.exports.pages import ExportScope
from storage.books.exports.snapshots import snapshot_now
from tests.storage.conftest import Books


async def exported(books: Books, edges: tuple[int, int] | None = None) -> list[dict[str, str]]:
    async with books.context.store.read() as tx:
        rows = AuditRows(tx, ExportScope(snapshot=await snapshot_now(tx)), edges)
        page = await rows.page((), 1_000)
        assert await rows.count() == len(page.rows)
        if page.rows:
            assert await rows.skip((), len(page.rows)) == (page.rows[-1][0],)
    names = [column.name for column in rows.columns]
    return [dict(zip(names, cells(rows.columns, row), strict=True)) for row in page.rows]


async def test_a_row_says_who_decided_and_by_which_policy(books: Books) -> None:
    async with books.context.store.begin() as tx:
        ben = await tx.people.by_reference("ben@acme.test")
        detail = {"team": 4, "policy": rule_text(ApprovalRule(up_to_nanos=5 * 10**9, by="team_manager"))}
        at = books.context.now_micros()
        await tx.audit.record(at=at, actor_id=ben, action="approve request", subject="request:1", detail=detail)

    row = (await exported(books))[-1]

    assert (row["actor"], row["actor_name"], row["action"]) == (f"person:{ben}", "ben@acme.test", "approve request")
    assert row["policy"] == "A manager of the team approves up to $5.00 a period."
    assert json.loads(row["detail"])["team"] == 4


async def test_the_rows_are_a_whole_chain(books: Books) -> None:
    previous = b"\0" * 32
    for row in await exported(books):
        actor = int(row["actor"].partition(":")[2]) if row["actor"] else None
        at = micros(datetime.fromisoformat(row["at"]))
        facts = {"action": row["action"], "subject": row["subject"], "detail": row["detail"]}
        previous = link(previous, at=at, actor_id=actor, **facts)
        assert row["hash"] == previous.hex()
    assert previous != b"\0" * 32


async def test_a_period_has_its_own_records(books: Books) -> None:
    every = await exported(books)
    moments = [micros(datetime.fromisoformat(row["at"])) for row in every]

    assert await exported(books, (0, moments[0])) == []
    assert await exported(books, (moments[0], moments[-1])) == [
        r for r, at in zip(every, moments, strict=True) if at < moments[-1]
    ]
    assert await exported(books, (0, moments[-1] + 1)) == every
