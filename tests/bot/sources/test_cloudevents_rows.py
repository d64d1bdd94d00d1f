"""Native events: the rows that are understood, and the fault of each one that is not."""

import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.cloudevents.labels import LabelCache
from bot.sources.cloudevents.parser import parse
from bot.sources.rows import Unreadable
from bot.usage import MAX_TOKENS, Parsed, UsageEvent

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "specversion": "1.0",
    "type": "ai.usage",
    "source": "/gateway/eu",
    "id": "req-7",
    "time": "2026-11-23T10:00:00Z",
    "data": {
        "provider": "anthropic",
        "model": "claude-opus-4-5",
        "tool": "Claude Code",
        "workflow": "code-review",
        "user": "anna@acme.test",
        "team": "search",
        "credential": "key-12",
        "tags": ["repo:search-api"],
        "uncached_input_tokens": 1200,
        "cache_read_tokens": 50000,
        "cache_write_5m_tokens": 0,
        "cache_write_1h_tokens": 0,
        "output_tokens": 900,
        "reasoning_tokens": 300,
        "cost_usd": "0.0585",
    },
}


def event(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**GOOD, **changes}.items() if value is not ...}


def of(**data: Any) -> dict[str, Any]:
    merged = {**GOOD["data"], **data}
    return event(data={name: value for name, value in merged.items() if value is not ...})


def one(row: Any) -> UsageEvent:
    parsed = parse(json.dumps(row).encode(), now=NOW)
    assert not parsed.unusable, parsed.unusable
    return parsed.events[0][1]


def fault(row: Any) -> str:
    """Returns the fault of a bad row between two good ones, which are both read."""
    body = row if isinstance(row, bytes) else json.dumps(row).encode()
    good = [json.dumps(event(id=name)).encode() for name in ("before", "after")]
    parsed = parse(b"[%s,%s,%s]" % (good[0], body, good[1]), now=NOW)
    assert [index for index, _ in parsed.events] == [0, 2], parsed
    (kept,) = parsed.unusable
    assert (parsed.rows, kept.index) == (3, 1)
    return kept.reason


def test_the_contracts_example_is_read_whole() -> None:
    read = one(GOOD)

    assert (read.labels.provider, read.labels.model, read.labels.tool, read.labels.workflow) == (
        *("anthropic", "claude-opus-4-5"),
        *("Claude Code", "code-review"),
    )
    assert (read.labels.user, read.labels.declared_team, read.labels.credential, read.labels.tags) == (
        *("anna@acme.test", "search", "key-12"),
        ("repo:search-api",),
    )
    assert (read.uncached_input, read.cache_read, read.output, read.reasoning) == (1200, 50000, 900, 300)
    assert (read.reported_nanos, read.event_id, read.tokens) == (58_500_000, "req-7", 52_100)
    assert read.occurred_at == 1_795_428_000_000_000


def test_only_model_time_and_tokens_or_cost_are_needed() -> None:
    bare = {"id": "1", "time": "2026-11-23T10:00:00+05:30", "data": {"model": "m", "output_tokens": 1}}
    assert one(bare).output == 1
    assert one({**bare, "data": {"model": "m", "cost_usd": 0.25}}).reported_nanos == 250_000_000
    assert one({**bare, "data": {"model": "m", "cost_usd": 0}}).reported_nanos == 0
    assert (
        one({**bare, "surprise": [1], "data": {"model": "m", "output_tokens": 1, "latency": {"ms": 3}}}).labels.model
        == "m"
    )


def test_an_inclusive_input_is_made_disjoint() -> None:
    read = one(of(uncached_input_tokens=..., input_tokens=51_300, cache_write_tokens=100))

    assert (read.uncached_input, read.cache_read, read.cache_write_5m) == (1_200, 50_000, 100)


def test_the_key_is_source_and_id_and_the_fingerprint_the_content() -> None:
    read = one(GOOD)
    for other in (event(id="req-8"), event(source="/gateway/us"), event(source="/gateway/e", id="ureq-7")):
        assert one(other).key != read.key
    assert one(event(time="2026-11-23T11:00:00+01:00")).fingerprint == read.fingerprint
    assert one(event(subject="x", traceparent="y")).fingerprint == read.fingerprint
    for changed in (of(output_tokens=901), of(cost_usd="0.0586"), of(cost_usd=...), of(tags=["repo", "search-api"])):
        assert (one(changed).key, one(changed).fingerprint != read.fingerprint) == (read.key, True)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (event(id=...), "id is missing"),
        (event(id=""), "id is missing"),
        (event(id=7), "id: expected"),
        (event(specversion="0.3"), "specversion must be 1.0"),
        (event(type="ai.other"), "type is not ai.usage"),
        (event(time=...), "time is missing"),
        (event(time="yesterday"), "time is not RFC 3339"),
        (event(time="2026-11-23T10:00:00"), "time is not RFC 3339 with its zone"),
        (event(time="9" * 100), "time is not RFC 3339"),
        (event(time="1970-01-01T00:00:00Z"), "time is before 2020"),
        (event(time="0001-01-01T00:00:00+14:00"), "time is"),
        (event(time="9999-12-31T23:59:59-14:00"), "time is"),
        (event(time="2027-11-23T10:00:00Z"), "time is more than 24 hours ahead"),
        (event(time=(NOW + timedelta(hours=25)).isoformat()), "time is more than 24 hours ahead"),
        (event(time=1_795_000_000), "time: expected"),
        (event(data=...), "data is missing"),
        (event(data=[1]), "data: expected object"),
        (of(model=...), "data.model is missing"),
        (of(model="   "), "data.model is missing"),
        (of(model="m" * 257), "data.model is longer than 256"),
        (of(model="a\x00b"), "data.model holds a NUL"),
        (of(output_tokens=-1), "data.output_tokens is negative"),
        (of(output_tokens=10**30), "data.output_tokens"),
        (of(output_tokens=MAX_TOKENS + 1), "data.output_tokens is over a hundred billion"),
        (of(output_tokens=1.5), "data.output_tokens: expected int"),
        (of(output_tokens="900"), "data.output_tokens: expected int"),
        (of(output_tokens=True), "data.output_tokens: expected int"),
        (of(reasoning_tokens=901), "data.reasoning_tokens is more than data.output_tokens"),
        (of(uncached_input_tokens=..., input_tokens=49_999), "data.input_tokens is less than its cached parts"),
        (of(audio_input_tokens=1_201), "data.audio_input_tokens is more than data.uncached_input_tokens"),
        (of(audio_output_tokens=500, image_output_tokens=401), "data.image_output_tokens is more than data.output"),
        (of(image_input_tokens=-1), "data.image_input_tokens is negative"),
        (event(data={"model": "m"}), "data has neither tokens nor cost_usd"),
        (event(data={"model": "m", "cost_usd": "-1"}), "data.cost_usd is negative"),
        (event(data={"model": "m", "cost_usd": "NaN", "output_tokens": 0}), "data.cost_usd is not a finite number"),
        (event(data={"model": "m", "cost_usd": True}), "data.cost_usd is not a number"),
        (7, "expected object"),
        (
            b'{"id": "x", "time": "2026-11-23T10:00:00Z", "data": {"model": "\xff\xfe", "output_tokens": 1}}',
            "data.model",
        ),
        (b'{"id": "x", "time": "2026-11-23T10:00:00Z", "data": {"model": "m", "cost_usd": NaN}}', "data.cost_usd"),
        (b'{"id": "x", "data": {"model": "m", "output_tokens": 1' + b"0" * 100_000 + b"}}", "data.output_tokens"),
    ],
)
def test_a_rows_fault_names_its_field_and_is_that_rows_alone(row: Any, reason: str) -> None:
    said = fault(row)

    assert reason in said
    assert len(said) < 200


def test_the_last_moment_that_is_taken_is_24_hours_ahead() -> None:
    assert one(event(time=(NOW + timedelta(hours=24)).isoformat()))
    assert one(event(time="2020-01-01T00:00:00Z"))


def test_nothing_of_prompts_headers_and_addresses_is_kept() -> None:
    secret = {"messages": [{"role": "user", "content": "SECRET"}], "headers": {"x": "SECRET"}, "response": "SECRET"}
    row = {**of(output_tokens=-1, prompt="SECRET", **secret), "ip": "SECRET", **secret}
    (kept,) = parse(json.dumps(row).encode(), now=NOW).unusable

    assert b"SECRET" not in kept.kept
    assert b"SECRET" not in kept.reason.encode()
    assert json.loads(kept.kept)["data"]["output_tokens"] == -1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"hello",
        b"7",
        b'"x"',
        b"null",
        b"\x00\xff\x1f\x8b",
        b"[1",
        b'{"a"',
        b"[{}] trailing",
        b"[" * 10_000,
    ],
)
def test_a_body_that_is_no_json_object_or_array_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable, match="The body is not JSON"):
        parse(body, now=NOW)


@pytest.mark.parametrize(("place", "reason"), [(b"model", "data.model"), (b"extra", "nested too deeply")])
def test_a_row_nested_ten_thousand_deep_spoils_nobody_elses(place: bytes, reason: str) -> None:
    """No decoder goes that deep, so the rows are split by their brackets; those in strings do not count."""
    deep = b'{"id": "x", "data": {"%s": %s%s}}' % (place, b"[" * 10_000, b"]" * 10_000)

    assert reason in fault(deep)
    assert one(event(id='brackets "]}[{ \\')).event_id == 'brackets "]}[{ \\'


@pytest.mark.parametrize(("told", "names", "tags", "length"), [(6_000, 1, 50, 1), (6_000, 8, 0, 112)])
@pytest.mark.timeless
def test_what_is_remembered_of_words_is_bounded_whatever_senders_make_up(
    told: int, names: int, tags: int, length: int
) -> None:
    """With the most expensive characters, and with spaces, so that each word is cached as sent and as read."""
    words = LabelCache()
    tracemalloc.start()
    for number in range(told):
        made_up = [f" {number:x}-{place:x}".ljust(length) + "\N{MONEY BAG} " for place in range(names + tags)]
        said = (*made_up[:names], *["m"] * (8 - names), *made_up[names:])
        assert words.checked(said).labels.tags == tuple(tag.strip() for tag in made_up[names:])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert words
    assert most < 60_000_000


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def _adds_up(body: bytes) -> Parsed | None:
    try:
        parsed = parse(body, now=NOW)
    except Unreadable:
        return None
    assert sorted([i for i, _ in parsed.events] + [row.index for row in parsed.unusable]) == list(range(parsed.rows))
    assert all(row.reason for row in parsed.unusable)
    return parsed


@given(st.binary(max_size=300))
def test_no_bytes_at_all_raise_anything_but_unreadable(body: bytes) -> None:
    _adds_up(body)
    _adds_up(b"[%s]" % body)


@given(st.sampled_from([*GOOD, "new"]), st.sampled_from([*GOOD["data"], "messages"]), _json, _json)
def test_no_value_in_any_place_raises_anything(outer: str, inner: str, one_value: Any, other: Any) -> None:
    for row in (event(**{outer: one_value}), of(**{inner: other}), event(**{outer: one_value, "data": other})):
        parsed = _adds_up(json.dumps([GOOD, row]).encode())
        assert parsed is not None
        assert parsed.events[0][0] == 0
