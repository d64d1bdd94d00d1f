"""The parser to copy: the members it understands, those it ignores, and its errors."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.periods import micros
from bot.sources import SOURCES
from bot.sources.helloworld import parse
from bot.sources.rows import Unreadable

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SAMPLE = Path(__file__).parent / "helloworld" / "two_calls.json"
CALL = {"id": "call-1", "at": "2026-11-23T10:00:00Z", "model": "claude-opus-4-5", "input": 1200, "output": 900}


def reason(**changed: Any) -> str:
    row = {name: value for name, value in {**CALL, **changed}.items() if value != "absent"}
    (unusable,) = parse(json.dumps(row).encode(), now=NOW).unusable
    return unusable.reason


def test_two_calls_are_read_in_their_order() -> None:
    parsed = parse(SAMPLE.read_bytes(), now=NOW)

    (first_at, first), (second_at, second) = parsed.events
    assert (parsed.rows, parsed.unusable, first_at, second_at) == (2, [], 0, 1)
    assert (first.event_id, first.labels.model, first.uncached_input, first.output) == (
        "call-1",
        "claude-opus-4-5",
        1200,
        900,
    )
    assert first.occurred_at == second.occurred_at == micros(datetime(2026, 11, 23, 10, tzinfo=UTC))


def test_a_row_sent_again_is_the_same_event_and_another_content_under_its_id_is_not() -> None:
    ((_, once),) = parse(json.dumps(CALL).encode(), now=NOW).events
    ((_, again),) = parse(json.dumps([CALL]).encode(), now=NOW).events
    ((_, other),) = parse(json.dumps({**CALL, "output": 901}).encode(), now=NOW).events

    assert (once.key, once.fingerprint) == (again.key, again.fingerprint)
    assert other.key == once.key
    assert other.fingerprint != once.fingerprint


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"id": "absent"}, "id is missing: it tells one event from another, so there is no default"),
        ({"at": "absent"}, "at is missing"),
        ({"at": "1970-01-01T00:00:00Z"}, "at is before 2020"),
        ({"at": "2027-11-23T10:00:00Z"}, "at is more than 24 hours ahead"),
        ({"model": "absent"}, "model is missing"),
        ({"input": "absent"}, "input is missing"),
        ({"output": None}, "output is missing"),
        ({"input": -1}, "input is negative"),
        ({"input": 10**30}, "input"),
        ({"output": "many"}, "output: expected int | null, got str"),
        ({"output": float("nan")}, "output is not a finite number"),
        ({"model": "a\x00b"}, "model holds a NUL character"),
        ({"model": "a\ud800b"}, "model holds a NUL character, half of a surrogate pair"),
    ],
)
def test_a_fault_is_named_by_the_senders_own_word(changed: dict[str, Any], said: str) -> None:
    assert reason(**changed).startswith(said)


def test_one_bad_row_leaves_its_neighbours_alone_and_is_kept_without_what_was_said() -> None:
    bad = {**CALL, "id": "call-2", "model": None, "prompt": "a secret"}
    parsed = parse(json.dumps([CALL, bad, {**CALL, "id": "call-3"}, 7]).encode(), now=NOW)

    assert [index for index, _ in parsed.events] == [0, 2]
    assert [(row.index, row.reason) for row in parsed.unusable] == [
        (1, "model is missing"),
        (3, "the row is not an object"),
    ]
    assert b"call-2" in parsed.unusable[0].kept
    assert b"secret" not in parsed.unusable[0].kept


@pytest.mark.parametrize("depth", [200, 900])
def test_nesting_is_a_rows_fault(depth: int) -> None:
    body = json.dumps(CALL).replace('"claude-opus-4-5"', "[" * depth + "]" * depth).encode()

    assert len(parse(body, now=NOW).unusable) == 1


def test_nesting_without_end_is_a_rows_fault_too() -> None:
    (row,) = parse(b"[" * 200_000 + b"]" * 200_000, now=NOW).unusable

    assert "nested too deeply" in row.reason


def test_an_object_that_is_nested_without_end_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="nested too deeply"):
        parse(b'{"a":' * 200_000 + b"1" + b"}" * 200_000, now=NOW)


def test_no_json_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        parse(b"hello", now=NOW)


def test_nobody_can_make_a_key_for_the_example() -> None:
    assert "helloworld" not in SOURCES
