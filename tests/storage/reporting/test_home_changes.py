"""What Homes show anew: what people and the watcher change is counted, and alerts without an answer are found."""

from dataclasses import replace
from typing import Any

from storage.alerting.alert_records import AlertRecord
from storage.reporting.home_changes import ANSWERED_KINDS
from storage.store import Transaction
from tests.storage.conftest import Books


async def adds(tx: Transaction, key: str, **changed: Any) -> AlertRecord:
    values: dict[str, Any] = {"team_id": 1, "kind": "threshold", "state": "open", "at": 1, "facts": {}}
    found = await tx.alerts.add(dedupe_key=key, **(values | changed))
    assert found is not None
    return found


async def test_each_decision_and_each_alerts_beginning_and_end_is_a_change(books: Books) -> None:
    store, seen = books.context.store, []

    async def look() -> None:
        async with store.read() as tx:
            seen.append(await tx.home_changes.latest())

    await look()
    await look()
    assert seen[0] == seen[1]
    async with store.begin() as tx:
        await tx.audit.record(at=1, actor_id=None, action="approve request", subject="request:1", detail={})
    await look()
    async with store.begin() as tx:
        alert = await adds(tx, "threshold:1:2026-11:80")
    await look()
    async with store.begin() as tx:
        await tx.alerts.save(replace(alert, closed_at=2))
    await look()

    assert len(set(seen)) == 4


async def test_posted_alerts_that_run_without_an_answer_are_found(books: Books) -> None:
    async with books.context.store.begin() as tx:
        waiting = [await adds(tx, "waits"), await adds(tx, "spike", kind="spike")]
        for state in ("silent", "acknowledged", "snoozed", "expected"):
            await adds(tx, state, state=state)
        await adds(tx, "ended", closed_at=5)
        await adds(tx, "of the data", kind="drift")
    async with books.context.store.read() as tx:
        found = await tx.alerts.unanswered(ANSWERED_KINDS)

    assert [record.id for record in found] == [record.id for record in waiting]
