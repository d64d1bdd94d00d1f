"""Large bodies in pieces: the pieces of a body are the body, none is large, and no body has more rows than are read."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bot.sources import SOURCES
from bot.sources.otlp import parser as otlp
from bot.sources.otlp.wire import field
from bot.sources.pieces.arrays import CHUNK_BYTES, PIECE_ROWS, slices
from bot.sources.pieces.bodies import (
    MAX_ROW_MARKS,
    Piece,
    Pieces,
    TooManyRows,
    json_pieces,
    line_pieces,
    parsed_steps,
    wrapped_pieces,
)
from bot.sources.pieces.otlp_json import MAX_SHARED_BYTES, otlp_json_pieces
from bot.sources.pieces.otlp_protobuf import otlp_protobuf_pieces
from bot.sources.rows import Unreadable
from bot.usage import Parsed
from tests.bot.sources.litellm import litellm_examples

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MOST = 10_000
Cutter = Callable[[bytes], Pieces]
CUT = partial(json_pieces, most_rows=MOST)
LINES = partial(line_pieces, most_rows=MOST)


def native(number: int, **data: Any) -> dict[str, Any]:
    counts = {"model": "claude-opus-4-5", "output_tokens": number + 1}
    return {"id": f"e-{number}", "source": "/gw", "time": "2026-11-23T10:00:00Z", "data": {**counts, **data}}


def call(number: int) -> dict[str, Any]:
    return litellm_examples.sample(id=f"call-{number}", litellm_call_id=f"call-{number}")


def lago(number: int) -> dict[str, Any]:
    return {"transaction_id": f"t-{number}", "code": "ai", "properties": {"model": "m", "output_tokens": 3}}


def request(*shape: int, attributes: int = 1) -> dict[str, Any]:
    """A request with so many resources, scopes in each, and spans in each."""
    resources, scopes, spans = shape
    resource = {
        "attributes": [{"key": f"service.name{'.x' * n}", "value": {"stringValue": "eval"}} for n in range(attributes)]
    }
    numbers = iter(range(resources * scopes * spans))
    return {
        "resourceSpans": [
            {
                "resource": resource,
                "scopeSpans": [
                    {"scope": {"name": "s"}, "spans": [span(next(numbers)) for _ in range(spans)]}
                    for _ in range(scopes)
                ],
            }
            for _ in range(resources)
        ]
    }


def span(number: int) -> dict[str, Any]:
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
    attributes: list[Any] = [{"key": key, "value": {"stringValue": value}} for key, value in said.items()]
    attributes.append({"key": "gen_ai.usage.output_tokens", "value": {"intValue": str(number + 1)}})
    ids = {"traceId": (number + 1).to_bytes(16, "big").hex(), "spanId": (number + 1).to_bytes(8, "big").hex()}
    return {**ids, "name": "chat m", "kind": 3, "endTimeUnixNano": "1763892000000000000", "attributes": attributes}


def in_protobuf(asked: dict[str, Any]) -> bytes:
    for group in asked["resourceSpans"]:
        for scope in group["scopeSpans"]:
            for one in scope["spans"]:
                one |= {name: b64encode(bytes.fromhex(one[name])).decode() for name in ("traceId", "spanId")}
    return bytes(ParseDict(asked, ExportTraceServiceRequest()).SerializeToString())


def read_whole(pieces: Pieces, read: Callable[[bytes], Parsed], **options: bool) -> tuple[list[Any], list[Any]]:
    """The events and the unusable rows of all pieces, with their places in the body."""
    steps = [step for step in parsed_steps(pieces, read, **options) if isinstance(step, Parsed)]
    return [e for step in steps for e in step.events], [row for step in steps for row in step.unusable]


def bodies_of(pieces: Pieces) -> list[bytes]:
    return [piece.body for piece in pieces if isinstance(piece, Piece)]


def native_rows() -> bytes:
    return json.dumps([native(n, tool=']},{[\\"' if n % 7 else "plain") for n in range(2_500)]).encode()


def some_bad_rows() -> bytes:
    return b" \n" + json.dumps([native(n) if n % 1_001 else {"id": n} for n in range(3_500)]).encode() + b"\r\n"


def calls_in_an_array() -> bytes:
    return json.dumps([call(n) for n in range(1_100)], indent=1).encode()


def calls_in_lines() -> bytes:
    return b"\n".join(json.dumps(call(n)).encode() for n in range(1_100))


def wrapped_rows() -> bytes:
    return json.dumps({"events": [lago(n) for n in range(1_500)]}).encode()


def otlp_json(*shape: int) -> bytes:
    return json.dumps(request(*shape)).encode()


SHAPES = ((1, 1, 2_500), (2, 2, 700), (1_300, 1, 1), (1, 1_300, 1))


def otlp_read(form: otlp.Form) -> Callable[[bytes], Parsed]:
    return lambda body: otlp.read(body, "traces", form, meters="auto", now=NOW)


@pytest.mark.parametrize(
    ("cut", "make", "read"),
    [
        pytest.param(CUT, native_rows, SOURCES["cloudevents"], id="native"),
        pytest.param(CUT, some_bad_rows, SOURCES["cloudevents"], id="native, some rows bad"),
        pytest.param(LINES, calls_in_an_array, SOURCES["litellm"], id="litellm"),
        pytest.param(LINES, calls_in_lines, SOURCES["litellm"], id="lines"),
        pytest.param(partial(wrapped_pieces, most_rows=MOST), wrapped_rows, SOURCES["lago"], id="lago"),
        *(
            pytest.param(
                partial(otlp_json_pieces, signal="traces", most_rows=MOST),
                partial(otlp_json, *shape),
                lambda body, now: otlp_read("json")(body),
                id=f"otlp json {shape}",
            )
            for shape in SHAPES
        ),
    ],
)
def test_the_pieces_of_a_body_are_read_like_the_body(
    cut: Cutter, make: Callable[[], bytes], read: Callable[..., Parsed]
) -> None:
    body = make()
    whole = read(body, now=NOW)

    pieces = bodies_of(cut(body))
    assert len(pieces) > 1
    assert all(read(piece, now=NOW).rows <= PIECE_ROWS for piece in pieces)
    events, unusable = read_whole(cut(body), lambda piece: read(piece, now=NOW))
    assert (events, unusable) == (whole.events, whole.unusable)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_pieces_of_a_protobuf_request_are_read_like_the_request(shape: tuple[int, int, int]) -> None:
    body = in_protobuf(request(*shape))
    whole = otlp_read("protobuf")(body)

    pieces = bodies_of(otlp_protobuf_pieces(body, "traces", most_rows=MOST))
    assert len(pieces) > 1
    assert all(otlp_read("protobuf")(piece).rows <= PIECE_ROWS for piece in pieces)
    cut = otlp_protobuf_pieces(body, "traces", most_rows=MOST)
    assert read_whole(cut, otlp_read("protobuf"), places_ignored=True) == (whole.events, whole.unusable)


def test_a_small_body_is_one_piece_as_it_came() -> None:
    body = json.dumps([native(1), native(2)]).encode()
    spans = in_protobuf(request(1, 1, 3))

    assert list(json_pieces(body, most_rows=1)) == [Piece(body)]
    assert bodies_of(otlp_protobuf_pieces(spans, "traces", most_rows=MOST)) == [spans]


@pytest.mark.parametrize(
    "cut",
    [
        lambda: CUT(b"[" + b"{}," * MOST + b"{}]"),
        lambda: CUT(b"[" + b" 1,\n" * MOST + b'"x"]'),
        lambda: LINES(b"{}\n" * (MOST + 1)),
        lambda: LINES(b"[" + b"null," * MOST + b"null]"),
        lambda: wrapped_pieces(b'{"events": [' + b"{}," * MOST + b"{}]}", most_rows=MOST),
        lambda: otlp_json_pieces(
            b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b"{}," * MOST + b"{}]}]}]}", "traces", most_rows=MOST
        ),
        lambda: otlp_json_pieces(b'{"resourceLogs":[' + b"{}," * MOST + b"{}]}", "logs", most_rows=MOST),
        lambda: otlp_json_pieces(
            b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"sum":{"dataPoints":[' + b"{}," * MOST + b"{}]}}]}]}]}",
            "metrics",
            most_rows=MOST,
        ),
        lambda: otlp_protobuf_pieces(field(1, field(2, b"\x12\x00" * (MOST + 1))), "traces", most_rows=MOST),
        lambda: otlp_protobuf_pieces(field(1, b"\x12\x00" * (MOST + 1)), "logs", most_rows=MOST),
        lambda: otlp_protobuf_pieces(b"\x0a\x00" * (MOST + 1), "metrics", most_rows=MOST),
    ],
)
def test_a_body_with_more_rows_than_are_read_gives_no_piece(cut: Callable[[], Pieces]) -> None:
    taken = []

    with pytest.raises(TooManyRows, match=r"more than 10,000 rows, so nothing"):
        taken += [piece for piece in cut() if isinstance(piece, Piece)]
    assert taken == []


def test_a_step_counts_few_rows_before_others_get_their_turn() -> None:
    """The first walk over a body stops after each slice, so no step is longer than a slice or a chunk."""
    steps = list(CUT(b"[" + b"{}," * (MOST - 1) + b"{}]"))

    rows = [part.elements for part in slices(memoryview(b"[" + b"{}," * (MOST - 1) + b"{}]"), 1) if part is not None]
    assert max(rows) == PIECE_ROWS
    assert steps[: len(rows)] == [None] * len(rows)
    assert steps[len(rows)] == MOST
    wide = b"[" + b" " * (10 * CHUNK_BYTES) + b"1]"
    assert len(list(slices(memoryview(wide), 1))) == 11


def deep(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize("odd", [deep(5_000), deep(MAX_ROW_MARKS), b'{"a":' * 40_000 + b"1" + b"}" * 40_000])
def test_a_row_nested_too_deeply_spoils_no_neighbour(odd: bytes) -> None:
    good = [json.dumps(native(n)).encode() for n in range(1_200)]
    body = b"[" + b",".join([*good[:600], odd, *good[600:]]) + b"]"

    events, unusable = read_whole(CUT(body), lambda piece: SOURCES["cloudevents"](piece, now=NOW))

    assert [index for index, _ in events] == [n for n in range(1_201) if n != 600]
    assert [row.index for row in unusable] == [600]
    assert unusable[0].kept == b""


def test_a_row_with_too_many_values_is_not_decoded() -> None:
    many = b'{"tags":[' + b"1," * (2 * MAX_ROW_MARKS) + b"1]}"

    for body, cut in ((b"[" + many + b"]", CUT), (many, CUT), (many + b"\n{}", LINES)):
        first = next(piece for piece in cut(body) if isinstance(piece, Piece))
        assert "more than 1,000,000 values" in first.fault
    long = json.dumps(native(1, user_agent="," * (2 * MAX_ROW_MARKS))).encode()
    assert bodies_of(CUT(long)) == [long]
    assert [piece.fault for piece in CUT(long) if isinstance(piece, Piece)] == [""]


@pytest.mark.parametrize("end", [b"", b"]]", b"] 7", b",]", b',{"a":]', b",,1]", b'{"a":1}{"b":2}]', b',"open]'])
def test_a_body_that_is_no_json_is_refused_before_its_first_piece(end: bytes) -> None:
    body = b"[" + b",".join([json.dumps(native(n)).encode() for n in range(1_500)]) + end
    taken = []

    with pytest.raises(Unreadable):
        taken += [piece for piece in CUT(body) if isinstance(piece, Piece)]
    assert taken == []


def test_a_large_resource_is_not_repeated_with_its_records() -> None:
    large = request(1, 1, 2_000, attributes=300)
    assert len(json.dumps(large["resourceSpans"][0]["resource"])) > MAX_SHARED_BYTES

    for pieces, form in (
        (otlp_json_pieces(json.dumps(large).encode(), "traces", most_rows=MOST), "json"),
        (otlp_protobuf_pieces(in_protobuf(large), "traces", most_rows=MOST), "protobuf"),
    ):
        events, unusable = read_whole(pieces, otlp_read("json" if form == "json" else "protobuf"))
        assert (events, len(unusable)) == ([], 1)
        assert "over 64 KiB" in unusable[0].reason


def test_a_large_span_is_booked_without_its_prompt() -> None:
    asked = request(1, 1, 2)
    spans = asked["resourceSpans"][0]["scopeSpans"][0]["spans"]
    spans[0]["attributes"].append({"key": "gen_ai.prompt", "value": {"stringValue": "x" * 2_000_000}})
    body = in_protobuf(asked)

    events, unusable = read_whole(otlp_protobuf_pieces(body, "traces", most_rows=MOST), otlp_read("protobuf"))

    assert ([event.output for _, event in events], unusable) == ([1, 2], [])
