"""Samples of native senders, whole; and rows that read the same however they are batched."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.periods import micros
from bot.sources.cloudevents.parser import parse
from bot.sources.rows import Unreadable
from bot.usage import MAX_COST_NANOS, UsageEvent

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SAMPLES = Path(__file__).parent / "cloudevents"
CALL = {"id": "1", "source": "/a", "time": "2026-11-23T10:00:00Z", "data": {"model": "m", "output_tokens": 3}}


def one(row: Any) -> UsageEvent:
    parsed = parse(json.dumps(row).encode(), now=NOW)
    assert not parsed.unusable, parsed.unusable
    return parsed.events[0][1]


def reason(row: Any) -> str:
    (kept,) = parse(json.dumps([row]).encode(), now=NOW).unusable
    return kept.reason


def with_data(**data: Any) -> dict[str, Any]:
    return {**CALL, "data": {**CALL["data"], **data}}  # type: ignore[dict-item]  # `data` is a mapping


def test_the_samples_are_read_to_the_last_token_and_nano() -> None:
    (_, single), *_ = parse((SAMPLES / "structured.body").read_bytes(), now=NOW).events
    batch = parse((SAMPLES / "batch.body").read_bytes(), now=NOW)

    assert (batch.rows, batch.unusable, [index for index, _ in batch.events]) == (2, [], [0, 1])
    assert batch.events[0][1] == single
    assert (single.event_id, single.labels.provider, single.labels.model) == (
        "req_011CSHo",
        "openai",
        "gpt-4o-2024-08-06",
    )
    assert (single.uncached_input, single.cache_read, single.cache_write_5m, single.output) == (1_808, 8_192, 0, 1_000)
    assert single.tokens == 11_000
    assert single.reported_nanos == 24_760_000
    assert (single.labels.user, single.labels.credential, single.labels.tags) == (
        *("dev@acme.test", "key_9f3"),
        ("team:checkout", "env:prod"),
    )
    assert single.occurred_at == micros(datetime(2026, 11, 23, 17, 45, 0, 123_000, tzinfo=UTC))


def test_two_samples_that_differ_by_their_id_alone_are_two_events_of_one_content() -> None:
    (_, first), (_, second) = parse((SAMPLES / "batch.body").read_bytes(), now=NOW).events

    assert first.key != second.key
    assert first.fingerprint == second.fingerprint


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u2003", None])
def test_an_id_of_blanks_is_none(blank: str | None) -> None:
    assert reason({**CALL, "id": blank}).startswith("id is missing")


def test_no_event_of_another_source_has_the_key_of_this_one_however_the_two_are_cut() -> None:
    pairs = [
        ("/a", "b/c"),
        ("/a/b", "/c"),
        ("/ab", "/c"),
        ("", "/a/b/c"),
        ("/a/b/c", "x"),
        ("x", "/a/b/c"),
        ("2:/", "a"),
    ]
    keys = {one({**CALL, "source": source, "id": event_id}).key for source, event_id in pairs}

    assert len(keys) == len(pairs)


def test_a_cost_is_exact_however_it_is_written() -> None:
    for written, nanos in (
        ("0.0585", 58_500_000),
        (0.0585, 58_500_000),
        (" 0.0585 ", 58_500_000),
        ("5.85e-2", 58_500_000),
        (1e-9, 1),
        (0, 0),
        ("0", 0),
        (10_000_000, MAX_COST_NANOS),
        ("0.0000000005", 0),
        ("0.0000000015", 2),
        ("9999999.999999999", MAX_COST_NANOS - 1),
        ("0E-6176", 0),
        ("0.003627500000000000000000000000000000", 3_627_500),
        (f"1234.0036275{'0' * 80}", 1_234_003_627_500),
    ):
        assert one(with_data(cost_usd=written)).reported_nanos == nanos, written
    left_out: list[Any] = [
        "10000000.000000001",
        10_000_000.01,
        "-0.000000001",
        "1,000",
        "$1",
        "",
        "0x1",
        True,
        [1],
        "∞",
    ]
    for bad in left_out:
        assert one(with_data(cost_usd=bad)).reported_nanos is None, bad


@pytest.mark.parametrize(
    ("time", "moment"),
    [
        ("2026-11-23T10:00:00+05:30", datetime(2026, 11, 23, 4, 30, tzinfo=UTC)),
        ("2026-11-23T10:00:00.1234567Z", datetime(2026, 11, 23, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-11-23t10:00:00z", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        ("2024-02-29T23:59:59-08:00", datetime(2024, 3, 1, 7, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_time_is_its_moment_whatever_its_zone(time: str, moment: datetime) -> None:
    assert one({**CALL, "time": time}).occurred_at == micros(moment)


@pytest.mark.parametrize(
    "time", ["2026-02-29T00:00:00Z", "2026-11-23", "1795428000", "2026-11-23T25:00:00Z", "2026-11-23T10:00:00+99:00"]
)
def test_a_time_that_never_was_is_said_to_be_none(time: str) -> None:
    assert reason({**CALL, "time": time}).startswith("time is not RFC 3339")


_rows = st.one_of(
    st.builds(lambda n: {**CALL, "id": str(n)}, st.integers(0, 5)),
    st.builds(lambda ahead: {**CALL, "time": (NOW + timedelta(hours=ahead)).isoformat()}, st.integers(-80_000, 80_000)),
    st.builds(lambda n: with_data(output_tokens=n), st.integers(-(10**31), 10**31) | st.floats()),
    st.builds(
        lambda name: with_data(model=name), st.text(st.characters(codec=None, exclude_categories=()), max_size=300)
    ),
    st.builds(lambda cost: with_data(cost_usd=cost), st.text("0123456789.-+eENnaIif ", max_size=50) | st.floats()),
    st.builds(lambda tags: with_data(tags=tags), st.lists(st.text("ab\x00", max_size=3), max_size=70)),
    st.sampled_from([7, None, [], {}, "x"]),
)


@given(st.lists(_rows, max_size=5), st.booleans())
def test_a_row_reads_the_same_alone_and_in_any_company(rows: list[Any], ascii_only: bool) -> None:
    """Bodies decoded at once and bodies split into rows follow the same rules."""
    bodies = [json.dumps(row, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass") for row in rows]
    together = parse(b"[" + b", ".join(bodies) + b"]", now=NOW)
    events, faults = dict(together.events), {row.index: row for row in together.unusable}

    assert together.rows == len(rows)
    assert sorted([*events, *faults]) == list(range(len(rows)))
    for index, body in enumerate(bodies):
        alone = parse(b"[" + body + b"]", now=NOW)
        assert [event for _, event in alone.events] == [events[i] for i in [index] if i in events]
        assert [row.reason for row in alone.unusable] == [faults[i].reason for i in [index] if i in faults]
        assert all(row.reason and len(row.reason) < 200 for row in alone.unusable)


@given(st.binary(max_size=60), st.integers(0, 400))
def test_a_damaged_sample_raises_nothing_but_unreadable(damage: bytes, at: int) -> None:
    sample = (SAMPLES / "batch.body").read_bytes()
    try:
        parsed = parse(sample[:at] + damage + sample[at + len(damage) :], now=NOW)
    except Unreadable:
        return
    assert len(parsed.events) + len(parsed.unusable) == parsed.rows


@pytest.mark.parametrize(
    ("said", "tier"),
    [
        ({"service_tier": "batch"}, "batch"),
        ({"tier": "Priority"}, "priority"),
        ({"service_tier": "flex", "tier": "fast"}, "flex"),
        ({"service_tier": "default"}, ""),
        ({"tier": "gold"}, ""),
        ({"tier": 3}, ""),
        ({"service_tier": None}, ""),
    ],
)
def test_a_tier_that_changes_the_price_is_read_and_any_other_is_the_standard_one(
    said: dict[str, Any], tier: str
) -> None:
    assert one(with_data(**said)).labels.tier == tier


def test_the_address_called_is_read_without_what_may_be_secret_in_it() -> None:
    assert one(with_data(api_base="https://key@llm.acme.test/v1?token=7")).labels.api_base == "https://llm.acme.test/v1"
    assert one(with_data(api_base=["x"])).labels.api_base == ""
    (kept,) = parse(json.dumps([with_data(api_base="https://secret", model=None)]).encode(), now=NOW).unusable
    assert b"secret" not in kept.kept


def test_tier_and_address_are_content_and_an_event_without_them_has_the_mark_that_it_always_had() -> None:
    marks = [
        one(with_data(**said)).fingerprint
        for said in ({}, {"tier": "gold"}, {"tier": "batch"}, {"tier": "flex"}, {"api_base": "batch"})
    ]

    assert marks[0] == marks[1] == bytes.fromhex("a1997d877624d051ba5808cf8c0b8c99")
    assert len(set(marks)) == 4


@pytest.mark.parametrize(
    ("said", "declared"),
    [
        ({"tags": {"team": "search", "env": "prod"}}, "search"),
        ({"tags": ["env:prod", "team: search "]}, "search"),
        ({"tags": ["team:mobile"], "team": "search"}, "search"),
        ({"tags": ["steam:search", "teams:search"]}, ""),
        ({"tags": ["team:"]}, ""),
    ],
)
def test_a_tag_says_the_team_where_nothing_else_does(said: dict[str, Any], declared: str) -> None:
    assert one(with_data(**said)).labels.declared_team == declared
