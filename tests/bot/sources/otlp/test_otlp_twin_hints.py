"""What a span tells of its twins: the same in both encodings."""

import json
from base64 import b64encode

from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bot.sources.otlp.parser import read
from bot.sources.twin_hints import have_different_responses, number_of, process_of, response_of
from bot.usage import TwinHint
from tests.bot.sources.otlp.otlp_examples import AS_CLAUDE_CODE, CLAUDE_CODE, NOW, chat, one
from tests.support.traffic.otlp import AT, log, logs, span, traces


def _hint(body: object, form: str) -> TwinHint | None:
    raw = json.dumps(body).encode()
    if form == "protobuf":
        raw = ParseDict(_base64(body), ExportTraceServiceRequest()).SerializeToString()
    ((_, event),) = read(raw, "traces", form, meters="auto", now=NOW).events  # type: ignore[arg-type]
    return event.twin_hint


def _base64(body: object) -> object:
    """Returns a body with its ids as protobuf's own JSON has them."""
    if isinstance(body, dict):
        return {
            name: b64encode(bytes.fromhex(value)).decode() if name.endswith(("Id",)) else _base64(value)
            for name, value in body.items()
        }
    return [_base64(item) for item in body] if isinstance(body, list) else body


def test_a_span_tells_its_place_and_time_alike_in_both_encodings() -> None:
    body = traces(
        span(1, parentSpanId="f" * 16, startTimeUnixNano=str(AT - 10**9), said=chat(gen_ai__response__id="msg_1")),
        resource={"service.name": "checkout", "process.pid": 12},
    )

    hint = _hint(body, "json")

    assert hint is not None
    assert hint == _hint(body, "protobuf")
    assert (hint.start, hint.end, hint.span, hint.parent) == (AT // 1000 - 10**6, AT // 1000, 1, -1)
    assert hint.response == response_of("msg_1")
    assert hint.process == process_of([("process.pid", 12), ("service.name", "checkout")])


def test_a_log_record_has_no_place_and_another_process_another_hash() -> None:
    hint = one(logs(log(CLAUDE_CODE), **AS_CLAUDE_CODE)).twin_hint

    assert hint is not None
    assert (hint.end, hint.span) == (0, 0)
    assert process_of([("service.name", "a")]) != process_of([("service.name", "b")]) != process_of([]) == 0


def test_ids_of_one_kind_tell_two_calls_apart_and_ids_of_two_kinds_do_not() -> None:
    message, other, request = response_of("msg_1"), response_of("msg_2"), response_of("req_1")

    assert have_different_responses(message, other)
    assert not have_different_responses(message, message)
    assert not have_different_responses(message, request)
    assert not have_different_responses(message, response_of(""))
    assert have_different_responses(response_of("9f1"), response_of("9f2"))
    assert number_of(b"") == 0
