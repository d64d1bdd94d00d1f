"""The quick way to read protobuf gives what generated code gives, for whatever is sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from bot.sources.otlp import protobuf
from bot.sources.otlp.producers.registry import PRODUCERS
from bot.sources.otlp.quick.attributes import known_attributes
from bot.sources.otlp.quick.records import quick_records
from bot.sources.otlp.records import Record, Signal, UndecodableRecord
from bot.sources.otlp.wire import NotFields
from bot.sources.rows import Unreadable

READ = (
    "gen_ai.provider.name",
    "gen_ai.system",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "user.email",
    "team.id",
)
COUNTED = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.cost", "gen_ai.response.id")
NAMES = st.sampled_from([*READ, *COUNTED, "server.port", "gen_ai.input.messages", "x" * 130, ""]) | st.text(max_size=6)
NUMBERS = (
    st.integers(-(2**63), 2**63 - 1) | st.integers(0, 300) | st.sampled_from([127, 128, 16_383, 16_384, 2_097_152])
)
TEXTS = st.text(max_size=8) | st.sampled_from(["openai", "gpt-5", "a" * 127, "b" * 128, "c" * 400])
VALUES = st.one_of(
    TEXTS.map(lambda text: AnyValue(string_value=text)),
    NUMBERS.map(lambda number: AnyValue(int_value=number)),
    st.floats().map(lambda number: AnyValue(double_value=number)),
    st.booleans().map(lambda flag: AnyValue(bool_value=flag)),
    st.lists(TEXTS, max_size=3).map(
        lambda texts: AnyValue(array_value=ArrayValue(values=[AnyValue(string_value=text) for text in texts]))
    ),
    st.just(AnyValue(bytes_value=b"\xff")),
    st.just(AnyValue()),
)
ATTRIBUTES = st.lists(st.builds(lambda key, value: KeyValue(key=key, value=value), NAMES, VALUES), max_size=8)
FAILED = Status(code=Status.STATUS_CODE_ERROR)
IDS = st.binary(max_size=17)
TIMES = st.integers(0, 2**64 - 1)
SPANS = st.fixed_dictionaries(
    {
        "trace_id": IDS,
        "span_id": IDS,
        "parent_span_id": IDS,
        "name": TEXTS,
        "kind": st.integers(0, 5),
        "start_time_unix_nano": TIMES,
        "end_time_unix_nano": TIMES,
        "attributes": ATTRIBUTES,
        "status": st.sampled_from(
            [
                None,
                Status(),
                Status(code=Status.STATUS_CODE_OK),
                FAILED,
                Status(code=Status.STATUS_CODE_ERROR, message="no"),
            ]
        ),
        "events": st.just([Span.Event(name="gen_ai.choice")]),
    }
)
LOGS = st.fixed_dictionaries(
    {
        "trace_id": IDS,
        "span_id": IDS,
        "event_name": TEXTS,
        "time_unix_nano": TIMES,
        "observed_time_unix_nano": TIMES,
        "attributes": ATTRIBUTES,
        "body": st.just(AnyValue(string_value="hello")),
        "flags": st.integers(0, 2),
    }
)
GROUPS = st.tuples(ATTRIBUTES, TEXTS, TEXTS)


def spans_body(group: Any, leaves: list[dict[str, Any]]) -> bytes:
    request = ExportTraceServiceRequest()
    one = request.resource_spans.add()
    one.resource.attributes.extend(group[0])
    scope = one.scope_spans.add()
    scope.scope.name, scope.scope.version = group[1], group[2]
    scope.spans.extend(Span(**leaf) for leaf in leaves)
    return bytes(request.SerializeToString())


def logs_body(group: Any, leaves: list[dict[str, Any]]) -> bytes:
    request = ExportLogsServiceRequest()
    one = request.resource_logs.add()
    one.resource.attributes.extend(group[0])
    scope = one.scope_logs.add()
    scope.scope.name, scope.scope.version = group[1], group[2]
    for leaf in leaves:
        scope.log_records.add(**leaf)
    return bytes(request.SerializeToString())


@contextmanager
def no_quick_way() -> Iterator[None]:
    with mock.patch.object(protobuf, "quick_records", side_effect=NotFields):
        yield


def seen(records: list[Record | UndecodableRecord]) -> list[Any]:
    """Returns what a record says, with its attributes decoded. A NaN equals itself there."""
    return [
        repr([getattr(record, name) for name in record.__struct_fields__ if name not in ("attributes", "facts")])
        + repr(sorted(record.facts.items()))
        + repr(list(record.attributes))
        if isinstance(record, Record)
        else record
        for record in records
    ]


def read_slowly(body: bytes, signal: Signal) -> list[Record | UndecodableRecord]:
    with no_quick_way():
        return list(protobuf.read(body, signal))


@pytest.mark.timeless
@given(group=GROUPS, leaves=st.lists(SPANS, max_size=3))
@settings(deadline=None, max_examples=150)
def test_spans_are_read_as_generated_code_reads_them(group: Any, leaves: list[dict[str, Any]]) -> None:
    body = spans_body(group, leaves)

    for _ in range(2):  # the second time its attributes are known
        assert seen(list(quick_records(body, "traces"))) == seen(read_slowly(body, "traces"))


@pytest.mark.timeless
@given(group=GROUPS, leaves=st.lists(LOGS, max_size=3))
@settings(deadline=None, max_examples=100)
def test_log_records_are_read_as_generated_code_reads_them(group: Any, leaves: list[dict[str, Any]]) -> None:
    body = logs_body(group, leaves)

    for _ in range(2):
        assert seen(list(quick_records(body, "logs"))) == seen(read_slowly(body, "logs"))


@pytest.mark.timeless
@given(body=st.builds(spans_body, GROUPS, st.lists(SPANS, min_size=1, max_size=2)), data=st.data())
@settings(deadline=None, max_examples=300)
def test_bytes_that_were_changed_are_refused_or_read_as_generated_code_reads_them(body: bytes, data: Any) -> None:
    changed = bytearray(body)
    for at in data.draw(st.lists(st.integers(0, len(body) - 1), min_size=1, max_size=3)):
        changed[at] = data.draw(st.integers(0, 255))
    try:
        slowly = read_slowly(bytes(changed), "traces")
    except Unreadable:
        slowly = []
    try:
        quickly = quick_records(bytes(changed), "traces")
    except (NotFields, IndexError, DecodeError, UnicodeDecodeError):
        return
    # Text that is not read may be anything here: generated code checks that it is UTF-8.
    if slowly and all(isinstance(record, Record) for record in slowly):
        assert seen(list(quickly)) == seen(slowly)


def test_a_repeated_attribute_is_decoded_once_and_what_differs_from_call_to_call_is_not_kept() -> None:
    common = PRODUCERS.reads(PRODUCERS.common, "traces")
    known = known_attributes(common)
    known.clear()
    kept = [KeyValue(key="gen_ai.provider.name", value=AnyValue(string_value="openai"))]
    kept += [KeyValue(key="server.port", value=AnyValue(int_value=443))]
    leaf = {"attributes": [*kept, KeyValue(key="gen_ai.usage.input_tokens", value=AnyValue(int_value=7))]}

    quick_records(spans_body(([], "", ""), [leaf]), "traces")

    assert set(known) == {one.SerializeToString() for one in kept}
    with mock.patch.object(known.__class__, "read", wraps=known.read) as read:
        ((record,),) = [quick_records(spans_body(([], "", ""), [leaf]), "traces")]
    assert {fact: given.value for fact, given in record.facts.items()} == {"provider": "openai", "input": 7}
    assert read.call_count == 1


@pytest.mark.parametrize("body", [b"", b"\x0a", b"hello", b"\x0a\x05hello"])
def test_a_body_that_is_no_request_gives_no_record(body: bytes) -> None:
    try:
        assert quick_records(body, "traces") == []
    except (NotFields, IndexError, DecodeError, UnicodeDecodeError):
        assert body
