"""Plain native events are read into columns as the parser reads them; all other bodies are left to it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.cloudevents.parser import parse
from bot.sources.cloudevents.plain import MAX_PLAIN_BYTES, MAX_PLAIN_ROWS, plain_calls
from bot.usage import MAX_TAGS, MAX_TOKENS

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DATA: dict[str, Any] = {
    "provider": "anthropic",
    "model": "claude-opus-4-5",
    "tool": "Codex",
    "user": "anna@acme.test",
    "team": "search",
    "credential": "key-1",
    "tags": ["repo:search"],
    "uncached_input_tokens": 1200,
    "output_tokens": 900,
    "workflow": "evals",
}
EVENT: dict[str, Any] = {
    "id": "req-7",
    "source": "/gateway/eu",
    "specversion": "1.0",
    "type": "ai.usage",
    "time": "2026-11-23T10:00:00.123456+00:00",
    "data": DATA,
}


def body(*events: Any) -> bytes:
    return json.dumps(events).encode()


def with_data(**data: Any) -> dict[str, Any]:
    return {**EVENT, "data": {**DATA, **data}}


texts = st.sampled_from(["", " ", "a", "team:search", "Ünïcode", "x" * 300, "nul\x00", " both "]) | st.text(max_size=8)
counts: st.SearchStrategy[Any] = st.sampled_from(
    [0, 1, 900, MAX_TOKENS, MAX_TOKENS + 1, -1, 2**70, None, "7", 1.5, True]
)
data_members: dict[str, st.SearchStrategy[Any]] = {
    name: texts | st.sampled_from([None, 7]) for name in ("provider", "model", "tool", "workflow", "user")
}
data_members |= dict.fromkeys(("team", "credential", "user_agent", "api_key_id", "surprise", "service_tier"), texts)
data_members |= {"tags": st.lists(texts, max_size=3) | st.sampled_from([None, "a", {"a": "b"}, ["t"] * (MAX_TAGS + 1)])}
data_members |= {
    f"{name}_tokens": counts
    for name in ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning", "input")
}
data_members |= {
    "cost_usd": st.sampled_from([None, 0, "1.5"]),
    "operation": st.sampled_from(["chat", "batch_retrieve"]),
}
times = st.datetimes(datetime(2019, 12, 31), datetime(2026, 11, 25)).flatmap(  # noqa: DTZ001  # zones are drawn too
    lambda at: st.sampled_from([at.isoformat(), f"{at.isoformat()}Z", f"{at.isoformat()}+05:30", f"{at.date()}"])
)
attributes = {
    "id": st.sampled_from(["", " ", "req", " req", "req 7", "ü", "r" * 257, "a\x00", "\x7f"]) | st.text(max_size=5),
    "source": texts | st.none(),
    "specversion": st.sampled_from(["1.0", "0.3", None]),
    "type": st.sampled_from(["ai.usage", "ai.usage.chat", "other", None]),
    "time": times | st.sampled_from(["", "yesterday", "2026-11-23t10:00:00z", "2026-11-23 10:00:00+01"]),
    "traceparent": st.just("00-1"),
    "data_base64": st.sampled_from(["", None]),
}


changed = st.tuples(st.fixed_dictionaries({}, optional=data_members), st.fixed_dictionaries({}, optional=attributes))


@given(st.lists(changed, max_size=3))
def test_what_is_read_into_columns_is_what_the_parser_reads(
    changes: list[tuple[dict[str, Any], dict[str, Any]]],
) -> None:
    sent = body(*({**EVENT, "data": {**DATA, **data}, **rest} for data, rest in changes))

    calls = plain_calls(sent, now=NOW)

    if calls is not None:
        parsed = parse(sent, now=NOW)
        assert calls.events() == parsed.events
        assert (parsed.unusable, parsed.notes, parsed.warnings, parsed.ignored) == ([], [], [], 0)


@pytest.mark.parametrize(
    "event",
    [
        EVENT,
        {name: value for name, value in EVENT.items() if name not in {"source", "specversion", "type"}},
        EVENT | {"time": "2026-11-23T10:00:00Z", "traceparent": "00-1"},
        with_data(cache_read_tokens=1, cache_write_5m_tokens=2, cache_write_1h_tokens=3, reasoning_tokens=900),
        with_data(user="Ünïcode", tags=[]),
        EVENT | {"data": {"model": "gpt-5", "output_tokens": 1}},
    ],
)
def test_plain_events_are_taken(event: dict[str, Any]) -> None:
    calls = plain_calls(body(event, event), now=NOW)

    assert calls is not None
    assert calls.events() == parse(body(event, event), now=NOW).events


@pytest.mark.parametrize(
    "row",
    [
        *({**EVENT, "id": wrong} for wrong in ("", " req", "req 7", "ü", "r" * 257, None, 7)),
        *(
            {**EVENT, "time": wrong}
            for wrong in ("", "2026-11-23T10:00:00", "2019-12-31T23:00:00Z", "2026-11-25T10:00:00Z")
        ),
        *(
            {**EVENT, **wrong}
            for wrong in ({"specversion": "0.3"}, {"type": "other"}, {"data_base64": "e30="}, {"data": None})
        ),
        *(with_data(**{name: 1}) for name in ("input_tokens", "images", "audio_input_tokens", "surprise", "cost_usd")),
        *(with_data(output_tokens=wrong) for wrong in (-1, MAX_TOKENS + 1, "7", None)),
        with_data(reasoning_tokens=901),
        with_data(uncached_input_tokens=0, output_tokens=0),
        with_data(model=""),
        with_data(user="x" * 300),
        with_data(tags={"a": "b"}),
        with_data(tags=["t"] * (MAX_TAGS + 1)),
        with_data(service_tier="batch"),
        with_data(operation="chat"),
        7,
        {},
    ],
)
def test_one_row_that_needs_more_leaves_the_body_to_the_parser(row: Any) -> None:
    assert plain_calls(body(EVENT, row), now=NOW) is None


def test_long_bodies_are_left_to_be_read_in_pieces() -> None:
    small = {"id": "r", "time": "2026-11-23T10:00:00Z", "data": {"model": "m", "output_tokens": 1}}

    assert plain_calls(body(*[small] * MAX_PLAIN_ROWS), now=NOW) is not None
    assert plain_calls(body(*[small] * (MAX_PLAIN_ROWS + 1)), now=NOW) is None
    assert plain_calls(body(EVENT).ljust(MAX_PLAIN_BYTES + 1), now=NOW) is None
    assert plain_calls(body(), now=NOW) is None
    assert plain_calls(b"[" * 100_000, now=NOW) is None
    assert plain_calls(json.dumps(EVENT).encode(), now=NOW) is None


def test_parts_are_the_whole() -> None:
    events = [EVENT | {"id": f"r{number}", "time": (NOW - timedelta(hours=number)).isoformat()} for number in range(7)]
    calls = plain_calls(body(*events), now=NOW)

    assert calls is not None
    assert [len(part) for part in calls.parts(3)] == [3, 3, 1]
    assert [event for part in calls.parts(3) for _, event in part.events()] == [event for _, event in calls.events()]
    assert list(calls.parts(7)) == [calls]
