"""Attributes that hold JSON: listed members become facts, and nothing else of the text stays."""

from typing import Any

import pytest

from bot.sources.otlp.producers.profile import Profile, profile_from
from bot.sources.otlp.producers.schema import ProducerFile
from bot.sources.otlp.records import Origin, Record, ReportedFact, Value
from bot.sources.otlp.texts import read_texts

PROFILE = profile_from(
    "x", ProducerFile(name="X", texts={"x.usage": {"input": "input_tokens", "cache_read": "details.cache_read"}})
)


def facts(text: Value, profile: Profile = PROFILE) -> dict[str, Any]:
    given = {
        "x.usage": ReportedFact(0, "x.usage", text),
        "input": ReportedFact(0, "gen_ai.usage.input_tokens", 1),
    }
    record = Record(signal="traces", name="", facts=given, origin=Origin({}, "", "", profile))
    read_texts(record, profile)
    return {fact: (found.attribute, found.value) for fact, found in record.facts.items()}


@pytest.mark.parametrize(
    "text",
    [
        '{"input_tokens": 50, "details": {"cache_read": 40}, "prompt": "canary"}',
        "{'input_tokens': 50, 'details': {'cache_read': 40, 'none': None, 'yes': True}}",
    ],
)
def test_members_of_json_are_facts_before_other_attributes_of_the_same_fact(text: str) -> None:
    assert facts(text) == {
        "input": ("x.usage#input_tokens", 50),
        "cache_read": ("x.usage#details.cache_read", 40),
    }


@pytest.mark.parametrize(
    "text",
    ["", "canary", "[1]", '{"input_tokens": ', "{'it's': 1}", '{"input_tokens": true}', "[" * 9_000, 7, "\ud800"],
)
def test_what_is_no_json_object_says_nothing_and_is_dropped(text: Value) -> None:
    assert facts(text) == {"input": ("gen_ai.usage.input_tokens", 1)}


def test_a_long_text_is_not_read() -> None:
    assert facts('{"input_tokens": 50, "more": "' + "x" * 20_000 + '"}')["input"][1] == 1
