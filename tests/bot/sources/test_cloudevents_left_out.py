"""Native events: what a call does not need is cut or left out, calls that only read are passed over, kinds of tokens."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.sources.cloudevents.labels import LabelCache
from bot.sources.cloudevents.parser import parse
from bot.sources.labels import Notes
from tests.bot.sources.test_cloudevents_rows import GOOD, NOW, of, one

BROWSER = "Mozilla/5.0 " + "x" * 300


@pytest.mark.parametrize(
    ("row", "label", "read", "notes"),
    [
        (of(user_agent=BROWSER), "user_agent", BROWSER[:256], ["data.user_agent is longer than 256 characters: it was cut"]),
        (of(user="a\x00b"), "user", "ab", ["data.user holds characters that can't be stored: they were left out"]),
        (of(user="a\ud800b"), "user", "ab", ["data.user holds characters that can't be stored: they were left out"]),
        (of(user=12345), "user", "12345", []),
        (of(user={"id": 7}), "user", "", ["data.user is not text: it was left out"]),
        (of(workflow=True), "workflow", "", ["data.workflow is not text: it was left out"]),
        (of(tool=["a"]), "tool", "", ["data.tool is not text: it was left out"]),
        (of(provider=5), "provider", "5", []),
        (of(credential="k" * 257), "credential", "k" * 256, ["data.credential is longer than 256 characters: it was cut"]),
        (of(tags=[f"t:{n}" for n in range(65)]), "tags", tuple(f"t:{n}" for n in range(64)), [
            "data.tags has more than 64 tags: the others were left out"
        ]),
        (of(tags=[f"t:{n}" for n in range(5_000)]), "tags", tuple(f"t:{n}" for n in range(64)), [
            "data.tags has more than 64 tags: the others were left out"
        ]),
        (of(tags={"t": "x", **{f"t{n}": "y" for n in range(70)}}), "tags", ("t:x", *(f"t{n}:y" for n in range(63))), [
            "data.tags has more than 64 tags: the others were left out"
        ]),
        (of(tags=["a", 7, None, ["b"], "c\x00"]), "tags", ("a", "7", "c"), [
            "data.tags has a tag that is not text: it was left out",
            "data.tags has a tag that holds characters that can't be stored: they were left out",
        ]),
        (of(tags={"repo": "x" * 300, "n": 1}), "tags", (f"repo:{'x' * 251}", "n:1"), [
            "data.tags has a tag that is longer than 256 characters: it was cut"
        ]),
        (of(tags="alone"), "tags", ("alone",), []),
        (of(tags=7), "tags", (), ["data.tags is not text: it was left out"]),
    ],
)  # fmt: skip
def test_a_label_that_does_not_fit_is_cut_or_left_out_and_its_call_is_read(
    row: Any, label: str, read: Any, notes: list[str]
) -> None:
    parsed = parse(json.dumps([GOOD, row]).encode(), now=NOW)

    assert (parsed.rows, parsed.unusable, [index for index, _ in parsed.events]) == (2, [], [0, 1])
    assert getattr(parsed.events[1][1].labels, label) == read
    assert [(index, note.sentence) for index, note in parsed.notes] == [(1, note) for note in notes]
    assert parsed.unless_priced == {}


@pytest.mark.parametrize(
    ("cost", "fault"),
    [
        ("-1", "is negative"),
        (-4.3, "is negative"),
        ("NaN", "is not a finite number"),
        (float("nan"), "is not a finite number"),
        (float("-inf"), "is not a finite number"),
        (" Infinity ", "is not a finite number"),
        ("1e999999", "is more than a trillion dollars"),
        ("1" * 1_000_000, "is not a decimal number of at most 1,000 characters"),
        ("10000000.01", "is over ten million dollars, more than one call can cost"),
        (1e300, "is more than a trillion dollars"),
        (10**70, "is more than a trillion dollars"),
        ("12 dollars", "is not a decimal number of at most 1,000 characters"),
        (True, "is not a number"),
        ({"usd": 1}, "is not a number"),
    ],
)
def test_a_cost_that_can_not_be_is_left_out_and_its_row_is_ready_for_quarantine(cost: Any, fault: str) -> None:
    body = json.dumps([of(cost_usd=cost)]).encode()
    parsed = parse(body, now=NOW)

    ((_, read),) = parsed.events
    assert (read.reported_nanos, read.tokens, parsed.unusable) == (None, 52_100, [])
    assert [note.sentence for _, note in parsed.notes] == [f"data.cost_usd {fault}, so it was left out"]
    assert parsed.unless_priced[0].reason == f"data.cost_usd {fault}, and nothing else prices this call"
    assert len(body) > 16_384 or json.loads(parsed.unless_priced[0].kept)["id"] == "req-7"


@pytest.mark.parametrize(
    "kind", ["aget_responses", "fetch_response", "list_batches", "acount_tokens", "get_something_new"]
)
@pytest.mark.parametrize("member", ["operation", "call_type"])
def test_a_call_that_only_reads_is_no_new_usage(kind: str, member: str) -> None:
    parsed = parse(json.dumps([GOOD, of(**{member: kind}), of(**{member: "chat"})]).encode(), now=NOW)

    assert ([index for index, _ in parsed.events], parsed.rows, parsed.ignored) == ([0, 2], 2, 1)


def test_tokens_of_other_kinds_are_parts_of_their_counters_and_of_the_content() -> None:
    plain, spoken = one(GOOD), one(of(audio_input_tokens=1_000, image_output_tokens=900, audio_cache_read_tokens=0))

    assert spoken.parts == (("audio_input", 1_000), ("image_output", 900))
    assert (spoken.tokens, plain.parts) == (plain.tokens, ())
    assert spoken.fingerprint != plain.fingerprint


@given(st.lists(st.none() | st.text(max_size=40) | st.text("ab \x00é", max_size=300), min_size=8, max_size=80))
@example([None] * 9)
def test_words_that_all_fit_are_read_at_once_as_one_by_one(words: list[str | None]) -> None:
    cache = LabelCache()
    at_once = cache._plain(tuple(words))
    if at_once is not None:
        notes = Notes()
        assert cache._fitted(tuple(words), notes) == at_once
        assert notes == []
