"""The OTLP routes over real HTTP: answers in the request's form, with the statuses that exporters understand."""

import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from sqlalchemy import text

from bot.refusals import ConfigError
from handlers.intake.keys import CreatedKey, create_key, create_source, set_source
from handlers.intake.routes.endpoint import bearer_token
from handlers.intake.source_options import TypedOptions
from tests.handlers.intake.test_ingest import gone
from tests.support.company import Company
from tests.support.traffic.otlp import AT, CHAT, REQUESTS, log, logs, sample, sample_files, signal_of, span, traces

PROTOBUF, JSON = "application/x-protobuf", "application/json"
FILES = sample_files()
UNUSABLE = CHAT | {"gen_ai.usage.input_tokens": -1}


class Sender:
    """Sends OTLP to the bot with one key."""

    def __init__(self, acme: Company, key: str) -> None:
        self._acme = acme
        self.key = key

    async def sends(
        self, body: Any, signal: str = "traces", *, form: str = PROTOBUF, method: str = "POST", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        named = {"Authorization": f"Bearer {self.key}", "Content-Type": form}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self._acme.bot_url}/v1/usage/otlp/v1/{signal}"
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(method, url, data=body, headers=named, skip_auto_headers=["Content-Type"]) as answer,
        ):
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, await answer.read()

    async def tells(self, body: Any, signal: str = "traces") -> dict[str, Any]:
        """Sends a JSON request that must be answered 200; returns the answer."""
        status, headers, answer = await self.sends(json.dumps(body).encode(), signal, form=JSON)
        assert (status, headers["content-type"]) == (200, JSON)
        told: dict[str, Any] = json.loads(answer)
        return told

    async def booked(self) -> list[tuple[Any, ...]]:
        """Returns every booked event: key, counters, cost."""
        columns = "key_hash, uncached_input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, cost_nanos"
        async with self._acme.context.store.read() as tx:
            rows = await tx.connection.execute(text(f"SELECT {columns} FROM usage_events ORDER BY source_id, key_hash"))
            return [tuple(row) for row in rows]


async def otlp_source(acme: Company, name: str, signal: str) -> CreatedKey:
    return await create_source(
        acme.context, name, source="otlp", team=None, role="meter", typed=TypedOptions(signal=signal)
    )


@pytest.fixture
async def sender(acme: Company) -> Sender:
    return Sender(acme, await create_key(acme.context, "services", source="otlp"))


async def test_success_is_an_empty_message_in_the_form_of_the_request(sender: Sender) -> None:
    for file in FILES:
        form = JSON if file.endswith(".json") else PROTOBUF
        status, headers, answer = await sender.sends(sample(file), signal_of(file), form=form)
        assert (status, headers["content-type"], answer) == (200, form, b"{}" if form == JSON else b""), file


async def test_bodies_sent_again_zipped_in_another_form_and_order_change_nothing(sender: Sender) -> None:
    for file in (file for file in FILES if file.endswith(".bin")):
        await sender.sends(gzip.compress(sample(file)), signal_of(file), Content_Encoding="gzip")
    first = await sender.booked()

    for file in reversed([file for file in FILES if "gateways" not in file]):
        form = JSON if file.endswith(".json") else PROTOBUF
        status, _, answer = await sender.sends(sample(file), signal_of(file), form=form)
        assert (status, answer) == (200, b"{}" if form == JSON else b"")

    assert len(first) == 18
    assert await sender.booked() == first


async def test_a_chunked_body_is_taken(sender: Sender) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        body = sample("otlp_docs_based/claude_code_logs.bin")
        for start in range(0, len(body), 100):
            yield body[start : start + 100]

    assert (await sender.sends(pieces(), "logs"))[0] == 200
    assert len(await sender.booked()) == 1


async def test_rows_that_can_not_be_used_are_a_partial_success_that_names_them_and_are_kept(
    acme: Company, sender: Sender
) -> None:
    body = traces(span(1), span(2, said={"http.route": "/"}), span(3, said=UNUSABLE), span(4, said=UNUSABLE))
    told = await sender.tells(body)

    assert told == {
        "partialSuccess": {
            "rejectedSpans": "2",
            "errorMessage": "span 2: gen_ai.usage.input_tokens is negative; span 3: gen_ai.usage.input_tokens is negative",
        }
    }
    assert len(await sender.booked()) == 1
    async with acme.context.store.read() as tx:
        rows = (await tx.connection.execute(text("SELECT kind, format, body FROM quarantine"))).all()
    assert [(kind, read_as) for kind, read_as, _ in rows] == [("unreadable", "otlp")] * 2
    assert all(b"gen_ai.usage.input_tokens" in bytes(kept) for _, _, kept in rows)


async def test_a_partial_success_in_protobuf_and_one_of_many_faults(sender: Sender) -> None:
    request = REQUESTS["logs"]()
    scope = request.resource_logs.add().scope_logs.add()
    for number in range(7):
        record = scope.log_records.add(time_unix_nano=AT)
        for key, value in (("event.name", "gemini_cli.api_response"), ("model", "m"), ("prompt_id", str(number))):
            record.attributes.add(key=key).value.string_value = value
        record.attributes.add(key="input_token_count").value.string_value = "lots"
    status, headers, answer = await sender.sends(request.SerializeToString(), "logs")

    told = ExportLogsServiceResponse.FromString(answer).partial_success
    assert (status, headers["content-type"], told.rejected_log_records) == (200, PROTOBUF, 7)
    assert told.error_message.startswith("log record 0: input_token_count is not a whole number; log record 1:")
    assert told.error_message.endswith("; and 2 more")


async def test_a_conflict_is_rejected_and_the_first_one_stands(sender: Sender) -> None:
    assert await sender.tells(traces(span(1))) == {}
    booked = await sender.booked()
    told = await sender.tells(traces(span(1, said=CHAT | {"gen_ai.usage.input_tokens": 5})))

    assert told["partialSuccess"]["rejectedSpans"] == "1"
    assert told["partialSuccess"]["errorMessage"].startswith("span 0: an event with this id was booked before")
    assert await sender.booked() == booked


async def test_records_that_are_no_calls_are_not_rejected_and_are_counted(acme: Company, sender: Sender) -> None:
    assert await sender.tells(traces(span(1, said={"http.route": "/"}))) == {}
    told = (await sender.tells(traces(span(2, kind=1))))["partialSuccess"]
    assert told["rejectedSpans"] == "0"
    assert "with usage of tests, not booked: its span kind is not CLIENT" in told["errorMessage"]
    assert await sender.booked() == []
    async with aiohttp.ClientSession() as session, session.get(f"{acme.bot_url}/metrics") as answer:
        assert 'tokens_usage_rows_total{fate="ignored"} 2.0' in await answer.text()


@pytest.mark.parametrize("form", [PROTOBUF, JSON])
async def test_refusals_are_a_status_message_in_the_form_of_the_request(sender: Sender, form: str) -> None:
    def said(answer: bytes) -> str:
        return Status.FromString(answer).message if form == PROTOBUF else str(json.loads(answer)["message"])

    unreadable = await sender.sends(b"\xff\xff", form=form)
    unknown = await sender.sends(b"", form=form, Authorization="Bearer tok_wrong")
    no_gzip = await sender.sends(b"plain", form=form, Content_Encoding="gzip")
    bomb = await sender.sends(gzip.compress(b"0" * (40 * 1024 * 1024)), form=form, Content_Encoding="gzip")
    squeezed = await sender.sends(b"", form=form, Content_Encoding="zstd")

    answers = (unreadable, unknown, no_gzip, bomb, squeezed)
    assert [status for status, _, _ in answers] == [400, 401, 400, 413, 415]
    assert {headers["content-type"] for _, headers, _ in answers} == {form}
    assert unknown[1]["www-authenticate"] == "Bearer"
    words = ("The body", "ingest key", "not gzip", "200 times its size", "Content-Encoding")
    for (_, _, answer), word in zip(answers, words, strict=True):
        assert word in said(answer)


async def test_a_key_whose_header_was_sent_undecoded_is_accepted(sender: Sender) -> None:
    """Several exporters send the value of OTEL_EXPORTER_OTLP_HEADERS as it is written there."""
    body = json.dumps(traces(span())).encode()

    status, _, _ = await sender.sends(body, form=JSON, Authorization=f"Bearer%20{sender.key}")

    assert status == 200
    assert len(await sender.booked()) == 1


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("Bearer tok_a-B_9", "tok_a-B_9"),
        ("bearer  tok_a ", "tok_a"),
        ("Bearer%20tok_a", "tok_a"),
        ("%42earer+tok_a", ""),
        ("Bearertok_a", ""),
        ("Basic tok_a", ""),
        ("Bearer%20", ""),
        ("", ""),
    ],
)
def test_a_key_follows_the_word_bearer_and_a_space(header: str, key: str) -> None:
    assert bearer_token(header) == key


@pytest.mark.parametrize("form", [PROTOBUF, JSON])
async def test_while_the_database_is_away_exporters_are_told_to_come_again(acme_on_both: Company, form: str) -> None:
    sender = Sender(acme_on_both, await create_key(acme_on_both.context, "services", source="otlp"))
    name = "otlp_docs_based/codex_logs" + (".bin" if form == PROTOBUF else ".json")
    await sender.tells(traces(span(1)))
    async with gone(acme_on_both):
        status, headers, answer = await sender.sends(sample(name), "logs", form=form)
    assert (status, headers["retry-after"], headers["content-type"]) == (503, "2", form)
    assert b"Send it again" in answer

    assert (await sender.sends(sample(name), "logs", form=form))[0] == 200
    assert len(await sender.booked()) == 2


@pytest.mark.parametrize("form", ["text/plain", "", "application/xml"])
async def test_another_content_type_is_415_unless_there_is_nothing_to_read(sender: Sender, form: str) -> None:
    status, _, answer = await sender.sends(b"{}", form=form)

    assert (status, json.loads(answer)["message"]) == (415, f"Content-Type must be {PROTOBUF} or {JSON}.")
    assert (await sender.sends(b"", form=form, X_Test_Connection="true"))[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_openrouter_tries_the_route_out_and_sends_by_either_method(sender: Sender, method: str) -> None:
    tried = await sender.sends(b"", form=JSON, method=method, X_Test_Connection="true")
    tried_with_braces = await sender.sends(b"{}", form=JSON, method=method, X_Test_Connection="true")
    sent = await sender.sends(sample("gateways/openrouter_traces.json"), form=JSON, method=method)

    assert [status for status, _, _ in (tried, tried_with_braces, sent)] == [200, 200, 200]
    ((_, *counters, _),) = await sender.booked()
    assert counters == [176, 1024, 0, 0, 300, 120]


async def test_a_source_says_which_signal_it_meters_by(acme: Company) -> None:
    found = {}
    for signal in ("auto", "logs", "traces", "metrics"):
        sender = Sender(acme, (await otlp_source(acme, f"claude-{signal}", signal)).token)
        before = len(await sender.booked())
        await sender.sends(sample("otlp_docs_based/claude_code_logs.bin"), "logs")
        await sender.sends(sample("otlp_docs_based/claude_code_metrics.bin"), "metrics")
        found[signal] = len(await sender.booked()) - before

    assert found == {"auto": 1, "logs": 1, "traces": 0, "metrics": 4}
    with pytest.raises(ConfigError, match=r"--signal: 'events' is none of auto, traces, logs, metrics"):
        await otlp_source(acme, "other", "events")
    with pytest.raises(ConfigError, match="--signal: only sources of otlp have several"):
        await set_source(acme.context, "gateway", TypedOptions(signal="logs"))
    await set_source(acme.context, "claude-metrics", TypedOptions(signal="auto"))
    async with acme.context.store.read() as tx:
        signals = {found.name: found.signal for found, _ in await tx.keys.listed()}
    assert signals == {f"claude-{s}": s for s in ("auto", "logs", "traces")} | {
        "claude-metrics": "auto",
        "gateway": "auto",
    }


async def test_what_was_used_is_placed_and_priced(acme: Company, sender: Sender) -> None:
    said = {
        "event.name": "api_request",
        "session.id": "s",
        "request_id": "req_1",
        "model": "claude-sonnet-5",
        "input_tokens": 1_000_000,
        "output_tokens": 0,
        "user.email": "anna@acme.test",
    }
    body = logs(
        log(said, timeUnixNano=str(int(acme.clock.now().timestamp()) * 10**9)), resource={"service.name": "claude-code"}
    )
    assert await sender.tells(body, "logs") == {}

    async with acme.context.store.read() as tx:
        columns = "tool, model, cost_nanos, rule"
        joined = "usage_events e JOIN usage_series s ON s.id = e.series_id"
        rows = (await tx.connection.execute(text(f"SELECT {columns} FROM {joined}"))).all()
    assert [tuple(row) for row in rows] == [("Claude Code", "claude-sonnet-5", 2_000_000_000, "user's team")]
    assert (await acme.gets("/v1/teams/search/allowance"))[1]["spent_usd"] == "2.000000000"


async def test_the_routes_are_described(acme: Company) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{acme.bot_url}/openapi.json") as answer:
        paths = (await answer.json())["paths"]

    for signal in ("traces", "logs", "metrics"):
        described = paths[f"/v1/usage/otlp/v1/{signal}"]
        assert set(described) == {"post"}
        assert set(described["post"]["requestBody"]["content"]) == {PROTOBUF, JSON}
        assert described["post"]["security"]
