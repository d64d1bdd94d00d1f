"""OTLP: what a call does not need is cut or left out, in both encodings; kinds of tokens, and spans that only read."""

import json
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict

from bot.sources.otlp.parser import read
from bot.usage import Parsed
from tests.bot.sources.otlp.otlp_examples import CLAUDE_CODE, NOW, chat, is_ignored, one, parsed_of, total
from tests.support.traffic.otlp import CHAT, REQUESTS, attributes, log, logs, metrics, span, traces


def of_protobuf(body: Any) -> Parsed:
    for group in body["resourceSpans"]:
        for scope in group["scopeSpans"]:
            for found in scope["spans"]:
                found["traceId"], found["spanId"] = "AAAAAAAAAAAAAAAAAAAAAQ==", "AAAAAAAAAAE="
    return read(ParseDict(body, REQUESTS["traces"]()).SerializeToString(), "traces", "protobuf", meters="auto", now=NOW)


@pytest.mark.parametrize(
    ("said", "label", "value", "fault"),
    [
        ({"user.id": "u" * 300}, "user", "u" * 256, "user.id is longer than 256 characters: it was cut"),
        ({"user.id": "a\x00b"}, "user", "ab", "user.id holds characters that can't be stored: they were left out"),
        ({"user.id": 12345}, "user", "12345", None),
        ({"user.id": True}, "user", "", "user.id is not text: it was left out"),
        ({"api_key.id": "k" * 300}, "credential", "k" * 256, "api_key.id is longer than 256 characters: it was cut"),
        ({"gen_ai.provider.name": "p" * 300}, "provider", "p" * 256, "gen_ai.provider.name is longer than 256"),
        (
            {"workflow.name": "w" * 300},
            "workflow",
            "w" * 256,
            "workflow.name is longer than 256 characters: it was cut",
        ),
    ],
)
def test_a_label_that_does_not_fit_is_cut_or_left_out(
    said: dict[str, Any], label: str, value: str, fault: str | None
) -> None:
    for parsed in (parsed_of(traces(span(said=CHAT | said))), of_protobuf(traces(span(said=CHAT | said)))):
        ((_, event),) = parsed.events
        assert (getattr(event.labels, label), event.uncached_input, parsed.unusable) == (value, 1000, [])
        assert [note.sentence.startswith(fault or "") for _, note in parsed.notes] == ([True] if fault else [])


@pytest.mark.parametrize(
    "value", [{"kvlistValue": {"values": []}}, {"bytesValue": "aGk="}], ids=["a nested value", "bytes"]
)
def test_a_value_of_another_kind_is_no_label(value: Any) -> None:
    sent = span(said=CHAT)
    sent["attributes"].append({"key": "user.id", "value": value})
    for parsed in (parsed_of(traces(sent)), of_protobuf(traces(sent))):
        assert [event.labels.user for _, event in parsed.events] == [""]
        assert [note.sentence for _, note in parsed.notes] == ["user.id is neither text nor a number: it was left out"]


@pytest.mark.parametrize("value", [{"stringValue": 5}, 5, {"stringValue": "half \ud800"}, {"arrayValue": "\ud800"}])
def test_json_that_is_not_otlps_is_no_label(value: Any) -> None:
    sent = span(said=CHAT)
    sent["attributes"].append({"key": "user.id", "value": value})
    parsed = parsed_of(traces(span(2), sent))

    assert [index for index, _ in parsed.events] == [0, 1]
    assert [(index, note.field) for index, note in parsed.notes] == [(1, "user.id")]


def test_a_label_of_the_resource_that_does_not_fit_is_left_out_of_each_of_its_calls() -> None:
    resource = {"service.name": "s" * 300, "team.id": "search"}
    for parsed in (parsed_of(traces(span(1), resource=resource)), of_protobuf(traces(span(1), resource=resource))):
        assert [event.labels.declared_team for _, event in parsed.events] == ["search"]
        assert [note.field for _, note in parsed.notes] == ["service.name"]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"cost_usd": "NaN"}, "cost_usd is not a finite number, so it was left out"),
        ({"cost_usd": float("inf")}, "cost_usd is not a finite number, so it was left out"),
        ({"cost_usd": -0.5}, "cost_usd is negative, so it was left out"),
        ({"cost_usd_micros": -7}, "cost_usd_micros is negative, so it was left out"),
        ({"cost_usd_micros": 10**14}, "cost_usd_micros is over ten million dollars, more than one call can cost"),
        ({"cost_usd": True}, "cost_usd is not a number, so it was left out"),
    ],
)
def test_a_cost_that_can_not_be_is_left_out(said: dict[str, Any], fault: str) -> None:
    parsed = parsed_of(logs(log(CLAUDE_CODE | said), resource={"service.name": "claude-code"}))

    ((_, event),) = parsed.events
    assert (event.reported_nanos, event.tokens) == (None, 1_015)
    assert [note.sentence.startswith(fault) for _, note in parsed.notes] == [True]
    kept = parsed.unless_priced[0]
    assert kept.reason.endswith("and nothing else prices this call")
    assert b"req_1" in kept.kept


def test_a_cost_in_dollars_stands_in_for_whole_micros_that_can_not_be() -> None:
    said = CLAUDE_CODE | {"cost_usd_micros": -7, "cost_usd": 0.25}
    ((_, event),) = parsed_of(logs(log(said), resource={"service.name": "claude-code"})).events

    assert event.reported_nanos == 250_000_000


def test_a_label_of_a_data_point_is_cut_too() -> None:
    point = total(5)
    point["sum"]["dataPoints"][0]["attributes"] += attributes({"user.email": "e" * 300})
    body = metrics(point, resource={"service.name": "claude-code"})
    parsed = parsed_of(body, meters="metrics")

    assert [event.labels.user for _, event in parsed.events] == ["e" * 256]
    assert [note.field for _, note in parsed.notes] == ["user.email"]


def test_an_id_of_hundreds_of_characters_is_part_of_the_key() -> None:
    first, other = (one(traces(span(said=chat(gen_ai__response__id="resp_" + "x" * 600 + end)))) for end in "ab")

    assert first.key != other.key
    assert len(first.event_id) == 256


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ({"gen_ai.usage.audio.input_tokens": 900}, (("audio_input", 900),)),
        ({"gen_ai.usage.audio.output_tokens": 60, "gen_ai.usage.image.output_tokens": 40},
         (("audio_output", 60), ("image_output", 40))),
        ({"gen_ai.usage.cache_read.input_tokens": 400, "gen_ai.usage.audio.input_tokens": 700,
          "gen_ai.usage.audio.cache_read.input_tokens": 300}, (("audio_input", 400), ("audio_cache_read", 300))),
        ({"gen_ai.usage.cache_read.input_tokens": 400, "gen_ai.usage.audio.input_tokens": 700},
         (("audio_input", 600), ("audio_cache_read", 100))),
        ({"llm.token_count.prompt_details.audio": 10}, (("audio_input", 10),)),
        ({"gen_ai.usage.video.input_tokens": 0}, ()),
    ],
)  # fmt: skip
def test_tokens_of_other_kinds_are_parts_of_their_counters(said: dict[str, Any], parts: Any) -> None:
    assert one(traces(span(said=CHAT | said))).parts == parts


@pytest.mark.parametrize("kind", ["fetch_response", "list_batches", "retrieve_file", "count_tokens", "aget_responses"])
def test_a_span_that_only_reads_is_passed_over(kind: str) -> None:
    assert is_ignored(traces(span(said=chat(gen_ai__operation__name=kind))))
    assert is_ignored(traces(span(said=chat(gen_ai__operation__name=None, llm__request__type=kind))))


def test_a_row_sent_to_quarantine_for_its_cost_can_be_read_again() -> None:
    parsed = parsed_of(traces(span(said=CHAT | {"gen_ai.usage.cost": "dear"})))
    again = read(parsed.unless_priced[0].kept, "traces", "json", meters="auto", now=NOW)

    assert again.events[0][1].key == parsed.events[0][1].key
    assert json.loads(parsed.unless_priced[0].kept)["resourceSpans"]


def test_attributes_are_written_as_the_examples_say() -> None:
    assert attributes({"user.id": 1}) == [{"key": "user.id", "value": {"intValue": "1"}}]
