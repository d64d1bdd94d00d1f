"""What LiteLLM's calls have beside their tokens, and the conditions of their price."""

import json
from typing import Any

import pytest

from bot.sources.litellm.history import to_callback_payload
from bot.sources.litellm.parser import parse
from bot.usage import UsageEvent
from tests.bot.sources.litellm.litellm_examples import NOW, one, sample

USAGE: dict[str, Any] = {"prompt_tokens_details": None, "completion_tokens_details": None}
PLAIN = {"prompt_tokens": 0, "completion_tokens": 0}
SEARCHED: dict[str, Any] = {"web_search_options": {}, "file_search": None}


def with_usage(usage: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return sample(metadata__usage_object=USAGE | usage, **changed)


def units(event: UsageEvent) -> dict[str, float]:
    return {name: millionths / 1e6 for name, millionths in event.units}


@pytest.mark.parametrize(
    ("usage", "changed", "found"),
    [
        ({"server_tool_use": {"web_search_requests": 5, "tool_search_requests": None}}, {}, {"web_searches": 5}),
        ({"prompt_tokens_details": {"web_search_requests": 2}}, {}, {"web_searches": 2}),
        ({"web_search_requests": 1}, {}, {"web_searches": 1}),
        (
            {"server_tool_use": {"web_search_requests": 3}, "prompt_tokens_details": {"web_search_requests": 3}},
            {},
            {"web_searches": 3},
        ),
        (
            {
                "server_side_tool_usage_details": {
                    "web_search_calls": 2,
                    "x_search_calls": 1,
                    "code_interpreter_calls": 4,
                }
            },
            {},
            {"web_searches": 3, "code_executions": 4},
        ),
        ({"prompt_tokens_details": {"google_maps_grounding_requests": 1}}, {}, {"search_units": 1}),
        ({"output_image_count": 2}, PLAIN, {"images": 2}),
        ({"output_image_count": 1}, {"prompt_tokens": 10, "completion_tokens": 4160}, {}),
        ({"pages_processed": 5, "doc_size_bytes": 1000}, PLAIN, {"pages": 5}),
        ({"pages_processed": 5, "pages_processed_annotation": 5}, PLAIN, {}),
        ({"type": "duration", "seconds": 12.5}, PLAIN, {"seconds": 12.5}),
        ({"duration_seconds": "8"}, PLAIN, {"seconds": 8}),
        ({"input_seconds": 1.5, "output_seconds": 2}, PLAIN, {"seconds": 3.5}),
        (
            {"prompt_tokens_details": {"character_count": 40, "image_count": 1, "video_length_seconds": 4.0}},
            PLAIN,
            {"characters": 40, "images": 1, "seconds": 4},
        ),
        ({"server_tool_use": {"web_search_requests": 0}}, {}, {}),
        ({"server_tool_use": None}, {}, {}),
    ],
)
def test_a_usage_has_its_units(usage: dict[str, Any], changed: dict[str, Any], found: dict[str, float]) -> None:
    assert units(one(with_usage(usage, **changed))) == found


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        (
            {
                "call_type": "aresponses",
                "response": {"output": [{"type": "web_search_call"}, {"type": "message", "content": []}] * 2},
                "cost_breakdown__tool_usage_cost": 0.02,
            },
            {"web_searches": 2},
        ),
        (
            {
                "call_type": "aresponses",
                "response": {"output": [{"type": kind} for kind in ("file_search_call", "code_interpreter_call")]},
                "cost_breakdown__tool_usage_cost": 0.03,
            },
            {"search_units": 1, "code_executions": 1},
        ),
        (
            {
                "standard_built_in_tools_params": SEARCHED,
                "response": {"text": "redacted-by-litellm"},
                "cost_breakdown__tool_usage_cost": 0.035,
            },
            {"web_searches": 1},
        ),
        ({"standard_built_in_tools_params": SEARCHED, "cost_breakdown__tool_usage_cost": 0.0}, {}),
        ({"call_type": "arerank", "response": {"meta": {"billed_units": {"search_units": 3}}}}, {"search_units": 3}),
        ({"call_type": "arerank", "response": {"text": "redacted-by-litellm"}}, {}),
        ({"call_type": "arerank", "response": None}, {}),
    ],
)
def test_an_answer_shows_what_its_usage_leaves_out(changed: dict[str, Any], found: dict[str, float]) -> None:
    assert units(one(sample(**changed))) == found


def test_a_call_with_units_alone_has_usage() -> None:
    event = one(with_usage({"output_image_count": 1}, **PLAIN, response_cost=0.0, cost_breakdown=None))

    assert (event.unmetered, event.reported_nanos, units(event)) == (False, None, {"images": 1})


def test_cache_writes_of_other_lives_are_parts_of_the_writes() -> None:
    written = {"ephemeral_5m_input_tokens": None, "ephemeral_30m_input_tokens": 100, "ephemeral_12h_input_tokens": 400}
    details = {"cache_creation_tokens": 700, "cache_creation_token_details": written}
    event = one(with_usage({"prompt_tokens_details": details}, prompt_tokens=1_000))

    assert (event.uncached_input, event.cache_write_5m, event.cache_write_1h) == (300, 700, 0)
    assert dict(event.parts) == {"cache_write_30m": 100, "cache_write_12h": 400}


@pytest.mark.parametrize(
    ("usage", "costs", "conditions"),
    [
        ({"service_tier": "batch"}, {}, ("batch", "", "")),
        ({"service_tier": "standard", "speed": "fast"}, {}, ("fast", "", "")),
        ({"service_tier": "standard", "speed": "standard"}, {}, ("", "", "")),
        ({}, {"service_tier": "priority"}, ("priority", "", "")),
        ({"service_tier": "flex"}, {"service_tier": "default"}, ("flex", "", "")),
        ({"inference_geo": "us"}, {}, ("", "us", "")),
        ({"inference_geo": "global"}, {}, ("", "", "")),
        ({"inference_geo": "not_available"}, {}, ("", "", "")),
        ({}, {"data_residency": "EU"}, ("", "eu", "")),
        ({}, {"vertex_location": "us-east5"}, ("", "", "us-east5")),
        ({}, {"vertex_location": "global"}, ("", "", "")),
        ({"inference_geo": 7, "speed": ["fast"]}, {"service_tier": {}}, ("", "", "")),
    ],
)
def test_a_call_has_the_conditions_of_its_price(
    usage: dict[str, Any], costs: dict[str, Any], conditions: tuple[str, str, str]
) -> None:
    labels = one(with_usage(usage, cost_breakdown={"total_cost": 0.1, **costs})).labels

    assert (labels.tier, labels.geo, labels.region) == conditions


@pytest.mark.parametrize(
    ("usage", "costs", "is_guess"),
    [
        ({"service_tier": "batch"}, {"service_tier": None}, True),
        ({"service_tier": "batch"}, {"service_tier": "batch"}, False),
        ({"service_tier": "standard"}, {"service_tier": None}, False),
    ],
)
def test_a_batch_at_full_price_is_no_known_cost(usage: dict[str, Any], costs: dict[str, Any], is_guess: bool) -> None:
    event = one(with_usage(usage, response_cost=0.1, cost_breakdown={"total_cost": 0.1, **costs}))

    assert (event.reported_nanos, event.cost_is_guess) == (100_000_000, is_guess)


def test_units_and_conditions_are_no_content_so_what_was_booked_without_them_is_a_duplicate() -> None:
    plain = one(with_usage({}))
    rich = one(with_usage({"server_tool_use": {"web_search_requests": 5}, "speed": "fast", "inference_geo": "us"}))

    assert (rich.key, rich.fingerprint) == (plain.key, plain.fingerprint)
    assert rich.units
    assert not plain.units


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        ({"server_tool_use": {"web_search_requests": -1}}, "server_tool_use.web_search_requests is negative"),
        ({"server_tool_use": {"web_search_requests": "x"}}, "server_tool_use.web_search_requests is not a number"),
        ({"server_tool_use": {"web_search_requests": True}}, "server_tool_use.web_search_requests is not a number"),
        ({"server_tool_use": [5]}, "server_tool_use is not an object"),
        ({"pages_processed": float("nan")}, "pages_processed is not a finite number"),
        ({"seconds": 1e30}, "seconds is over a hundred billion"),
        ({"duration_seconds": {"s": 1}}, "duration_seconds is not a number"),
    ],
)
def test_a_count_that_can_not_be_keeps_a_call_out_and_is_left_out_of_a_free_one(
    usage: dict[str, Any], said: str
) -> None:
    (row,) = parse(json.dumps([with_usage(usage)]).encode(), now=NOW).unusable
    free = parse(json.dumps([with_usage(usage, status="failure")]).encode(), now=NOW)

    assert row.reason.startswith(said)
    assert [event.failed for _, event in free.events] == [True]
    assert next(f"{note.field} {note.fault}" for _, note in free.notes).startswith(said)


def test_a_prompt_smaller_than_its_cached_parts_was_counted_without_them() -> None:
    parsed = parse(json.dumps([sample(prompt_tokens=500)]).encode(), now=NOW)

    ((_, event),) = parsed.events
    assert (event.uncached_input, event.cache_read) == (500, 600)
    assert [note.field for _, note in parsed.notes] == ["prompt_tokens"]


def test_the_log_of_spend_tells_units_and_conditions_too() -> None:
    call = with_usage({"server_tool_use": {"web_search_requests": 5}, "inference_geo": "us", "speed": "fast"})
    line = {
        "request_id": call["id"],
        "litellm_call_id": call["litellm_call_id"],
        "startTime": "2026-11-29T10:00:00",
        "endTime": "2026-11-29T10:00:01",
        "model": call["model"],
        "custom_llm_provider": call["custom_llm_provider"],
        "call_type": call["call_type"],
        "prompt_tokens": call["prompt_tokens"],
        "completion_tokens": call["completion_tokens"],
        "spend": call["response_cost"],
        "metadata": {"usage_object": call["metadata"]["usage_object"], "cost_breakdown": call["cost_breakdown"]},
    }
    event, live = one(to_callback_payload(line)), one(call)

    assert (event.units, event.labels.geo, event.labels.tier) == (live.units, "us", "fast")
    assert units(event) == {"web_searches": 5}
