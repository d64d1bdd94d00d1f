"""LiteLLM rows that cannot be read, spend logs, and whatever bytes come."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sources.litellm.history import to_callback_payload
from bot.sources.litellm.parser import parse
from bot.sources.rows import Unreadable
from tests.bot.sources.litellm.litellm_examples import NOW, body, one, read, sample


def fault(call: dict[str, Any]) -> str:
    (row,) = parse(json.dumps([call]).encode(), now=NOW).unusable
    return row.reason


NOTHING_ELSE = {"prompt_tokens": 0, "completion_tokens": 0, "cost_breakdown": None, "metadata__usage_object": None}
"""A call that only its reported cost could price."""


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"id": None, "litellm_call_id": None}, "id and litellm_call_id are missing"),
        ({"status": "pending"}, "status must be success or failure"),
        ({"endTime": None, "startTime": None}, "endTime is missing"),
        ({"endTime": "soon"}, "endTime is not a time in seconds since 1970"),
        ({"endTime": float("nan")}, "endTime is not a time in seconds since 1970"),
        ({"endTime": 0}, "endTime is before 2020"),
        ({"endTime": 1_900_000_000}, "endTime is more than 24 hours ahead"),
        ({"model": None}, "model is missing"),
        ({"model": "a\x00b"}, "model holds a NUL character"),
        ({"model": "a\ud800b"}, "model holds a NUL character, half of a surrogate pair"),
        ({"id": "a\ud800b"}, "id holds a NUL character, half of a surrogate pair"),
        ({"prompt_tokens": -1}, "prompt_tokens is negative"),
        ({"prompt_tokens": 10**30}, "prompt_tokens is over a hundred billion"),
        ({"prompt_tokens": "many"}, "prompt_tokens: expected int | null, got str"),
        ({"metadata": "redacted"}, "metadata: expected object | null, got str"),
        (NOTHING_ELSE | {"response_cost": -1}, "response_cost is negative"),
        (NOTHING_ELSE | {"response_cost": float("nan")}, "response_cost is not a finite number"),
    ],
)
def test_a_fault_names_litellms_own_member(changed: dict[str, Any], said: str) -> None:
    assert fault(sample(**changed)).startswith(said)


@pytest.mark.parametrize(
    "cost", [-4.3, 1e9, "1e999999", "NaN", float("nan"), float("inf"), True, [1], {"usd": 1}, "9" * 2_000]
)
def test_a_cost_that_can_not_be_is_left_out_and_noted(cost: Any) -> None:
    parsed = parse(json.dumps([sample(response_cost=cost, cost_breakdown=None)]).encode(), now=NOW)

    ((_, event),) = parsed.events
    assert (event.reported_nanos, event.tokens, parsed.unusable) == (None, 1_200, [])
    assert [(index, note.field, note.is_cost) for index, note in parsed.notes] == [(0, "response_cost", True)]
    assert "and nothing else prices this call" in parsed.unless_priced[0].reason


def test_a_breakdown_stands_in_for_a_cost_that_can_not_be() -> None:
    parsed = parse(json.dumps([sample(response_cost=-1)]).encode(), now=NOW)

    assert parsed.events[0][1].reported_nanos == 3_750_000
    assert [note.field for _, note in parsed.notes] == ["response_cost"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"custom_llm_provider": ["openai"]}, "custom_llm_provider"),
        ({"custom_llm_provider": "p" * 300}, "custom_llm_provider"),
        ({"metadata__user_api_key_team_id": "t" * 300}, "metadata.user_api_key_team_id"),
        ({"metadata__user_api_key_alias": {"a": 1}}, "metadata.user_api_key_alias"),
        (
            {"metadata__user_api_key_user_email": None, "metadata__user_api_key_user_id": "a\x00"},
            "user_api_key_user_id",
        ),
        ({"request_tags": ["t"] * 65}, "request_tags"),
        (
            {"end_user": [1], "metadata__user_api_key_user_id": None, "metadata__user_api_key_user_email": None},
            "end_user",
        ),
    ],
)
def test_a_label_that_does_not_fit_is_noted(changed: dict[str, Any], field: str) -> None:
    parsed = parse(
        json.dumps([sample(**changed), sample(error_information="odd", litellm_call_id="b")]).encode(), now=NOW
    )

    assert [index for index, _ in parsed.events] == [0, 1]
    assert [(index, note.field) for index, note in parsed.notes] == [(0, field)]


CLIENTS_WORDS: list[Callable[[], dict[str, Any]]] = [
    lambda: sample(messages=[{"role": "user", "content": "half a pair: \ud800"}]),
    lambda: sample(messages=[{"content": float("nan")}], response={"score": float("inf")}),
    lambda: sample(request_tags=["a\x00b", 7, None, "\ud800", "x" * 5_000]),
    lambda: sample(request_tags="not a list"),
    lambda: sample(end_user={"id": 1}, metadata__user_api_key_user_id=None, metadata__user_api_key_user_email=None),
    lambda: sample(end_user="\ud800\x00", metadata__user_api_key_user_id=None, metadata__user_api_key_user_email=None),
    lambda: sample(metadata__spend_logs_metadata="text", metadata__requester_custom_headers=["x"]),
    lambda: sample(metadata__spend_logs_metadata={"workflow": ["x"]}, request_tags=[]),
    lambda: sample(metadata__user_agent=["curl"], user_agent=7),
    lambda: sample(metadata__user_api_key_alias="k" * 3_000),
]


@pytest.mark.parametrize("made", CLIENTS_WORDS)
def test_nothing_that_a_client_writes_keeps_its_call_out_of_the_books(made: Callable[[], dict[str, Any]]) -> None:
    event = one(made())

    assert event.reported_nanos == 3_750_000
    said = (
        *event.labels.tags,
        event.labels.user,
        event.labels.workflow,
        event.labels.user_agent,
        event.labels.credential,
    )
    assert all(len(text) <= 256 and "\x00" not in text and text.isascii() for text in said)


def test_a_broken_line_leaves_the_others_alone() -> None:
    good = [json.dumps(sample(litellm_call_id=name)).encode() for name in ("a", "b", "c")]
    parsed = parse(b"\n".join([good[0], good[1][:4_000], b"", good[2], b"null"]), now=NOW)

    assert [index for index, _ in parsed.events] == [0, 2]
    assert [(row.index, row.reason.partition(":")[0]) for row in parsed.unusable] == [
        (1, "the row is not JSON"),
        (3, "the row"),
    ]


def test_one_call_alone_an_array_and_lines_are_read_alike() -> None:
    call = sample()
    bodies = [json.dumps(call), json.dumps([call]), f"\n{json.dumps(call)}\n", json.dumps(call, indent=1)]

    assert len({event.key for text in bodies for _, event in parse(text.encode(), now=NOW).events}) == 1


def test_many_bad_rows_are_split_from_their_body_once() -> None:
    calls = [sample(litellm_call_id=str(n), endTime=0) for n in range(400)]
    parsed = parse(json.dumps(calls).encode(), now=NOW)

    assert [row.index for row in parsed.unusable] == list(range(400))
    assert len({row.key for row in parsed.unusable}) == 400


def test_a_responses_id_of_hundreds_of_characters_counts_in_the_key_and_its_event_goes_by_the_calls_id() -> None:
    (event,) = read("12_")
    other = one(json.loads(body("12_"))[0] | {"id": "resp_" + "x" * 600})

    assert event.event_id.startswith("9bf565da-")
    assert len(json.loads(body("12_"))[0]["id"]) > 256
    assert event.key != other.key


@pytest.mark.parametrize("nothing", [b"", b"hello", b"[", b"\xff\xfe", b'"text"', b"7"])
def test_what_is_no_json_is_unreadable(nothing: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(nothing, now=NOW)


def test_the_gateways_own_log_tells_of_the_same_calls() -> None:
    live = {event.key: event for event in read("50_")}
    lines = json.loads(body("51_"))["data"]
    told = parse(json.dumps([to_callback_payload(line) for line in lines]).encode(), now=NOW)
    history = {event.key: event for _, event in told.events}

    assert (len(live), len(history), told.unusable) == (12, 11, [])
    assert history.keys() < live.keys()
    assert {key: event.fingerprint for key, event in history.items()} == {
        key: event.fingerprint for key, event in live.items() if key in history
    }
    (only_live,) = (event for key, event in live.items() if key not in history)
    assert only_live.failed, "a failed try whose fallback was answered has no line in the log"
    assert sum(event.tokens for event in history.values()) == sum(event.tokens for event in live.values())


_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)

_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)

_members = [*sorted(json.loads(body("01_"))[0]), "event", "event_group", "text"]

_metadata = sorted(json.loads(body("01_"))[0]["metadata"])


@given(
    changed=st.dictionaries(st.sampled_from(_members), _values, max_size=5),
    noted=st.dictionaries(st.sampled_from(_metadata), _values, max_size=5),
)
@pytest.mark.timeless
def test_no_call_however_odd_ends_in_anything_but_a_row(changed: dict[str, Any], noted: dict[str, Any]) -> None:
    call = sample()
    call["metadata"] |= noted
    parsed = parse(json.dumps([call | changed, sample()]).encode(), now=NOW)

    assert parsed.rows + parsed.ignored == 2
    assert len(parsed.events) + len(parsed.unusable) == parsed.rows
    assert {index for index, _ in parsed.events}.isdisjoint(row.index for row in parsed.unusable)


@settings(max_examples=300)
@given(
    st.binary(max_size=200)
    | st.builds(lambda cut, junk: body("03_")[:cut] + junk, st.integers(0, 26_000), st.binary(max_size=9))
)
def test_no_bytes_end_in_anything_but_unreadable(odd: bytes) -> None:
    try:
        parse(odd, now=NOW)
    except Unreadable:
        return


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(sorted(json.loads(body("51_"))["data"][0])), _values, max_size=6))
@pytest.mark.timeless
def test_no_line_of_the_log_however_odd_ends_in_anything_but_a_row(changed: dict[str, Any]) -> None:
    line = json.loads(body("51_"))["data"][0] | changed
    parsed = parse(json.dumps([to_callback_payload(line)]).encode(), now=NOW)

    assert len(parsed.events) + len(parsed.unusable) == 1
