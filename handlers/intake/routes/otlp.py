"""The OTLP/HTTP routes: spans, log records and metrics in protobuf or JSON, answered in the request's form.

Exporters retry on 429, 502, 503 and 504 alone and drop the data on any other status, so temporary faults are 503.
Unusable rows are a partial success, which they must not send again; conflicts are among them, because the first row
stands. Records other than calls to a model are not rejected.
"""

import json
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from bot.org.attribution import Source
from bot.sources.otlp.parser import Form, read
from bot.sources.otlp.quick.plain import plain_spans
from bot.sources.otlp.records import Signal
from bot.sources.otlp.wire import status_of
from bot.sources.pieces.bodies import Piece, Pieces
from bot.sources.pieces.otlp_json import otlp_json_pieces
from bot.sources.pieces.otlp_protobuf import otlp_protobuf_pieces
from bot.sources.plain_calls import PlainCalls
from bot.usage import Parsed
from handlers.intake.routes.endpoint import KEY, IngestEndpoint, guarded, headers_of
from handlers.intake.routes.reading import BodyFormat
from handlers.intake.routes.rooms import BodyError
from handlers.intake.usage_jobs import Answer

_PROTOBUF, _JSON = "application/x-protobuf", "application/json"
_MOST_REASONS = 5
_ANSWERS: dict[Signal, tuple[Any, str, str]] = {
    "traces": (ExportTraceServiceResponse, "rejected_spans", "span"),
    "logs": (ExportLogsServiceResponse, "rejected_log_records", "log record"),
    "metrics": (ExportMetricsServiceResponse, "rejected_data_points", "data point"),
}


def otlp_routes(endpoint: IngestEndpoint) -> APIRouter:
    """Returns the routes `/v1/usage/otlp/v1/traces`, `/logs` and `/metrics`. An exporter's endpoint is the part before
    `/v1/traces`.
    """
    routes = APIRouter()

    async def taken(request: Request, signal: Signal) -> Response:
        form = _form_of(request)

        def pieces(body: bytes, _source: Source) -> Pieces:
            if not body or form is None:
                return iter([Piece(body)])
            cut = otlp_protobuf_pieces if form == "protobuf" else otlp_json_pieces
            return cut(body, signal, most_rows=endpoint.context.settings.most_waiting_rows)

        def rows(body: bytes, source: Source) -> Parsed:
            if not body:  # OpenRouter tests a destination with an empty body
                return Parsed(rows=0, events=[], unusable=[])
            if form is None:
                raise BodyError(415, f"Content-Type must be {_PROTOBUF} or {_JSON}.")
            return read(body, signal, form, meters=source.signal, now=endpoint.context.now())

        def plain(body: bytes, source: Source) -> PlainCalls | None:
            is_spans = signal == "traces" and form == "protobuf"
            return plain_spans(body, meters=source.signal, now=endpoint.context.now()) if is_spans else None

        async def answer(request: Request) -> Response:
            otlp = BodyFormat(pieces=pieces, read=rows, plain=plain, places_ignored=True)
            return _answered(await endpoint.accept(request, otlp, read_as="otlp"), signal, form or "json")

        return await guarded(request, answer, refuse=_refusal_in(form or "json"))

    @routes.put("/v1/usage/otlp/v1/traces", include_in_schema=False)
    @routes.post("/v1/usage/otlp/v1/traces", summary="Book spans", openapi_extra=_body("Trace"), dependencies=[KEY])
    async def post_traces(request: Request) -> Response:
        """Spans of calls to models, by OTLP/HTTP. All other spans are taken and ignored."""
        return await taken(request, "traces")

    @routes.post("/v1/usage/otlp/v1/logs", summary="Book log records", openapi_extra=_body("Logs"), dependencies=[KEY])
    async def post_logs(request: Request) -> Response:
        """Log records of coding assistants, one a call, by OTLP/HTTP. All others are taken and ignored."""
        return await taken(request, "logs")

    @routes.post("/v1/usage/otlp/v1/metrics", summary="Book sums", openapi_extra=_body("Metrics"), dependencies=[KEY])
    async def post_metrics(request: Request) -> Response:
        """Sums of tokens, by OTLP/HTTP, of a source that meters by metrics; of others they are taken and ignored."""
        return await taken(request, "metrics")

    return routes


def _form_of(request: Request) -> Form | None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in (_PROTOBUF, "application/protobuf", "application/vnd.google.protobuf"):
        return "protobuf"
    return "json" if kind == _JSON else None


def _answered(answer: Answer, signal: Signal, form: Form) -> Response:
    """Returns OTLP's success: an empty message, or the number of rejected rows and the reasons, or what was left out of
    booked ones.
    """
    message, rejected, noun = _ANSWERS[signal]
    count = answer.quarantined + answer.conflicts
    found_faults = answer.errors if count else answer.warnings  # warnings alone reject nothing
    reasons = _reasons(found_faults, noun, answer.more_errors)
    if form == "json":
        first, *others = rejected.split("_")
        member = first + "".join(word.title() for word in others)
        partial = {"partialSuccess": {member: str(count), "errorMessage": reasons}} if reasons else {}
        return Response(json.dumps(partial), media_type=_JSON)
    found = message()
    if reasons:
        setattr(found.partial_success, rejected, count)
        found.partial_success.error_message = reasons
    return Response(found.SerializeToString(), media_type=_PROTOBUF)


def _reasons(found: Sequence[tuple[int, str]], noun: str, more: int) -> str:
    """Returns `span 3: gen_ai.usage.input_tokens is negative; and 4 more`: rows count from 0, through the whole
    request.
    """
    reasons = [f"{noun} {index}: {reason}" for index, reason in found[:_MOST_REASONS]]
    more += len(found) - len(reasons)
    return "; ".join(reasons) + (f"; and {more} more" if more else "")


def _refusal_in(form: Form) -> Any:
    """Returns the answer to a fault: a google.rpc.Status in the request's form."""

    def refusal(status: int, sentence: str) -> Response:
        if form == "protobuf":
            return Response(status_of(sentence), status, headers_of(status), _PROTOBUF)
        return Response(json.dumps({"message": sentence}), status, headers_of(status), _JSON)

    return refusal


def _body(noun: str) -> dict[str, Any]:
    described = f"An opentelemetry.proto.collector Export{noun}ServiceRequest"
    return {
        "requestBody": {
            "content": {
                _PROTOBUF: {"schema": {"type": "string", "format": "binary", "description": described}},
                _JSON: {"schema": {"type": "object", "description": f"{described}, as JSON"}},
            },
        },
    }
