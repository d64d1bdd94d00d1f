"""What quarantine keeps of a row's members: texts and numbers, and never an object in their place."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.sources.cloudevents import parser as cloudevents
from bot.sources.litellm import parser as litellm
from bot.sources.otlp import parser as otlp
from tests.support.traffic.otlp import span, traces

NOW = datetime(2026, 11, 24, tzinfo=UTC)
EVENT = {"id": "e", "source": "/eu", "type": "ai.usage", "time": "2026-11-23T10:00:00Z"}


def kept(row: dict[str, Any]) -> Any:
    (unusable,) = cloudevents.parse(json.dumps(EVENT | {"data": row}).encode(), now=NOW).unusable
    again = cloudevents.parse(unusable.kept, now=NOW).unusable
    assert [same.reason.partition(":")[0] for same in again] == [unusable.reason.partition(":")[0]]
    return json.loads(unusable.kept)["data"]


@pytest.mark.parametrize("value", [{"of": "SECRET"}, {"values": ["SECRET"]}])
def test_an_object_in_place_of_a_count_is_not_kept_and_stays_a_fault(value: Any) -> None:
    assert kept({"model": "gpt-5", "output_tokens": value}) == {"model": "gpt-5", "output_tokens": False}


def test_tags_are_kept_as_a_list_or_an_object_of_texts() -> None:
    wrong = {"model": "gpt-5", "output_tokens": -1}

    assert kept({**wrong, "tags": {"repo": "search", "of": {"x": "SECRET"}}})["tags"] == {"repo": "search", "of": False}
    assert kept({**wrong, "tags": ["a", ["SECRET"]]})["tags"] == ["a", False]


def test_litellms_usage_is_kept_by_the_members_that_are_read() -> None:
    usage = {"prompt": "SECRET", "prompt_tokens_details": {"cached_tokens": 5, "note": "SECRET"}, "speed": "fast"}
    usage |= {"server_tool_use": {"web_search_requests": 3, "query": "SECRET"}}
    costs = {"total_cost": 0.5, "explained": "SECRET"}
    row = {"id": "c", "model": "m", "metadata": {"usage_object": usage}, "cost_breakdown": costs}

    (unusable,) = litellm.parse(json.dumps([row]).encode(), now=NOW).unusable

    assert b"SECRET" not in unusable.kept
    found = json.loads(unusable.kept)
    assert found["cost_breakdown"] == {"total_cost": 0.5}
    assert found["metadata"]["usage_object"] == {
        "prompt_tokens_details": {"cached_tokens": 5},
        "server_tool_use": {"web_search_requests": 3},
        "speed": "fast",
    }


@pytest.mark.parametrize(
    "value",
    [
        {"boolValue": ["SECRET"]},
        {"stringValue": {"of": "SECRET"}},
        {"intValue": {"of": "SECRET"}},
        ["SECRET"],
        "SECRET",
    ],
)
def test_an_attributes_value_that_can_not_be_is_not_kept_and_stays_a_fault(value: Any) -> None:
    broken = span() | {"name": "chat SECRET"}
    broken["attributes"] = [pair for pair in broken["attributes"] if pair["key"] != "gen_ai.usage.input_tokens"]
    broken["attributes"].append({"key": "gen_ai.usage.input_tokens", "value": value})

    (unusable,) = otlp.read(json.dumps(traces(broken)).encode(), "traces", "json", meters="auto", now=NOW).unusable
    (again,) = otlp.parse(unusable.kept, now=NOW).unusable

    assert b"SECRET" not in unusable.kept
    assert "gen_ai.usage.input_tokens" in unusable.reason
    assert "gen_ai.usage.input_tokens" in again.reason
    assert b"gpt-4o" in unusable.kept
