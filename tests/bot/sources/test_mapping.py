"""Senders with their own names: paths of a mapping, their values, and faults that name the sender's own member."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.periods import micros
from bot.sources import MAPPED, SOURCES
from bot.sources.lago import parse
from bot.sources.mapping import NATIVE, path_fault
from bot.sources.rows import Unreadable
from bot.usage import UsageEvent

NOW = datetime(2026, 11, 24, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "transaction_id": "t-1",
    "timestamp": 1_795_455_900,
    "properties": {"model": "gpt-4o", "input_tokens": 10, "output_tokens": 1},
}


def one(row: Any, **mapping: str) -> UsageEvent:
    parsed = parse(json.dumps(row).encode(), now=NOW, mapping=mapping)
    assert not parsed.unusable, parsed.unusable
    return parsed.events[0][1]


def reason(row: Any, **mapping: str) -> str:
    (unusable,) = parse(json.dumps(row).encode(), now=NOW, mapping=mapping).unusable
    return unusable.reason


def having(**properties: Any) -> dict[str, Any]:
    return {**EVENT, "properties": {**EVENT["properties"], **properties}}


def test_a_mapping_goes_before_the_usual_members_and_leaves_the_others() -> None:
    row = having(deployment="gpt-5", usage={"in": "7", "cached": 2.0}, who=42)

    event = one(
        row,
        model="properties.deployment",
        uncached_input_tokens="properties.usage.in",
        cache_read_tokens="properties.usage.cached",
        user="properties.who",
    )

    assert (event.labels.model, event.uncached_input, event.cache_read, event.output) == ("gpt-5", 7, 2, 1)
    assert (event.labels.user, event.event_id) == ("42", "t-1")


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        (1_795_455_900, "2026-11-23T17:45:00"),
        ("1795455900", "2026-11-23T17:45:00"),
        (1_795_455_900.123, "2026-11-23T17:45:00.123"),
        ("1795455900.123456789", "2026-11-23T17:45:00.123456"),
        ("2026-11-23T18:45:00+01:00", "2026-11-23T17:45:00"),
    ],
)
def test_a_time_is_seconds_or_rfc_3339(written: Any, moment: str) -> None:
    assert one({**EVENT, "timestamp": written}).occurred_at == micros(datetime.fromisoformat(moment + "+00:00"))


@pytest.mark.parametrize(
    ("cents", "nanos"),
    [("2.476", 24_760_000), (2.476, 24_760_000), (1, 10_000_000), ("0.0000001", 1), ("1e2", 10**9), ("0", 0)],
)
def test_cents_become_dollars_to_the_last_nano(cents: Any, nanos: int) -> None:
    assert one({**EVENT, "precise_total_amount_cents": cents}).reported_nanos == nanos


NO_TOKENS = {"input_tokens": None, "output_tokens": None}


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({**EVENT, "precise_total_amount_cents": "a few"}, "precise_total_amount_cents"),
        ({**EVENT, "precise_total_amount_cents": {}}, "precise_total_amount_cents"),
        ({**EVENT, "precise_total_amount_cents": "-1"}, "properties.cost_usd"),
        (having(cost_usd="NaN"), "properties.cost_usd"),
        (having(user="u" * 300), "properties.user"),
        (having(team={"slug": "search"}), "properties.team"),
        (having(tags={"a": [1]}), "properties.tags"),
    ],
)
def test_what_a_call_does_not_need_is_left_out_by_the_senders_own_name(row: Any, field: str) -> None:
    parsed = parse(json.dumps([row, {**EVENT, "transaction_id": "t-2"}]).encode(), now=NOW)

    assert [(index, event.tokens, event.reported_nanos) for index, event in parsed.events] == [
        (0, 11, None),
        (1, 11, None),
    ]
    assert [(index, note.field) for index, note in parsed.notes] == [(0, field)]


def test_a_call_that_only_reads_is_passed_over() -> None:
    parsed = parse(
        json.dumps([having(operation="retrieve_file"), having(call_type="aget_responses"), EVENT]).encode(), now=NOW
    )

    assert ([index for index, _ in parsed.events], parsed.rows, parsed.ignored) == ([2], 1, 2)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({**EVENT, "transaction_id": None}, "transaction_id is missing"),
        ({**EVENT, "transaction_id": ["x"]}, "transaction_id must be text"),
        ({**EVENT, "timestamp": 1_795_455_900_123}, "timestamp is neither RFC 3339 nor seconds since 1970"),
        ({**EVENT, "timestamp": True}, "timestamp is neither"),
        ({**EVENT, "timestamp": {}}, "timestamp is neither"),
        ({**EVENT, "timestamp": "soon"}, "timestamp is not RFC 3339"),
        ({**EVENT, "timestamp": 1}, "timestamp is before 2020"),
        ({**EVENT, "timestamp": 1_895_455_900}, "timestamp is more than 24 hours ahead"),
        (having(model=None), "properties.model is missing"),
        (having(model={"name": "x"}), "properties.model must be text"),
        (having(model="a\x00"), "properties.model holds a NUL character"),
        (having(model="a\ud800"), "properties.model holds a NUL character, half of a surrogate pair"),
        (having(model="m" * 300), "properties.model is longer than 256"),
        (having(output_tokens=-1), "properties.output_tokens is negative"),
        (having(output_tokens="many"), "properties.output_tokens must be a whole number"),
        (having(output_tokens=1.5), "properties.output_tokens: expected int"),
        (having(output_tokens=float("nan")), "properties.output_tokens is not a finite number"),
        (having(output_tokens=10**30), "properties.output_tokens"),
        (having(cache_read_tokens=11), "properties.input_tokens is less than its cached parts"),
        (having(input_tokens=None, output_tokens=None), "there are neither tokens nor a cost; looked for properties."),
        ({**having(**NO_TOKENS), "precise_total_amount_cents": "a few"}, "precise_total_amount_cents is not a decimal"),
        ({**having(**NO_TOKENS), "precise_total_amount_cents": True}, "precise_total_amount_cents is not a number"),
        (having(**NO_TOKENS, cost_usd="-1"), "properties.cost_usd is negative"),
        (7, "the row is not an object"),
        ({**EVENT, "properties": [1]}, "properties.model is missing"),
    ],
)
def test_a_fault_is_named_by_the_senders_own_member(row: Any, said: str) -> None:
    assert reason([row]).startswith(said)


def test_quarantine_keeps_the_members_that_paths_lead_to_and_no_prompt() -> None:
    row = {**having(model=None, prompt="a secret", deployment=7), "note": "another secret"}
    (unusable,) = parse(json.dumps(row).encode(), now=NOW, mapping={"tool": "properties.deployment"}).unusable

    kept = json.loads(unusable.kept)
    assert (kept["transaction_id"], kept["properties"]["output_tokens"]) == ("t-1", 1)
    assert kept["properties"]["deployment"] == 7
    assert b"secret" not in unusable.kept


def test_a_row_kept_in_quarantine_is_read_again_like_the_first_time() -> None:
    bad = having(input_tokens="?")
    (unusable,) = parse(json.dumps({"events": [bad]}).encode(), now=NOW).unusable
    mended = json.loads(unusable.kept)
    mended["properties"]["input_tokens"] = 10

    assert one(mended) == one(EVENT)


def test_an_event_without_a_time_is_the_same_whenever_it_is_sent_again() -> None:
    row = json.dumps({**EVENT, "timestamp": None}).encode()
    later = datetime(2026, 11, 24, 0, 5, tzinfo=UTC)
    ((_, first),), ((_, again),) = parse(row, now=NOW).events, parse(row, now=later).events

    assert (first.key, first.fingerprint) == (again.key, again.fingerprint)
    assert (first.occurred_at, again.occurred_at) == (micros(NOW), micros(later))
    assert one({**having(output_tokens=2), "timestamp": None}).fingerprint != first.fingerprint


@pytest.mark.parametrize(
    ("native", "path", "fine"),
    [
        ("model", "properties.model", True),
        ("cost_cents", "a", True),
        ("modell", "a", False),
        ("model", "", False),
        ("model", "a..b", False),
        ("model", ".a", False),
        ("model", "a b", False),
        ("model", ".".join("abcdefghi"), False),
        ("model", "x" * 65, False),
    ],
)
def test_a_mapping_is_checked_line_by_line(native: str, path: str, fine: bool) -> None:
    assert (path_fault(native, path) is None) is fine


def test_paths_that_lead_through_one_another_are_followed_both() -> None:
    mapping = {"tool": "properties.kind", "workflow": "properties.kind.name", "provider": "properties"}
    row = having(kind={"name": "n", "prompt": "a secret"}, output_tokens=-1)
    (unusable,) = parse(json.dumps(row).encode(), now=NOW, mapping=mapping).unusable

    assert one(having(kind="k"), tool="properties.kind", workflow="properties.kind.name").labels.tool == "k"
    assert unusable.reason == "properties.output_tokens is negative"
    assert json.loads(unusable.kept)["properties"] == {
        **EVENT["properties"],
        "output_tokens": -1,
        "kind": {"name": "n"},
    }


_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300) | st.just("1e999999999")
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_members = st.sampled_from(
    [
        *("transaction_id", "timestamp", "properties", "precise_total_amount_cents", "external_subscription_id"),
        *("id", "source", "time", "subject", "type", "data", "request_id", "user_id", "model", "provider", "metadata"),
        *("webhook-id", "events", "event"),
    ]
)
_inner = st.dictionaries(
    st.sampled_from(
        [
            *("model", "provider", "input_tokens", "output_tokens", "tokens", "type", "tags", "cost", "cost_usd"),
            *("promptTokens", "completionTokens", "id", "user", "cache_read_tokens"),
        ]
    ),
    _values,
    max_size=6,
)
_rows = st.dictionaries(_members, _values | _inner, max_size=8)
_paths = st.dictionaries(
    st.sampled_from(NATIVE), st.sampled_from(["data.model", "data", "model", "a.b", "type"]), max_size=3
)


@given(st.sampled_from(sorted(MAPPED)), st.lists(_rows | _values, max_size=4), _paths)
@pytest.mark.timeless
def test_no_row_ends_in_anything_but_an_event_or_a_reason(name: str, rows: list[Any], mapping: dict[str, str]) -> None:
    for sent in (rows, {"events": rows}, {"event": rows[:1]}, *rows):
        body = json.dumps(sent).encode()
        try:
            parsed = SOURCES[name](body, now=NOW, mapping=mapping)
        except Unreadable:
            continue
        assert sorted([i for i, _ in parsed.events] + [row.index for row in parsed.unusable]) == list(
            range(parsed.rows)
        )
        assert all(row.reason for row in parsed.unusable)


@given(st.sampled_from(sorted(MAPPED)), st.binary(max_size=80))
def test_bytes_that_mean_nothing_are_unreadable_and_no_more(name: str, body: bytes) -> None:
    for sent in (body, b'{"events": [' + body + b"]}", b"[" + body, b'{"id": "' + body + b'"}'):
        try:
            parsed = SOURCES[name](sent, now=NOW)
        except Unreadable:
            continue
        assert len(parsed.events) + len(parsed.unusable) == parsed.rows


def test_units_of_an_event_without_a_time_are_no_difference_to_what_the_release_before_stored() -> None:
    row = having(searches=3)
    del row["timestamp"]

    event, before = one(row, web_searches="properties.searches"), one(row)

    assert event.fingerprint != before.fingerprint
    assert (event.older_fingerprint, before.older_fingerprint) == (before.fingerprint, b"")
