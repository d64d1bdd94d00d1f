"""The real OpenTelemetry SDK and its OTLP/HTTP exporter send a thousand calls to a running bot, over an unreliable
line.
"""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from genai_prices import Usage, calc_price
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind
from sqlalchemy import text

from handlers.intake.keys import create_key
from tests.support.company import Company
from tests.support.paths import ROOT

CALLS = 1000
MODELS = (
    *(("openai", "gpt-4o-mini-2024-07-18"), ("openai", "gpt-5.5"), ("anthropic", "claude-sonnet-4-5-20250929")),
    ("anthropic", "claude-opus-4-5"),
)


@dataclass
class Line:
    """A proxy between the exporter and the bot. Each batch's first attempt meets the next of `fates`: `busy` is a 503
    with one second of Retry-After, `lost` an answer that is lost after the bot took the batch.
    """

    bot_url: str
    fates: list[str]
    url: str = ""
    bodies: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    tries: list[str] = field(default_factory=list)

    async def passes_on(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type", "Content-Encoding")}
        fate = self.fates.pop(0) if self.fates else "fine"
        self.tries.append(fate)
        if fate == "busy":
            return web.Response(status=503, headers={"Retry-After": "1"})
        self.bodies.append((request.path, headers, body))
        status, answer = await self.sends(request.path, headers, body)
        if fate == "lost":
            assert request.transport is not None
            request.transport.close()
        return web.Response(status=status, body=answer, content_type="application/x-protobuf")

    async def sends(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        url = f"{self.bot_url}{path}"
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
            return answer.status, await answer.read()


@asynccontextmanager
async def line(acme: Company, *fates: str) -> AsyncIterator[Line]:
    found = Line(acme.bot_url, list(fates))
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/{path:.*}", found.passes_on)
    runner = web.AppRunner(app, auto_decompress=False)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    found.url = f"http://{host}:{port}"
    yield found
    await runner.cleanup()


def usage(number: int) -> tuple[str, str, dict[str, int]]:
    """Returns provider, model and inclusive counts of a made-up call."""
    chance = random.Random(number)
    provider, model = MODELS[number % len(MODELS)]
    read, output = chance.randrange(0, 50_000), chance.randrange(1, 4000)
    return provider, model, {"input": chance.randrange(read, read + 20_000), "cache_read": read, "output": output}


def nanos(number: int) -> int:
    """Returns the call's cost by the price book's own package."""
    provider, model, counts = usage(number)
    used = Usage(input_tokens=counts["input"], cache_read_tokens=counts["cache_read"], output_tokens=counts["output"])
    found = calc_price(used, model, provider_id=provider, genai_request_timestamp=datetime.now(UTC))
    return round(found.total_price * 10**9)


def make_spans(exporter: OTLPSpanExporter) -> None:
    """A service's agent calls models: one span per call, and one per agent run with their sum."""
    provider = TracerProvider(resource=Resource.create())
    provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=4 * CALLS, max_export_batch_size=200))
    tracer = provider.get_tracer("opentelemetry.instrumentation.genai.openai")
    for run in range(CALLS // 10):
        with tracer.start_as_current_span("invoke_agent checkout") as agent:
            agent.set_attributes({"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 10**6})
            for number in range(run * 10, run * 10 + 10):
                said_by, model, counts = usage(number)
                with tracer.start_as_current_span(f"chat {model}", kind=SpanKind.CLIENT) as call:
                    call.set_attributes(
                        {
                            "gen_ai.operation.name": "chat",
                            "gen_ai.provider.name": said_by,
                            "gen_ai.response.model": model,
                            "gen_ai.response.id": f"response-{number}",
                            "gen_ai.usage.input_tokens": counts["input"],
                            "gen_ai.usage.cache_read.input_tokens": counts["cache_read"],
                            "gen_ai.usage.output_tokens": counts["output"],
                            "gen_ai.input.messages": '[{"role": "user", "content": "the secret prompt"}]',
                        }
                    )
    provider.shutdown()


def make_logs(exporter: OTLPLogExporter) -> None:
    """Codex reports its calls in log records."""
    provider = LoggerProvider(resource=Resource.create({"service.name": "codex_cli_rs"}))
    provider.add_log_record_processor(
        BatchLogRecordProcessor(exporter, max_queue_size=4 * CALLS, max_export_batch_size=200)
    )
    logger = provider.get_logger("codex_otel")
    now = datetime.now(UTC)
    for number in range(CALLS):
        _, model, counts = usage(number)
        said: dict[str, Any] = {
            "event.name": "codex.sse_event",
            "event.kind": "response.completed",
            "event.timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{number:03d}Z",
            "conversation.id": "01998f",
            "user.email": "anna@acme.test",
            "model": model,
            "input_token_count": str(counts["input"]),
            "cached_token_count": counts["cache_read"],
            "output_token_count": str(counts["output"]),
            "tool_token_count": str(counts["input"] + counts["output"]),
        }
        logger.emit(LogRecord(timestamp=int(now.timestamp() * 1e9), body="", attributes=said))
    provider.shutdown()


async def booked(acme: Company) -> tuple[int, int, int]:
    """Returns the calls, their cost, and the rows in quarantine."""
    async with acme.context.store.read() as tx:
        calls, cost = (
            await tx.connection.execute(text("SELECT count(*), CAST(sum(cost_nanos) AS BIGINT) FROM usage_events"))
        ).one()
        kept = (await tx.connection.execute(text("SELECT count(*) FROM quarantine"))).scalar_one()
    return calls, cost, kept


async def teams(acme: Company) -> set[str]:
    """Returns the attribution rules applied."""
    async with acme.context.store.read() as tx:
        return set((await tx.connection.execute(text("SELECT DISTINCT rule FROM usage_events"))).scalars())


def as_the_guide_says(bot_url: str, key: str) -> dict[str, str]:
    """The variables of the connecting guide, with this bot's address and key."""
    page = (ROOT / "docs" / "connect" / "opentelemetry.md").read_text()
    lines = re.findall(r"^export (\w+)=(.*)$", page, flags=re.MULTILINE)
    said = {name: value.replace("https://tokens.acme.test", bot_url).replace("tok_...", key) for name, value in lines}
    assert {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_RESOURCE_ATTRIBUTES"} < set(said)
    return said


@pytest.mark.parametrize("fates", [(), ("busy", "fine", "lost", "fine", "busy")], ids=["a good line", "a bad line"])
async def test_a_thousand_spans_are_booked_once_at_what_they_cost(
    acme_on_both: Company, fates: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = acme_on_both
    key = await create_key(acme.context, "checkout", source="otlp")
    async with line(acme, *fates) as between:
        for name, value in as_the_guide_says(between.url, key).items():
            monkeypatch.setenv(name, value)
        await asyncio.to_thread(make_spans, OTLPSpanExporter())
        expected = (CALLS, sum(nanos(number) for number in range(CALLS)), 0)
        assert await booked(acme) == expected
        assert await teams(acme) == {"declared team"}
        await resent(between)

    assert await booked(acme) == expected
    assert between.fates == []
    assert between.tries[: len(fates)] == list(fates)
    assert len(between.tries) > len(fates)


async def resent(between: Line) -> None:
    """Sends everything again, the last first."""
    for path, headers, body in reversed(between.bodies):
        assert await between.sends(path, headers, body) == (200, b"")


async def test_a_thousand_log_records_are_booked_once_over_a_bad_line(acme: Company) -> None:
    key = await create_key(acme.context, "laptops", source="otlp")
    async with line(acme, "fine", "lost", "busy", "fine", "lost") as between:
        exporter = OTLPLogExporter(
            endpoint=f"{between.url}/v1/usage/otlp/v1/logs",
            headers={"Authorization": f"Bearer {key}"},
            compression=Compression.Gzip,
        )
        await asyncio.to_thread(make_logs, exporter)
        calls, _, kept = await booked(acme)
        await resent(between)

    assert (calls, kept) == (CALLS, 0)
    assert (await booked(acme))[0] == CALLS
    assert await teams(acme) == {"user's team"}
