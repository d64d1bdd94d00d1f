"""Calls with a label or a cost that does not fit are booked on every route, and what was left out of them is counted."""

import json
from typing import Any

from sqlalchemy import select

from bot.intake.quarantine import QuarantinedRow
from handlers.costs.reprice import reprice
from handlers.intake.keys import create_key
from handlers.intake.retries import retry
from storage.books.checks import faults
from storage.tables.intake import usage_events, usage_series
from tests.bot.sources.litellm.litellm_examples import sample
from tests.bot.sources.otlp.otlp_examples import CLAUDE_CODE
from tests.support.company import Company
from tests.support.traffic.otlp import CHAT, log, logs, span, traces
from tests.support.traffic.senders import sends

JSON = {"Content-Type": "application/json"}
Booked = dict[str, tuple[str, int, str]]
"""Event id → (basis, nano-dollars, parts)."""


def native(event_id: str, **data: Any) -> dict[str, Any]:
    usage = {"provider": "openai", "model": "gpt-4o", "uncached_input_tokens": 1000, "output_tokens": 100}
    return {"id": event_id, "source": "/gw", "time": "2026-11-20T10:00:00Z", "data": usage | data}


async def posts(acme: Company, key: str, rows: Any, route: str = "") -> dict[str, Any]:
    status, _, text = await sends(
        acme, json.dumps(rows).encode(), path=f"/v1/usage{route}", Authorization=f"Bearer {key}", **JSON
    )
    assert status == 200, text
    found: dict[str, Any] = json.loads(text)
    return found


async def booked(acme: Company) -> Booked:
    events = usage_events.c
    wanted = select(events.event_id, usage_series.c.basis, events.cost_nanos, events.parts).join(
        usage_series, usage_series.c.id == events.series_id
    )
    async with acme.context.store.read() as tx:
        assert [fault async for fault in faults(tx)] == []
        return {row[0]: tuple(row[1:]) for row in await tx.connection.execute(wanted)}


async def left_out(acme: Company) -> dict[tuple[str, str], int]:
    async with acme.context.store.read() as tx:
        return {(field.source, field.field): field.calls for field in await tx.left_out.all()}


async def in_quarantine(acme: Company) -> list[QuarantinedRow]:
    async with acme.context.store.read() as tx:
        return await tx.quarantine.listed(source_id=None, kind=None, limit=100)


async def test_labels_that_do_not_fit_cost_no_call_and_are_counted_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    key = await create_key(acme.context, "eu-gateway", source="cloudevents")
    rows = [
        native("agent", user_agent="Mozilla/5.0 " + "x" * 300),
        native("tags", tags=[f"t:{n}" for n in range(65)]),
        native("nul", user="a\x00b"),
        native("half", workflow="a\ud800"),
        native("number", user=12345, tags=["a", 7]),
        native("nested", tool={"name": "x"}, tags=[["deep"]]),
        native("plain"),
    ]
    answer = await posts(acme, key, rows)

    assert (answer["accepted"], answer["quarantined"], answer["errors"]) == (7, 0, [])
    assert [warning["index"] for warning in answer["warnings"]] == [0, 1, 2, 3, 5, 5]
    assert await booked(acme) == {row["id"]: ("book", 3_500_000, "") for row in rows}
    counted = {
        ("eu-gateway", "data.tags"): 2,
        ("eu-gateway", "data.tool"): 1,
        ("eu-gateway", "data.user"): 1,
        ("eu-gateway", "data.user_agent"): 1,
        ("eu-gateway", "data.workflow"): 1,
    }
    assert await left_out(acme) == counted

    again = await posts(acme, key, rows)
    assert (again["accepted"], again["duplicates"], again["conflicts"]) == (0, 7, 0)
    assert await left_out(acme) == counted
    await posts(acme, key, [native("agent-2", user_agent="y" * 257)])
    assert (await left_out(acme))["eu-gateway", "data.user_agent"] == 2


async def test_a_cost_that_can_not_be_is_left_out_where_the_book_prices_the_call_and_quarantined_where_not(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    keys = {name: await create_key(acme.context, name, source=name) for name in ("cloudevents", "litellm", "otlp")}
    rows = [
        native("priced", cost_usd="-4.3"),
        native("unpriced", model="acme-1", provider="", cost_usd="NaN"),
        native("bare", cost_usd=-1, uncached_input_tokens=0, output_tokens=0),
        native("good", model="acme-1", provider="", cost_usd="0.25"),
    ]
    answer = await posts(acme, keys["cloudevents"], rows)
    gateway = await posts(acme, keys["litellm"], [sample(response_cost=-4.3, cost_breakdown=None)], "/litellm")
    said = CLAUDE_CODE | {"model": "claude-sonnet-4-5", "cost_usd": "NaN"}
    told = await posts(acme, keys["otlp"], logs(log(said), resource={"service.name": "claude-code"}), "/otlp/v1/logs")

    assert (answer["accepted"], answer["quarantined"]) == (2, 2)
    assert answer["errors"] == [
        {"index": 1, "reason": "data.cost_usd is not a finite number, and nothing else prices this call"},
        {"index": 2, "reason": "data.cost_usd is negative"},
    ]
    assert answer["warnings"] == [{"index": 0, "reason": "data.cost_usd is negative, so it was left out"}]
    assert gateway["warnings"] == [{"index": 0, "reason": "response_cost is negative, so it was left out"}]
    assert told == {
        "partialSuccess": {
            "rejectedLogRecords": "0",
            "errorMessage": "log record 0: cost_usd is not a finite number, so it was left out",
        }
    }
    found = await booked(acme)
    assert {(basis, nanos) for basis, nanos, _ in found.values()} == {
        *(("book", 3_500_000), ("reported", 250_000_000)),
        *(("book", 3_750_000), ("book", 405_000)),
    }
    assert len(found) == 4
    assert await left_out(acme) == {
        ("cloudevents", "data.cost_usd"): 1,
        ("litellm", "response_cost"): 1,
        ("otlp", "cost_usd"): 1,
    }


async def test_a_quarantined_call_stays_one_row_until_it_can_be_priced(acme_on_both: Company) -> None:
    acme = acme_on_both
    key = await create_key(acme.context, "eu-gateway", source="cloudevents")
    await posts(acme, key, [native("odd", model="acme-1", provider="", cost_usd="NaN")])
    (row,) = await in_quarantine(acme)
    for _ in range(2):
        still = await retry(acme.context, [row.id], {}, dry_run=False)
        assert list(still.wrong.values()) == [row.reason]
        assert [kept.id for kept in await in_quarantine(acme)] == [row.id]

    mended = await retry(acme.context, [row.id], {"data.cost_usd": "0.5"}, dry_run=False)

    assert (mended.booked, mended.wrong) == (1, {})
    assert await booked(acme) == {"odd": ("reported", 500_000_000, "")}
    assert await in_quarantine(acme) == []


async def test_reads_are_passed_over_and_a_polled_batch_is_booked_once_at_the_batch_price(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    key = await create_key(acme.context, "litellm", source="litellm")

    def called(kind: str, number: int, **changed: Any) -> dict[str, Any]:
        return sample(**{"call_type": kind, "id": f"id-{number}", "litellm_call_id": f"call-{number}"} | changed)

    reads = [called("aget_responses", 2), called("adelete_responses", 3), called("afile_content", 4)]
    answer = await posts(acme, key, [called("aresponses", 1), *reads], "/litellm")
    polls = [
        await posts(acme, key, [called("aretrieve_batch", number, id="batch_1", response_cost=0.00375)], "/litellm")
        for number in (5, 6, 7)
    ]

    assert (answer["accepted"], answer["ignored"]) == (1, 3)
    fates = [(poll["accepted"], poll["duplicates"], poll["conflicts"]) for poll in polls]
    assert fates == [(1, 0, 0), (0, 1, 0), (0, 1, 0)]
    batch_nanos = 400 * 1_250 + 600 * 1_250 + 200 * 5_000
    assert await booked(acme) == {"id-1": ("book", 3_750_000, ""), "batch_1": ("book", batch_nanos, "")}


async def test_kinds_of_tokens_are_stored_and_repricing_finds_the_same_cost(acme_on_both: Company) -> None:
    acme = acme_on_both
    keys = {name: await create_key(acme.context, name, source=name) for name in ("cloudevents", "otlp")}
    said = CHAT | {"gen_ai.response.model": "gpt-audio", "gen_ai.usage.audio.input_tokens": 900}
    await posts(acme, keys["otlp"], traces(span(said=said)), "/otlp/v1/traces")
    spoken = {"audio_output_tokens": 60, "cost_usd": "0.01"}
    await posts(acme, keys["cloudevents"], [native("a", model="gpt-audio", **spoken), native("b", **spoken)])
    before = await booked(acme)

    assert before["a"] == ("book", 1000 * 2_500 + 40 * 10_000 + 60 * 64_000, '{"audio_output": 60}')
    assert before["b"] == ("book+reported", 10_000_000, '{"audio_output": 60}')
    assert sorted(parts for _, _, parts in before.values()) == ['{"audio_input": 900}', *['{"audio_output": 60}'] * 2]
    done = await reprice(acme.context, since_day=20_000, document="reprice:test")
    assert done.calls == 0
    assert await booked(acme) == before
