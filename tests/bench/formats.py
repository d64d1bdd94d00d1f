"""The bench's usage in each sender's form: native events, LiteLLM's calls with all they carry, OpenTelemetry's spans."""

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.support.paths import FIXTURES

Name = Literal["cloudevents", "litellm", "otlp", "otlp_json"]
Event = dict[str, Any]
_CALL = FIXTURES / "litellm" / "01_chat_tags_user_cached.body"


@dataclass(frozen=True, kw_only=True)
class Format:
    """How one sender sends: where to, labelled how, so many a request, over so many connections at once."""

    name: Name
    path: str
    content_type: str
    batch: int
    connections: int

    @property
    def source(self) -> str:
        """The format's name in `tokens keys create --source`."""
        return self.name.removesuffix("_json")


FORMATS: dict[str, Format] = {
    "cloudevents": Format(
        name="cloudevents",
        path="/v1/usage",
        content_type="application/cloudevents-batch+json",
        batch=500,
        connections=24,
    ),
    "litellm": Format(
        name="litellm", path="/v1/usage/litellm", content_type="application/json", batch=128, connections=8
    ),
    "otlp": Format(
        name="otlp",
        path="/v1/usage/otlp/v1/traces",
        content_type="application/x-protobuf",
        batch=512,  # the exporter's default
        connections=8,
    ),
    "otlp_json": Format(
        name="otlp_json",
        path="/v1/usage/otlp/v1/traces",
        content_type="application/json",
        batch=512,
        connections=8,
    ),
}


def bodies(form: Format, events: Iterable[Event]) -> list[bytes]:
    """Native events as bodies of a format, ready to send."""
    write = {"cloudevents": _native, "litellm": _litellm, "otlp": _otlp, "otlp_json": _otlp_json}[form.name]
    waiting = iter(events)
    found = []
    while batch := list(islice(waiting, form.batch)):
        found.append(write(batch))
    return found


def _native(batch: Sequence[Event]) -> bytes:
    return json.dumps(batch).encode()


def _litellm(batch: Sequence[Event]) -> bytes:
    """An array of calls as the real proxy posted one, 12 KB each with its prices, headers and answer."""
    return json.dumps(list(_calls(batch))).encode()


def _calls(batch: Sequence[Event]) -> Iterator[Event]:
    captured = json.loads(_CALL.read_text())
    call: Event = captured[0] if isinstance(captured, list) else captured
    for event in batch:
        data, at = event["data"], datetime.fromisoformat(event["time"]).timestamp()
        prompt = data["uncached_input_tokens"] + data["cache_read_tokens"]
        usage = {
            **call["metadata"]["usage_object"],
            "prompt_tokens_details": {"cached_tokens": data["cache_read_tokens"]},
        }
        metadata = {
            **call["metadata"],
            "user_api_key_alias": data["credential"],
            "user_api_key_team_id": data["team"],
            "user_api_key_user_id": data["user"],
            "user_api_key_user_email": data["user"],
            "usage_object": {**usage, "completion_tokens_details": None},
        }
        yield {
            **call,
            "id": event["id"],
            "litellm_call_id": f"call-{event['id']}",
            "startTime": at - 1,
            "endTime": at,
            "model": data["model"],
            "custom_llm_provider": data["provider"],
            "prompt_tokens": prompt,
            "completion_tokens": data["output_tokens"],
            "total_tokens": prompt + data["output_tokens"],
            "request_tags": [*data["tags"], f"tool:{data['tool']}", "User-Agent: curl", "User-Agent: curl/7.88.1"],
            "metadata": metadata,
        }


def _otlp(batch: Sequence[Event]) -> bytes:
    serialized: bytes = _request(batch).SerializeToString()
    return serialized


def _otlp_json(batch: Sequence[Event]) -> bytes:
    """The same spans in OTLP's JSON, whose ids are hexadecimal."""
    request = MessageToDict(_request(batch), use_integers_for_enums=True)
    for span in (s for group in request["resourceSpans"] for scope in group["scopeSpans"] for s in scope["spans"]):
        span |= {name: b64decode(span[name]).hex() for name in ("traceId", "spanId")}
    return json.dumps(request).encode()


def _request(batch: Sequence[Event]) -> Any:
    """Spans with the attributes of an instrumented client, by the team that the resource names."""
    request = ExportTraceServiceRequest()
    teams: dict[str, Any] = {}
    for event in batch:
        data = event["data"]
        spans = teams.get(data["team"])
        if spans is None:
            one = request.resource_spans.add()
            _add(one.resource.attributes, {"service.name": "checkout", "team.id": data["team"], **_SDK})
            scope = one.scope_spans.add()
            scope.scope.name = "opentelemetry.instrumentation.genai.openai"
            spans = teams[data["team"]] = scope.spans
        ended = round(datetime.fromisoformat(event["time"]).timestamp() * 1e9)
        number = abs(hash(event["id"]))
        span = spans.add(
            trace_id=number.to_bytes(16, "big"),
            span_id=number.to_bytes(8, "big"),
            name=f"chat {data['model']}",
            kind=Span.SPAN_KIND_CLIENT,
            start_time_unix_nano=ended - 1_000_000_000,
            end_time_unix_nano=ended,
        )
        facts = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": data["provider"],
            "gen_ai.request.model": data["model"],
            "server.address": "api.example.com",
            "server.port": 443,
            "gen_ai.request.temperature": 1,
            "gen_ai.response.model": data["model"],
            "gen_ai.response.id": event["id"],
            "gen_ai.usage.input_tokens": data["uncached_input_tokens"] + data["cache_read_tokens"],
            "gen_ai.usage.output_tokens": data["output_tokens"],
            "gen_ai.usage.cache_read.input_tokens": data["cache_read_tokens"],
            "openai.response.service_tier": "default",
            "user.email": data["user"],
        }
        _add(span.attributes, facts)
    return request


_SDK = {"telemetry.sdk.language": "python", "telemetry.sdk.name": "opentelemetry", "telemetry.sdk.version": "1.45.2"}


def _add(attributes: Any, facts: dict[str, str | int]) -> None:
    for key, value in facts.items():
        found = AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=value)
        attributes.append(KeyValue(key=key, value=found))
