"""All members of a native event: what is booked of them, and what an answer says about those that no event has."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.sources.cloudevents.members import MEMBERS
from bot.sources.cloudevents.parser import parse
from bot.sources.cloudevents.unknown import nearest
from bot.units import UNITS, units_of
from bot.usage import COUNTERS, PARTS, Parsed, UsageEvent

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DATA: dict[str, Any] = {
    "provider": "anthropic",
    "model": "claude-opus-4-5",
    "user": "anna@acme.test",
    "uncached_input_tokens": 1200,
    "cache_read_tokens": 50000,
    "cache_write_5m_tokens": 10,
    "cache_write_1h_tokens": 7,
    "output_tokens": 900,
    "reasoning_tokens": 300,
    "cost_usd": "0.0585",
}


def sent(*rows: dict[str, Any], single: bool = False) -> Parsed:
    events = [
        {"id": f"req-{7 + at}", "source": "/gateway/eu", "time": "2026-11-23T10:00:00Z", "data": data}
        for at, data in enumerate(rows)
    ]
    return parse(json.dumps(events[0] if single else events).encode(), now=NOW)


def event_of(**members: Any) -> UsageEvent:
    parsed = sent({**DATA, **members})
    assert (parsed.unusable, parsed.warnings, parsed.notes) == ([], [], [])
    return parsed.events[0][1]


def test_an_event_has_a_member_for_each_counter_part_and_unit() -> None:
    tokens = {f"{name}_tokens" for name in (*COUNTERS, *PARTS)}

    assert {*tokens, *UNITS, "service_tier", "inference_geo", "region", "cost_usd"} <= set(MEMBERS)


@pytest.mark.parametrize("unit", UNITS)
def test_each_unit_is_booked_beside_the_tokens(unit: str) -> None:
    event = event_of(**{unit: 2.5})

    assert event.units == units_of([(unit, 2.5)])
    assert event.tokens == 52_117
    assert event.fingerprint not in {event_of().fingerprint, event_of(**{unit: 3}).fingerprint}


def test_cache_writes_of_other_lifetimes_are_beside_those_of_five_minutes() -> None:
    event = event_of(cache_write_30m_tokens=100, cache_write_12h_tokens=9_000)

    assert event.cache_write_5m == 9_110
    assert event.parts == (("cache_write_30m", 100), ("cache_write_12h", 9_000))


def test_conditions_of_the_price_are_labels() -> None:
    event = event_of(service_tier="flex", inference_geo="US", region="eu-west-1")

    assert (event.labels.tier, event.labels.geo, event.labels.region) == ("flex", "us", "eu-west-1")
    for everywhere in ("global", "not_available", "", None, 7, "a/b"):
        assert event_of(inference_geo=everywhere).labels.geo == ""


def test_a_call_may_have_units_alone() -> None:
    parsed = sent({"model": "mistral-ocr-latest", "pages": 5})

    assert parsed.events[0][1].units == units_of([("pages", 5)])


@pytest.mark.parametrize(("value", "fault"), [(-1, "is negative"), (10**12, "is over a hundred billion")])
def test_a_number_of_units_that_can_not_be_is_named(value: int, fault: str) -> None:
    (row,) = sent({**DATA, "web_searches": value}).unusable

    assert row.reason.startswith(f"data.web_searches {fault}")


@pytest.mark.parametrize(
    ("members", "fingerprint"),
    [
        ({}, "a47937fe0bfb31fe8f238b515460f161"),
        ({"service_tier": "flex"}, "bada18d0ab15da022e89ecef09342bd8"),
        ({"service_tier": "standard"}, "a47937fe0bfb31fe8f238b515460f161"),
        ({"audio_input_tokens": 700, "image_output_tokens": 3}, "49c48809e1a4cb28f58e1b909a98d2ed"),
        ({"api_base": "https://api.acme.test/v1?key=1"}, "0f2cc4d7d4faa2fa1d1e8900de227735"),
        ({"cache_write_tokens": 500}, "322748b545f0ef5ac911e37bc0e1d287"),
        (
            {"audio_input_tokens": 700, "tier": "batch", "api_base": "https://api.acme.test/v1"},
            "f772c266437ff75aa09625ab0ac338ce",
        ),
    ],
)
def test_an_event_without_units_has_the_fingerprint_it_always_had(members: dict[str, Any], fingerprint: str) -> None:
    """Else its repetition after an upgrade would be a conflict. The values were taken before there were units."""
    assert event_of(**members).fingerprint.hex() == fingerprint


def test_an_unknown_member_is_named_once_with_the_nearest_member() -> None:
    parsed = sent(DATA, {**DATA, "web_serches": 3, "trace_id": "a"}, {**DATA, "trace_id": "b"})

    assert len(parsed.events) == 3
    assert parsed.warnings == [
        (1, "data.web_serches is no member of a usage event; did you mean data.web_searches?"),
        (1, "data.trace_id is no member of a usage event (in 2 events)"),
    ]
    assert {event.fingerprint for _, event in parsed.events} == {event_of().fingerprint}


@pytest.mark.parametrize("single", [True, False])
def test_a_member_is_unknown_in_every_form_of_an_event(single: bool) -> None:
    warning = [(0, "data.prompt_tokens is no member of a usage event; did you mean data.input_tokens?")]
    data = {**DATA, "prompt_tokens": 3}
    odd = {**data, "provider": 7}  # a label that does not fit: the row is read again
    coded = {
        "id": "1",
        "time": "2026-11-23T10:00:00Z",
        "data_base64": base64.b64encode(json.dumps(data).encode()).decode(),
    }

    assert sent(data, single=single).warnings == warning
    assert sent(odd, single=single).warnings == warning
    assert parse(json.dumps(coded if single else [coded]).encode(), now=NOW).warnings == warning


def test_a_row_in_quarantine_has_its_unknown_members_named_too() -> None:
    parsed = sent({"model": "m", "completion_tokens": 5})

    assert [row.reason for row in parsed.unusable] == ["data has neither tokens nor cost_usd: send one of them"]
    assert parsed.warnings[0][1].endswith("did you mean data.output_tokens?")


def test_a_flood_of_unknown_members_is_bounded_and_printable() -> None:
    parsed = sent({**DATA, **{f"{'x' * 200}\n{n}": 0 for n in range(500)}})

    assert len(parsed.warnings) == 20
    assert all(len(text) < 120 and text.isprintable() for _, text in parsed.warnings)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Output-Tokens", "output_tokens"),
        ("audio_input", "audio_input_tokens"),
        ("web_search", "web_searches"),
        ("cache_creation_input_tokens", "cache_write_5m_tokens"),
        ("total_cost", "cost_usd"),
        ("trace_id", ""),
    ],
)
def test_the_nearest_member_is_one_that_a_sender_may_mean(name: str, meant: str) -> None:
    assert nearest(name) == meant
