"""Samples of senders with their own names, to the last token and nano."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.periods import micros
from bot.sources import helicone, lago, openmeter, standardwebhooks
from bot.sources.standardwebhooks import with_message_id

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HERE = Path(__file__).parent


def encoded(*rows: Any) -> bytes:
    return json.dumps(rows).encode()


def test_lagos_batch_is_read() -> None:
    ((_, event),) = lago.parse((HERE / "lago" / "batch.body").read_bytes(), now=NOW).events

    assert (event.event_id, event.labels.model, event.uncached_input, event.output) == (
        "req_011CSHo",
        "gpt-4o",
        10_000,
        1_000,
    )
    assert (event.labels.declared_team, event.labels.credential, event.reported_nanos) == (
        "checkout",
        "sub_team_checkout",
        24_760_000,
    )
    assert event.occurred_at == micros(datetime(2026, 11, 23, 17, 45, 0, 123_000, tzinfo=UTC))


def test_lagos_events_are_the_same_however_they_are_wrapped() -> None:
    (row,) = json.loads((HERE / "lago" / "batch.body").read_bytes())["events"]
    bodies: list[Any] = [{"events": [row]}, {"event": row}, row, [row], {"events": [row], "note": [1]}]
    read = [lago.parse(json.dumps(body).encode(), now=NOW).events for body in bodies]

    assert read == [read[0]] * len(bodies)
    assert lago.parse(b'{"events": []}', now=NOW).rows == 0


@pytest.mark.parametrize("odd", ['"a\\ud800b"', '"\xff"', "NaN", "[" * 3_000 + "]" * 3_000])
def test_an_odd_event_of_lagos_leaves_its_neighbours_alone(odd: str) -> None:
    good = '{"transaction_id": "t", "properties": {"model": "m", "output_tokens": 1}}'
    bad = good.replace('"m"', odd)
    for closing in ("}", ', "note": 1}'):
        if closing != "}" and odd.startswith("["):
            continue  # nested too deeply, and impossible to split
        body = f'{{"events": [{good}, {bad}, {good}]{closing}'.encode("latin-1")
        parsed = lago.parse(body, now=NOW)
        assert ([i for i, _ in parsed.events], [row.index for row in parsed.unusable]) == ([0, 2], [1])
        assert b"secret" not in parsed.unusable[0].kept


def test_openmeters_events_are_read_in_its_own_words_and_litellms() -> None:
    parsed = openmeter.parse((HERE / "openmeter" / "prompts.body").read_bytes(), now=NOW)

    assert [(e.event_id, e.uncached_input, e.output, e.labels.credential) for _, e in parsed.events] == [
        ("00001", 0, 123_456, "customer-1"),
        ("00002", 1_200, 0, "customer-1"),
        ("chatcmpl-9", 4_000, 230, "customer-2"),
    ]
    assert [e.reported_nanos for _, e in parsed.events] == [None, None, 12_300_000]


def test_openmeters_tokens_without_a_direction_are_nobodys() -> None:
    row = {"id": "1", "source": "s", "time": "2026-11-23T10:00:00Z", "data": {"model": "m", "tokens": 3}}
    (unusable,) = openmeter.parse(encoded(row), now=NOW).unusable

    assert unusable.reason.startswith("data.type must be input, system or output")
    assert json.loads(unusable.kept)["data"] == {"model": "m", "tokens": 3}
    for tokens in ("3.5", "x", [3], True, -1):
        data = {"model": "m", "type": "input", "tokens": tokens}
        (unusable,) = openmeter.parse(encoded({**row, "data": data}), now=NOW).unusable
        assert unusable.reason


def test_helicones_request_is_read_when_it_comes_in_and_known_again() -> None:
    body = (HERE / "helicone" / "request.body").read_bytes()
    ((_, event),) = helicone.parse(body, now=NOW).events
    ((_, again),) = helicone.parse(body, now=NOW.replace(hour=5)).events

    assert (event.event_id, event.labels.user) == ("550e8400-e29b-41d4-a716-446655440000", "user_123")
    assert (event.labels.provider, event.labels.model, event.uncached_input, event.output) == (
        "openai",
        "gpt-4o",
        120,
        40,
    )
    assert (event.reported_nanos, event.occurred_at) == (2_100_000, micros(NOW))
    assert (event.key, event.fingerprint) == (again.key, again.fingerprint)


def test_helicones_request_without_its_data_says_what_to_switch_on_and_keeps_no_prompt() -> None:
    row = {"request_id": "r-1", "user_id": "u", "request_body": "a secret", "response_body": "another secret"}
    (unusable,) = helicone.parse(encoded(row), now=NOW).unusable

    assert "Include data" in unusable.reason
    assert json.loads(unusable.kept) == {"request_id": "r-1", "user_id": "u"}


def test_a_standard_webhook_is_read() -> None:
    signed = json.loads((HERE / "standardwebhooks" / "signed.json").read_text())
    ((_, event),) = standardwebhooks.parse(signed["raw_body"].encode(), now=NOW).events

    assert (event.event_id, event.labels.provider, event.labels.model, event.labels.declared_team) == (
        *("req_011CSHo", "openai", "gpt-4o"),
        "checkout",
    )
    assert (event.uncached_input, event.cache_read, event.output) == (1_808, 8_192, 1_000)
    assert event.occurred_at == micros(datetime(2026, 11, 23, 17, 45, 0, 123_000, tzinfo=UTC))


def test_a_standard_webhook_without_an_id_is_known_by_its_message_in_quarantine_too() -> None:
    row = {"type": "usage.recorded", "timestamp": "2026-11-23T17:45:00Z", "data": {"model": "m", "output_tokens": 1}}
    without = json.dumps(row).encode()
    ((_, event),) = standardwebhooks.parse(with_message_id(without, "msg_1"), now=NOW).events
    own = {**row, "data": {**row["data"], "id": "own"}}  # type: ignore[dict-item]  # `data` is a mapping
    ((_, named),) = standardwebhooks.parse(with_message_id(json.dumps(own).encode(), "msg_1"), now=NOW).events
    bad = {**row, "data": {"output_tokens": 1}}
    (unusable,) = standardwebhooks.parse(with_message_id(json.dumps(bad).encode(), "msg_1"), now=NOW).unusable

    assert (event.event_id, named.event_id) == ("msg_1", "own")
    assert (unusable.reason, json.loads(unusable.kept)["webhook-id"]) == ("data.model is missing", "msg_1")
    assert standardwebhooks.parse(without, now=NOW).unusable[0].reason.startswith("data.id is missing")


@pytest.mark.parametrize("body", [b"{}", b" { } ", b"\n{}", b'{"a": 1}', b' {\t"a":1} '])
def test_a_message_id_is_put_into_any_object(body: bytes) -> None:
    assert json.loads(with_message_id(body, 'msg "1"')) == {**json.loads(body), "webhook-id": 'msg "1"'}


@pytest.mark.parametrize("body", [b"[]", b"[{}]", b"", b"hello", b'"{}"'])
def test_a_message_id_leaves_all_else_as_it_is(body: bytes) -> None:
    assert with_message_id(body, "msg_1") == body
    assert with_message_id(b"{}", "") == b"{}"


def test_a_standard_webhook_of_another_type_is_kept_and_named() -> None:
    (unusable,) = standardwebhooks.parse(encoded({"type": "invoice.paid", "data": {"id": "1"}}), now=NOW).unusable

    assert unusable.reason.startswith("type is not usage.recorded")
    assert json.loads(unusable.kept) == {"type": "invoice.paid", "data": {"id": "1"}}
