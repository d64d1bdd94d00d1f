"""Usage that no rule books: counted, kept, told once, and booked by a retry after a fix, on both databases."""

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.crosschecks.producers import MAX_OTHERS, UnreadView
from handlers.crosschecks.producers import ProducerLog
from handlers.crosschecks.unread_usage import end_unread, shown_unread, source_producer_lines, watch_unread
from handlers.intake.keys import create_key, create_source, set_source
from handlers.intake.retries import retry
from handlers.intake.source_options import TypedOptions
from tests.support.company import Company
from tests.support.traffic.otlp import CHAT, attributes, log, logs, metrics, span, traces
from tests.support.traffic.senders import sends

CLAUDE = {"service.name": "claude-code", "service.version": "2.1.328"}
REQUEST = {"event.name": "api_request", "model": "claude-sonnet-5", "input_tokens": 10, "output_tokens": 5}


SIGNALS = {"resourceSpans": "traces", "resourceLogs": "logs", "resourceMetrics": "metrics"}


async def posts(acme: Company, key: str, body: Any) -> Any:
    (signal,) = [signal for member, signal in SIGNALS.items() if member in body]
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    status, _, answer = await sends(acme, json.dumps(body), path=f"/v1/usage/otlp/v1/{signal}", **headers)
    assert status == 200
    return json.loads(answer)


def at_now(acme: Company, body: Any) -> Any:
    """Moves a body's moments to now."""
    nanos = str(int(acme.clock.now().timestamp()) * 10**9)
    text = json.dumps(body)
    for name in ("timeUnixNano", "startTimeUnixNano", "endTimeUnixNano"):
        text = text.replace(f'"{name}": "1795455900000000000"', f'"{name}": "{nanos}"')
    return json.loads(text)


async def lines(acme: Company, source: str) -> list[str]:
    async with acme.context.store.read() as tx:
        seen = [found.seen for found in await tx.producers.of() if found.source == source]
    return source_producer_lines(source, seen)


async def quarantined(acme: Company) -> list[int]:
    async with acme.context.store.read() as tx:
        return await tx.quarantine.ids_of(source_id=None, kind="unread", retryable=True)


async def unread(acme: Company) -> tuple[UnreadView, ...]:
    async with acme.context.store.read() as tx:
        return await shown_unread(tx, now=acme.context.now_micros())


def told(messages: Any) -> list[str]:
    return [m.text for m in messages if "usage that is not booked" in m.text]


async def test_usage_of_an_unknown_producer_is_counted_kept_and_told_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    key = await create_key(acme.context, "services", source="otlp")
    internal = at_now(
        acme, traces(*(span(n, kind=1) for n in (1, 2)), resource={"service.name": "shop"}, scope="acme.tracer")
    )

    answer = await posts(acme, key, internal)
    await posts(acme, key, internal)

    assert "2 with usage of acme.tracer, not booked" in answer["partialSuccess"]["errorMessage"]
    assert answer["partialSuccess"]["rejectedSpans"] == "0"
    assert len(await quarantined(acme)) == 2  # each row once
    (first, retry_line) = await lines(acme, "services")
    assert first.startswith("services: 4 rows with usage of acme.tracer in shop, not booked: its span kind")
    assert "tokens quarantine list --source services --kind unread" in retry_line

    assert await watch_unread(acme.context) == 1
    assert await watch_unread(acme.context) == 0
    await acme.settles()
    (dans,) = told(await acme.dan.dms())
    assert "services gets usage that is not booked" in dans
    assert "acme.tracer in shop: 4 rows" in dans
    assert told(await acme.anna.dms()) == []
    assert "4 rows of acme.tracer in shop" in (await acme.dan.opens_home()).text_everywhere()

    await posts(acme, key, internal | {})
    assert await watch_unread(acme.context) == 0  # the same producer again
    await posts(acme, key, at_now(acme, traces(span(9, kind=1), scope="other.tracer")))
    assert await watch_unread(acme.context) == 1
    await acme.settles()
    *_, last = told(await acme.dan.dms())
    assert "other.tracer in checkout: 1 row" in last
    assert "acme.tracer" not in last


async def test_logs_of_a_source_that_meters_traces_are_booked_by_a_retry_after_the_fix(acme_on_both: Company) -> None:
    acme = acme_on_both
    typed = TypedOptions(signal="traces")
    made = await create_source(acme.context, "laptops", source="otlp", team=None, role="meter", typed=typed)
    await posts(
        acme, made.token, at_now(acme, logs(log(REQUEST | {"session.id": "s", "request_id": "r"}), resource=CLAUDE))
    )
    (row,) = await quarantined(acme)
    assert await unread(acme) == ()  # its spans may still come

    still = await retry(acme.context, [row], {}, dry_run=False)
    assert "Claude Code 2.1.328: the source is metered by its traces" in still.wrong[row]
    acme.clock.jump_to(acme.clock.now() + timedelta(minutes=16))
    (view,) = await unread(acme)
    assert (view.key.name, view.key.version, view.rows) == ("Claude Code", "2.1.328", 1)

    await set_source(acme.context, "laptops", TypedOptions(signal="auto"))
    done = await retry(acme.context, [row], {}, dry_run=False)

    assert (done.booked, done.wrong) == (1, {})
    assert await quarantined(acme) == []
    assert await unread(acme) == ()


async def test_metrics_beside_booked_logs_are_repeats_in_any_order_and_alone_they_are_lost(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    both, alone = [await create_key(acme.context, name, source="otlp") for name in ("both", "alone")]
    sum_of = {"aggregationTemporality": 1, "isMonotonic": True}
    point = {"attributes": attributes({"type": "input"}), "timeUnixNano": "1795455900000000000", "asInt": "5"}
    tokens = at_now(
        acme, metrics({"name": "claude_code.token.usage", "sum": sum_of | {"dataPoints": [point]}}, resource=CLAUDE)
    )
    request = at_now(acme, logs(log(REQUEST | {"session.id": "s", "request_id": "r"}), resource=CLAUDE))

    await posts(acme, both, tokens)
    await posts(acme, both, request)
    await posts(acme, both, tokens)
    await posts(acme, alone, tokens)
    acme.clock.jump_to(acme.clock.now() + timedelta(minutes=16))

    (repeat,) = await lines(acme, "both")
    assert "Claude Code 2.1.328, left out on purpose: metrics don't separate calls" in repeat
    assert [(view.source, view.rows) for view in await unread(acme)] == [("alone", 1)]
    assert len(await quarantined(acme)) == 1
    assert await watch_unread(acme.context) == 1


async def test_a_flood_of_producers_fills_neither_the_table_nor_the_messages(acme: Company) -> None:
    key = await create_key(acme.context, "flood", source="otlp")
    groups = [
        traces(span(100 * batch + n, kind=1), scope=f"tracer-{batch}-{n}")["resourceSpans"][0]
        for batch in range(6)
        for n in range(40)
    ]
    for at in range(0, len(groups), 40):
        await posts(acme, key, at_now(acme, {"resourceSpans": groups[at : at + 40]}))

    async with acme.context.store.read() as tx:
        seen = await tx.producers.of()
    assert len(seen) == MAX_OTHERS + 1
    assert sum(found.seen.rows for found in seen) == 240
    assert len(await quarantined(acme)) == 240
    assert await watch_unread(acme.context) == 1
    assert len(await lines(acme, "flood")) == 7


async def test_repeats_are_written_every_ten_seconds_and_not_with_every_body(acme: Company) -> None:
    key = await create_key(acme.context, "agents", source="otlp")
    body = at_now(acme, traces(span(kind=1, said=CHAT | {"gen_ai.operation.name": "invoke_agent"})))

    for _ in range(3):
        await posts(acme, key, body)
    assert (await lines(acme, "agents"))[0].startswith(
        "agents: 1 row with usage of tests in checkout, left out on purpose"
    )
    acme.clock.jump_to(acme.clock.now() + timedelta(seconds=ProducerLog.REPEAT_SECONDS + 1))
    await posts(acme, key, body)

    assert (await lines(acme, "agents"))[0].startswith("agents: 4 rows")
    assert await quarantined(acme) == []


async def test_usage_beside_booked_calls_is_counted_with_each_body_also_when_no_row_is_kept(
    acme_on_both: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = acme_on_both
    monkeypatch.setattr("bot.crosschecks.producers.MAX_UNREAD_KEPT", 1)
    key = await create_key(acme.context, "mixed", source="otlp")
    for n in range(1, 9, 2):
        await posts(acme, key, at_now(acme, traces(span(n), span(n + 1, kind=1), scope="acme.tracer")))

    assert len(await quarantined(acme)) == 1
    assert (await lines(acme, "mixed"))[0].startswith("mixed: 4 rows with usage of acme.tracer in checkout, not booked")


async def test_rows_that_are_dismissed_end_their_count(acme: Company) -> None:
    key = await create_key(acme.context, "services", source="otlp")
    await posts(acme, key, at_now(acme, traces(span(1, kind=1), span(2, kind=1), scope="acme.tracer")))
    first, second = await quarantined(acme)

    for row_id, left in ((first, 2), (second, 0)):
        async with acme.context.store.begin() as tx:
            rows = await tx.quarantine.by_ids([row_id])
            await tx.quarantine.remove([row_id])
            await end_unread(tx, rows)
        assert sum(view.rows for view in await unread(acme)) == left


async def test_producers_that_are_not_seen_for_long_are_forgotten(acme: Company) -> None:
    key = await create_key(acme.context, "services", source="otlp")
    await posts(acme, key, at_now(acme, traces(span(1, kind=1), scope="acme.tracer")))
    acme.clock.jump_to(acme.clock.now() + timedelta(days=acme.context.settings.quarantine_days + 1))
    await watch_unread(acme.context)

    async with acme.context.store.read() as tx:
        assert await tx.producers.of() == []
