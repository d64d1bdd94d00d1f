"""OTLP rows and bodies that cannot be read: kept without secrets, and no neighbour spoiled."""

import json
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict

from bot.sources import SOURCES
from bot.sources.otlp.parser import read
from bot.sources.rows import Unreadable
from tests.bot.sources.otlp.otlp_examples import AS_CLAUDE_CODE, CLAUDE_CODE, NOW, chat, one, parsed_of, total
from tests.support.traffic.otlp import CHAT, REQUESTS, log, logs, metrics, sample, span, traces

SECRETS = {
    "gen_ai.input.messages": "the secret prompt",
    "gen_ai.prompt_json": "the secret prompt",
    "http.request.header.authorization": "the secret header",
    "client.address": "192.0.2.7",
    "server.address": "192.0.2.8",
}


def test_a_row_that_can_not_be_used_is_kept_without_prompts_headers_and_addresses_and_can_be_read_again() -> None:
    resource = {"service.name": "checkout", "team.id": "search", "host.ip": "192.0.2.9"}
    body = traces(span(said=chat(gen_ai__usage__input_tokens=-1, **SECRETS)), resource=resource)
    as_protobuf = _protobuf(body)
    for parsed in (parsed_of(body), read(as_protobuf, "traces", "protobuf", meters="auto", now=NOW)):
        (row,) = parsed.unusable
        assert row.kept
        assert b"secret" not in row.kept
        assert b"192.0.2" not in row.kept
        mended = row.kept.replace(b'"-1"', b'"12"')
        ((_, event),) = SOURCES["otlp"](mended, now=NOW).events
        assert (event.uncached_input, event.labels.workflow, event.labels.declared_team) == (12, "checkout", "search")
        assert event.key == one(traces(span(said=CHAT))).key


def _protobuf(body: Any) -> bytes:
    for group in body["resourceSpans"]:
        for scope in group["scopeSpans"]:
            for found in scope["spans"]:  # this reader takes base64 alone
                found["traceId"], found["spanId"] = "AAAAAAAAAAAAAAAAAAAAAQ==", "AAAAAAAAAAE="
    written: bytes = ParseDict(body, REQUESTS["traces"]()).SerializeToString()
    return written


def test_a_row_that_can_not_even_be_decoded_is_kept_without_them_too() -> None:
    resource = {"service.name": "checkout", "host.ip": "192.0.2.9"}
    bodies = [
        traces(span(said=CHAT | SECRETS, endTimeUnixNano="soon"), resource=resource),
        traces({**span(said=CHAT | SECRETS), "status": 7, "events": [{"name": "the secret event"}]}, resource=resource),
    ]
    for body in bodies:
        (row,) = parsed_of(body).unusable
        assert b"gen_ai.usage.input_tokens" in row.kept
        assert b"secret" not in row.kept
        assert b"192.0.2" not in row.kept


def test_a_row_kept_of_a_source_that_meters_by_one_signal_is_read_again_by_that_signal() -> None:
    (row,) = parsed_of(metrics(total(-3), **AS_CLAUDE_CODE), meters="metrics").unusable
    ((_, event),) = SOURCES["otlp"](row.kept.replace(b"-3", b"3"), now=NOW).events

    assert event.uncached_input == 3


def test_one_bad_row_spoils_no_neighbour_in_json() -> None:
    bad_rows = [
        span(2, said=chat(gen_ai__response__model="\ud800")),
        {**span(3), "status": 7},
        {**span(4), "endTimeUnixNano": "soon"},
        7,
    ]
    parsed = parsed_of(traces(span(1), *bad_rows, span(5)))

    assert [index for index, _ in parsed.events] == [0, 5]
    faults = (
        "gen_ai.response.model holds a NUL",
        "status: expected",
        "endTimeUnixNano is not a whole number",
        "the row: ",
    )
    assert [row.index for row in parsed.unusable] == [1, 2, 3, 4]
    for row, words in zip(parsed.unusable, faults, strict=True):
        assert row.reason.startswith(words)


def test_one_bad_row_spoils_no_neighbour_in_protobuf() -> None:
    request = REQUESTS["traces"].FromString(sample("otlp_genai_openai_default/000_v1_traces.bin"))
    body = request.SerializeToString().replace(b"chatcmpl-FAKE1", b"chatcmpl-\xff\xff\xff\xff\xff")
    parsed = read(body, "traces", "protobuf", meters="auto", now=NOW)

    assert [index for index, _ in parsed.events] == [1, 2, 3]
    assert [(row.index, "not UTF-8" in row.reason, row.kept) for row in parsed.unusable] == [(0, True, b"")]


def test_half_a_character_in_what_nobody_reads_is_no_fault() -> None:
    said = CHAT | {"gen_ai.input.messages": "cut \ud83d"}
    body = traces(
        span(1, said=said, events=[{"name": "\ud83d"}]), resource={"service.name": "a", "host.name": "\ud83d"}
    )

    assert one(body).uncached_input == 1000


def test_text_that_is_not_utf_8_in_json_is_its_rows_fault_alone() -> None:
    body = json.dumps(traces(span(1, said=chat(gen_ai__response__model="bad-one")), span(2))).encode()
    parsed = read(body.replace(b"bad-one", b"bad-\xff\xfe"), "traces", "json", meters="auto", now=NOW)

    assert [index for index, _ in parsed.events] == [1]
    assert parsed.unusable[0].index == 0


@pytest.mark.parametrize(
    "body", [b"hello", b"[]", b"7", b"null", b'{"resourceSpans": 7}', b'{"resourceSpans": [', b"\xff"]
)
def test_a_body_that_is_no_request_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body, "traces", "json", meters="auto", now=NOW)


@pytest.mark.parametrize("body", [b"hello", b"\x0a\xff", b"\x0a\x05abc", b"\xff" * 20, b"\x0f"])
def test_bytes_that_are_no_request_are_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body, "traces", "protobuf", meters="auto", now=NOW)


def test_a_body_sent_to_another_signals_route_is_said_and_not_lost() -> None:
    body = json.dumps(logs(log(CLAUDE_CODE))).encode()

    with pytest.raises(Unreadable, match="has resourceLogs; sent as traces it must have resourceSpans"):
        read(body, "traces", "json", meters="auto", now=NOW)


@pytest.mark.parametrize("body", [b"", b" ", b"{}", b'{"resourceSpans": []}', b'{"resourceSpans": [{}]}', b'{"x": 1}'])
def test_nothing_is_fine(body: bytes) -> None:
    assert read(body, "traces", "json", meters="auto", now=NOW).rows == 0
