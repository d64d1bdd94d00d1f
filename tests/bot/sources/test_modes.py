"""CloudEvents over HTTP: the mode of a request, and binary events by the specification's rules for headers."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.cloudevents.parser import parse
from bot.sources.modes import Mode, mode_of, structured
from bot.sources.rows import Unreadable

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SAMPLES = Path(__file__).parent / "cloudevents"
BINARY = json.loads((SAMPLES / "binary.json").read_text())


def test_the_sample_is_the_same_event_in_all_three_modes() -> None:
    body = structured(BINARY["headers"].items(), json.dumps(BINARY["body"]).encode())
    in_headers = parse(body, now=NOW).events

    assert in_headers == parse((SAMPLES / "structured.body").read_bytes(), now=NOW).events
    assert in_headers == parse((SAMPLES / "batch.body").read_bytes(), now=NOW).events[:1]


@pytest.mark.parametrize(
    ("headers", "mode"),
    [
        ({"content-type": "application/cloudevents+json"}, "json"),
        ({"content-type": "Application/CloudEvents+JSON; charset=utf-8", "ce-id": "1"}, "json"),
        ({"content-type": "application/cloudevents-batch+json;charset=UTF-8", "ce-specversion": "1.0"}, "json"),
        ({"content-type": "application/cloudevents+avro", "ce-id": "1"}, "unknown"),
        ({"content-type": "application/cloudevents-batch+protobuf"}, "unknown"),
        ({"content-type": "application/json"}, "json"),
        ({}, "json"),
        ({"content-type": "application/json", "ce-id": "1"}, "binary"),
        ({"content-type": "application/json", "ce-specversion": "1.0"}, "binary"),
        ({"ce-id": "1"}, "binary"),
        ({"content-type": "application/json", "ce-subject": "x"}, "json"),
    ],
)
def test_the_content_type_decides_first(headers: dict[str, str], mode: Mode) -> None:
    assert mode_of(headers) == mode


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("plain", "plain"),
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ("%e2%82%ac", "€"),
        ('"in quotes"', "in quotes"),
        ('"with \\"more\\" and a \\\\"', 'with "more" and a \\'),
        ('"quoted%20too"', "quoted too"),
        ("100%", "100%"),
        ("once%2520only", "once%20only"),
        ('"', '"'),
        ("caf\u00c3\u00a9", "café"),  # UTF-8 without percent-encoding, as the server passes it on
    ],
)
def test_a_headers_value_is_taken_out_of_quotes_and_decoded_once(value: str, meant: str) -> None:
    headers = [("ce-id", value), ("ce-time", "2026-11-23T10:00:00Z")]
    ((_, event),) = parse(structured(headers, b'{"model": "m", "output_tokens": 1}'), now=NOW).events

    assert event.event_id == meant


def test_a_binary_event_without_an_id_is_an_error_never_a_new_id() -> None:
    headers = [("ce-specversion", "1.0"), ("ce-time", "2026-11-23T10:00:00Z")]
    (unusable,) = parse(
        structured(headers, b'{"id": "in the data", "model": "m", "output_tokens": 1}'), now=NOW
    ).unusable

    assert unusable.reason.startswith("id is missing")


@pytest.mark.parametrize(
    ("value", "said"),
    [("%00", "id holds a NUL"), ("%ff", "id holds a NUL character, half"), ("x" * 300, "id is longer")],
)
def test_a_headers_value_that_can_not_be_stored_is_a_rows_fault(value: str, said: str) -> None:
    headers = [("ce-id", value), ("ce-time", "2026-11-23T10:00:00Z")]
    (unusable,) = parse(structured(headers, b'{"model": "m", "output_tokens": 1}'), now=NOW).unusable

    assert unusable.reason.startswith(said)


def test_data_can_not_pass_for_an_attribute_nor_an_attribute_for_data() -> None:
    stamp = ("ce-time", "2026-11-23T10:00:00Z")
    with pytest.raises(Unreadable):
        structured([("ce-id", "1"), stamp], b'{"model": "m", "output_tokens": 1}, "id": "2"')
    headers = [("ce-id", "1"), stamp, ("ce-data", "x"), ("ce-data_base64", "e30=")]
    (unusable,) = parse(structured(headers, b""), now=NOW).unusable

    assert unusable.reason == "data is missing"


def test_data_as_bytes_is_read_from_base64() -> None:
    event = {
        "id": "1",
        "time": "2026-11-23T10:00:00Z",
        "data_base64": "eyJtb2RlbCI6ICJtIiwgIm91dHB1dF90b2tlbnMiOiAzfQ==",
    }
    ((_, read),) = parse(json.dumps(event).encode(), now=NOW).events

    assert (read.labels.model, read.output) == ("m", 3)
    for text, said in (
        ("eyJtb2RlbCI6IDF9", "data.model: expected str"),
        ("WzFd", "data: expected"),
        ("aGVsbG8=", "data_base64 is not JSON in Base64"),
        ("===", "data_base64 is not JSON in Base64"),
    ):
        (unusable,) = parse(json.dumps({**event, "data_base64": text}).encode(), now=NOW).unusable
        assert unusable.reason.startswith(said)
        assert b"data" not in unusable.kept


_headers = st.lists(
    st.tuples(
        st.sampled_from(["ce-id", "ce-source", "ce-time", "ce-type", "ce-specversion", "ce-", "ce-x\x00", "other"]),
        st.text(st.characters(max_codepoint=255), max_size=40) | st.just("2026-11-23T10:00:00Z"),
    ),
    max_size=6,
)


@given(_headers, st.binary(max_size=40) | st.just(b'{"model": "m", "output_tokens": 1}'))
def test_no_headers_and_no_body_end_in_anything_but_a_row_or_unreadable(
    headers: list[tuple[str, str]], body: bytes
) -> None:
    try:
        parsed = parse(structured(headers, body), now=NOW)
    except Unreadable:
        return
    assert parsed.rows == 1
    assert len(parsed.events) + len(parsed.unusable) == 1
