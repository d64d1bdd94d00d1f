"""Native outcomes: what is read of one, what is left out, and that nothing in one is ever a fault of the reader."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.cloudevents import parser
from bot.sources.cloudevents.outcomes import MAX_COUNT
from bot.usage import MAX_NAME_CHARACTERS, Parsed

NOW = datetime(2026, 11, 24, tzinfo=UTC)
EVENT: dict[str, Any] = {"id": "m-1", "source": "/ci", "type": "ai.outcome", "time": "2026-11-23T10:00:00Z"}
USAGE = {**EVENT, "type": "ai.usage", "data": {"model": "gpt-5", "output_tokens": 5}}
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def read(*rows: Any) -> Parsed:
    return parser.parse(json.dumps(rows).encode(), now=NOW)


def outcome(**data: Any) -> dict[str, Any]:
    return {**EVENT, "data": {"kind": "change_merged", **data}}


def test_its_members_are_read_and_a_tag_may_name_the_team() -> None:
    ((at, found),) = read(
        USAGE, outcome(count=MAX_COUNT, tool=" Codex ", workflow="evals", tags={"team": "search"})
    ).outcomes

    assert (at, found.kind, found.count, found.event_id) == (1, "change_merged", MAX_COUNT, "m-1")
    assert (found.labels.tool, found.labels.workflow, found.labels.declared_team) == ("Codex", "evals", "search")


def test_data_may_come_in_base64_and_the_type_may_be_longer() -> None:
    encoded = b64encode(json.dumps({"kind": "deploy"}).encode()).decode()
    row = {**EVENT, "type": "ai.outcome.deploy", "data_base64": encoded}

    ((_, found),) = read(row).outcomes
    assert found.kind == "deploy"


def test_a_label_that_does_not_fit_is_cut_and_said() -> None:
    parsed = read(outcome(workflow="w" * 300, tool={"of": "SECRET"}))

    ((_, found),) = parsed.outcomes
    assert (len(found.labels.workflow), found.labels.tool) == (MAX_NAME_CHARACTERS, "")
    assert [reason.split(" ")[0] for _, reason in parsed.warnings] == ["data.tool", "data.workflow"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({**outcome(), "id": None}, "id is missing"),
        ({**outcome(), "id": 7}, "id: expected str"),
        ({**outcome(), "id": "x" * 257}, "id is longer"),
        ({**outcome(), "specversion": "2.0"}, "specversion must be 1.0"),
        ({**outcome(), "time": "soon"}, "time is not RFC 3339"),
        ({**outcome(), "time": None}, "time is missing"),
        ({**outcome(), "time": "2026-11-26T10:00:00Z"}, "time is more than 24 hours ahead"),
        ({**EVENT, "data": None}, "data is missing"),
        ({**EVENT, "data": []}, "data is missing"),
        ({**EVENT, "data_base64": "?"}, "data_base64 is not JSON"),
    ],
)
def test_a_fault_names_its_field_and_is_found_again(row: dict[str, Any], reason: str) -> None:
    parsed = read(USAGE, row)

    assert len(parsed.events) == 1
    (wrong,) = parsed.unusable
    assert (wrong.index, wrong.reason.startswith(reason)) == (1, True)


def test_quarantine_keeps_what_is_read_and_nothing_else() -> None:
    (wrong,) = read(outcome(count=-1, title="SECRET", user="anna@acme.test", tags={"of": {"x": "SECRET"}})).unusable

    assert b"SECRET" not in wrong.kept
    (again,) = parser.parse(wrong.kept, now=NOW).unusable
    assert again.reason == wrong.reason


@given(
    member=st.sampled_from(["id", "source", "specversion", "time", "data", "data_base64", "type"]),
    value=_JSON,
    within=st.sampled_from(["kind", "count", "team", "user", "tool", "workflow", "credential", "tags"]),
    inner=_JSON,
)
def test_whatever_an_outcome_holds_it_is_one_row_and_its_neighbour_is_booked(
    member: str, value: Any, within: str, inner: Any
) -> None:
    row = {**outcome(**{within: inner}), member: value}

    parsed = read(row, USAGE)

    assert len(parsed.outcomes) + len(parsed.unusable) + len(parsed.events) + parsed.ignored == 2
    assert any(index == 1 for index, _ in parsed.events)
