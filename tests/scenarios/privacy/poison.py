"""Bodies of every format with a canary in each field that may hold a prompt, an answer, a header, an address or a command
line. What is a label by contract is listed, and stays as it is.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from bot.sources.otlp.records import Signal
from tests.support.paths import FIXTURES
from tests.support.traffic.otlp import CHAT, attributes, span

CANARY = "qZcanaryZq"
"""No table, quarantine or log may have it, whatever stands around it."""
LABEL = "labelled-by-contract"
"""Stands in labels, so that the test shows that the bodies came in."""

LABELS = frozenset({
    *("id", "source", "type", "time", "specversion", "model", "provider", "tool", "workflow", "user", "team", "credential"),
    *("user_agent", "tags", "cost_usd", "operation", "service_tier", "inference_geo", "region"),
})  # fmt: skip
"""The members of a native event, and of the formats that map to it, that are labels, ids or figures."""
LITELLM_LABELS = frozenset({
    *("id", "litellm_call_id", "call_type", "status", "custom_llm_provider", "model", "model_id", "end_user", "user_agent"),
    *("request_tags", "cache_hit", "user_api_key_hash", "user_api_key_alias", "user_api_key_team_id"),
    *("user_api_key_team_alias", "user_api_key_user_id", "user_api_key_user_email", "user_api_key_request_route"),
    *("user_api_key_budget_reset_at", "service_tier", "speed", "inference_geo", "data_residency", "vertex_location"),
    *("error_budget_entity_type", "error_budget_entity_id"),
})  # fmt: skip
PRIVATE_MEMBERS: Mapping[str, Any] = {
    "prompt": CANARY,
    "messages": [{"role": "user", "content": CANARY}],
    "response": {"choices": [{"message": {"content": CANARY}}]},
    "headers": {"cookie": CANARY},
    "ip_address": CANARY,
    "command_line": [CANARY],
}
PRIVATE_ATTRIBUTES = (
    *("process.command", "process.command_line", "process.command_args", "process.executable.path", "process.owner"),
    *("host.name", "host.ip", "host.id", "os.description", "client.address", "server.address", "network.peer.address"),
    *("net.peer.name", "net.sock.peer.addr", "source.address", "url.full", "url.query", "http.url", "http.target"),
    *("http.request.header.cookie", "http.request.header.authorization", "http.response.header.set-cookie"),
    *(
        "gen_ai.prompt",
        "gen_ai.completion",
        "gen_ai.prompt.0.content",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
    ),
    *("gen_ai.system_instructions", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.tool.definitions"),
    *("llm.input_messages.0.message.content", "llm.output_messages.0.message.content", "llm.prompts"),
    *(
        "llm.invocation_parameters",
        "input.value",
        "output.value",
        "ai.prompt",
        "ai.prompt.messages",
        "ai.response.text",
    ),
    *("ai.response.object", "ai.toolCall.args", "traceloop.entity.input", "traceloop.entity.output", "langfuse.input"),
    *("langsmith.metadata.usage_metadata", "langsmith.metadata.prompt", "db.statement", "exception.message"),
    *("exception.stacktrace", "prompt", "user_prompt", "body", "arguments", "tool_input", "command", "error", "cwd"),
    *("message", "response", "file.path", "code.filepath", "acme.prompt_tokens_text", "acme.total_tokens"),
)


class Body(NamedTuple):
    """A body with a canary: its route, its content type, further headers, and its source."""

    name: str
    source: str
    path: str
    content: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = {}


def litellm_bodies() -> Iterator[Body]:
    """Yields captured calls with a canary in each text that is no label: booked, failed, ignored and unusable ones."""
    path = "/v1/usage/litellm"
    for file in sorted((FIXTURES / "litellm").glob("*.body")):
        rows = _rows(file)
        poisoned = [_poisoned(row, LITELLM_LABELS) for row in rows]
        changed = [{**row, "model": LABEL, "prompt_tokens": 77_777} for row in poisoned]
        unusable = [{**row, "endTime": None, "startTime": None} for row in poisoned]
        yield Body(file.name, "litellm", path, json.dumps([*poisoned, *changed, *unusable]).encode())
        lines = b"\n".join(json.dumps({**row, "note": "\ud800", "call_type": "afetch_x"}).encode() for row in poisoned)
        yield Body(f"{file.name} lines", "litellm", path, lines)


def _rows(file: Path) -> list[dict[str, Any]]:
    text = file.read_bytes()
    try:
        found = json.loads(text)
    except ValueError:
        found = [json.loads(line) for line in text.splitlines() if line.strip()]
    return found if isinstance(found, list) else [found]


def _poisoned(value: Any, labels: frozenset[str], name: str = "") -> Any:
    """Returns JSON with a canary in every text but labels, and in further members of every object."""
    if isinstance(value, dict):
        found = {key: _poisoned(member, labels, key) for key, member in value.items()}
        return {**PRIVATE_MEMBERS, **found} if name not in labels else found
    if isinstance(value, list):
        return [_poisoned(member, labels, name) for member in value]
    return f"{CANARY} {value}" if isinstance(value, str) and name not in labels else value


def native_bodies() -> Iterator[Body]:
    """Yields native events in all modes, and those of the formats that map to them: booked, conflicting and unusable."""
    usage = {"model": "gpt-5", "user": LABEL, "output_tokens": 5, "api_base": f"https://{CANARY}.test/{CANARY}"}
    data = {**PRIVATE_MEMBERS, **usage}
    event = {"id": "n-1", "source": "/eu", "type": "ai.usage", "time": "2026-11-23T10:00:00Z"}
    outer = {**PRIVATE_MEMBERS, **event, "subject": CANARY, "dataschema": CANARY, "traceparent": CANARY}
    variants: tuple[dict[str, Any], ...] = (
        data,
        {**data, "output_tokens": 6},
        {**data, "model": None},
        {**data, "output_tokens": -1},
        {**data, "output_tokens": {"of": CANARY}},
        {**data, "operation": "fetch_x"},
        {**data, "operation": "list"},
    )
    for at, members in enumerate(variants):
        content = json.dumps({**outer, "data": members}).encode()
        yield Body(f"structured {at}", "cloudevents", "/v1/usage", content, "application/cloudevents+json")
        batch = json.dumps(
            [{**outer, "id": f"b-{at}", "data": members}, {**outer, "type": "acme.unknown", "data": members}]
        )
        yield Body(f"batch {at}", "cloudevents", "/v1/usage", batch.encode(), "application/cloudevents-batch+json")
        headers = {"ce-id": f"h-{at}", "ce-source": "/eu", "ce-type": "ai.usage", "ce-specversion": "1.0"}
        headers |= {"ce-time": "2026-11-23T10:00:00Z", "ce-prompt": CANARY, "ce-subject": CANARY}
        yield Body(f"binary {at}", "cloudevents", "/v1/usage", json.dumps(members).encode(), headers=headers)
        moment = 1_795_455_900 + at
        lago = {
            "transaction_id": f"l-{at}",
            "timestamp": moment,
            "code": CANARY,
            "properties": members,
            **PRIVATE_MEMBERS,
        }
        yield Body(f"lago {at}", "lago", "/v1/usage", json.dumps({"events": [lago], "note": CANARY}).encode())
        metered = {**outer, "id": f"m-{at}", "subject": LABEL, "data": members}
        yield Body(
            f"openmeter {at}", "openmeter", "/v1/usage", json.dumps(metered).encode(), "application/cloudevents+json"
        )
        hook = {"type": "usage.recorded", "timestamp": "2026-11-23T10:00:00Z", "data": {"id": f"w-{at}", **members}}
        yield Body(f"webhook {at}", "standardwebhooks", "/v1/usage", json.dumps({**PRIVATE_MEMBERS, **hook}).encode())
    for at, model in enumerate(("gpt-5", "")):
        counts = {"promptTokens": 5, "completionTokens": 6, "cost": 0.1, "note": CANARY}
        request = {"request_id": f"r-{at}", "user_id": LABEL, "model": model, "provider": "OPENAI", "metadata": counts}
        private = {"request_body": CANARY, "response_body": CANARY, "request_response_url": f"https://{CANARY}.test"}
        yield Body(
            f"helicone {at}", "helicone", "/v1/usage", json.dumps({**PRIVATE_MEMBERS, **private, **request}).encode()
        )
    for at, broken in enumerate((f'{{"prompt": "{CANARY}"', f"{CANARY}", f'[{{"id": "{CANARY}\ud800"}}, {CANARY}]')):
        content = broken.encode("utf-8", "surrogatepass")
        yield Body(f"broken {at}", "cloudevents", "/v1/usage", content)
        yield Body(f"broken litellm {at}", "litellm", "/v1/usage/litellm", content)


def otlp_requests() -> Iterator[tuple[Signal, dict[str, Any]]]:
    """Yields requests of all signals as JSON: booked calls, unread usage, unusable rows and what is ignored."""
    spans = [
        _span(1, CHAT | {"user.email": LABEL}),
        _span(2, CHAT | {"gen_ai.usage.input_tokens": -5}),
        _span(3, CHAT | {"gen_ai.usage.cache_read.input_tokens": 5_000}),
        _span(4, CHAT, kind=1),
        _span(5, {"acme.tokens_used": 12}, kind=1),
        _span(6, CHAT | {"gen_ai.operation.name": "invoke_agent"}),
        _span(7, CHAT | {"gen_ai.operation.name": "unheard_of"}),
        _span(8, {"langsmith.span.kind": "LLM", "gen_ai.usage.input_tokens": 5, "gen_ai.request.model": "m"}),
    ]
    yield "traces", {"resourceSpans": [_group("scopeSpans", "spans", spans)]}
    asked = {"event.name": "api_request", "model": "claude-sonnet-5", "input_tokens": 5, "session.id": "s"}
    logs = [
        _log(asked | {"request_id": "r-1", "user.email": LABEL}, event="claude_code.api_request"),
        _log(asked | {"request_id": "r-1", "input_tokens": 6}, event="claude_code.api_request"),
        _log(asked | {"event.name": "acme.answered"}),
        _log({"event.name": "user_prompt"}),
        _log(asked | {"input_tokens": "many"}),
    ]
    yield "logs", {"resourceLogs": [_group("scopeLogs", "logRecords", logs)]}
    moment = "1795455900000000000"
    point = {"attributes": attributes({"type": "input"}) + private(), "timeUnixNano": moment, "asInt": "5"}
    point["exemplars"] = [{"filteredAttributes": private(), "asInt": "1"}]
    names = ("claude_code.token.usage", "acme.tokens", "gemini_cli.token.usage")
    found: list[Any] = [
        {"name": name, "description": CANARY, "unit": CANARY, "metadata": private()}
        | {"sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": [point]}}
        for name in names
    ]
    found.append(
        {"name": "gen_ai.client.token.usage", "description": CANARY, "histogram": {"dataPoints": [{"sum": 5.0}]}}
    )
    yield "metrics", {"resourceMetrics": [_group("scopeMetrics", "metrics", found)]}


def private() -> list[dict[str, Any]]:
    """Returns attributes with a canary, as text, array, bytes and nested, under every private name."""
    texts = [{"key": name, "value": {"stringValue": f"{CANARY} {name}"}} for name in PRIVATE_ATTRIBUTES]
    array = {"arrayValue": {"values": [{"stringValue": CANARY}]}}
    nested = {"kvlistValue": {"values": [{"key": CANARY, "value": {"stringValue": CANARY}}]}}
    return [*texts, {"key": "process.command_args.all", "value": array}, {"key": "acme.nested", "value": nested}]


def _span(number: int, said: Mapping[str, Any], *, kind: int = 3) -> Any:
    event = {"name": CANARY, "timeUnixNano": "1795455900000000000", "attributes": private()}
    link = {"traceId": "1" * 32, "spanId": "2" * 16, "traceState": CANARY, "attributes": private()}
    found = span(number, kind=kind, said=said, name=f"chat {CANARY}", traceState=CANARY, events=[event], links=[link])
    return found | {"attributes": found["attributes"] + private(), "status": {"code": 2, "message": CANARY}}


def _log(said: Mapping[str, Any], *, event: str = "") -> Any:
    body = {"kvlistValue": {"values": [{"key": "prompt", "value": {"stringValue": CANARY}}]}}
    return {
        "timeUnixNano": "1795455900000000000",
        "severityText": CANARY,
        "eventName": f"{event} {CANARY}",
        "body": body if event else {"stringValue": CANARY},
        "attributes": attributes(said) + private(),
    }


def _group(middle: str, inner: str, leaves: list[Any]) -> Any:
    resource = {"attributes": attributes({"service.name": "checkout"}) + private(), "entityRefs": [{"type": CANARY}]}
    scope = {"name": "acme.tracer", "version": "1.0", "attributes": private()}
    url = f"https://{CANARY}.test/schema"
    return {"resource": resource, "schemaUrl": url, middle: [{"scope": scope, "schemaUrl": url, inner: leaves}]}
