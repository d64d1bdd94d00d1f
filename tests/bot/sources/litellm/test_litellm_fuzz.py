"""Units, tiers and places of LiteLLM's calls, whatever a gateway writes: possible figures, or a fault that names the member."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sources.fields import TIERS
from bot.sources.litellm.parser import parse
from bot.sources.litellm.payload import CachedDetails, CacheWrites, CompletionDetails, PromptDetails, Usage
from bot.units import MAX_UNITS, MILLION, UNITS
from bot.usage import COUNTERS, MAX_TOKENS, PARTS, UsageEvent
from tests.bot.sources.litellm.litellm_examples import NOW, sample

NUMBERS = st.sampled_from(
    [0, 1, 3, 12.5, "8", "1e3", -1, MAX_UNITS, MAX_UNITS + 1, 2**80, 1e300, "NaN", "7" * 80, True]
)
ODD = NUMBERS | st.none() | st.text(max_size=5) | st.lists(st.integers(0, 3), max_size=2) | st.just({"a": 1})
WORDS = st.sampled_from(
    [*sorted(TIERS), "PRIORITY", " flex ", "standard", "default", "scale", "on_demand_flex", "", "x" * 300]
)
PLACES = st.sampled_from(["us", "EU", "global", "us-east-1", "not_available", "", "a\x00", "§", "eu west", "y" * 80])
COUNTED = (
    "web_search_requests",
    "web_search_calls",
    "x_search_calls",
    "code_interpreter_calls",
    "tool_search_requests",
)


def members(shape: Any, values: st.SearchStrategy[Any], **special: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Any of the members of an object that are read."""
    named: dict[Any, Any] = dict.fromkeys(shape.__struct_encode_fields__, values)
    return st.fixed_dictionaries({}, optional=named | special)


TOOLS = st.dictionaries(st.sampled_from(COUNTED), ODD, max_size=4) | ODD
PROMPT = members(
    PromptDetails,
    ODD,
    cached_tokens_details=members(CachedDetails, ODD) | ODD,
    cache_creation_token_details=members(CacheWrites, ODD) | ODD,
)
USAGES = members(
    Usage,
    ODD,
    prompt_tokens_details=PROMPT | st.none(),
    completion_tokens_details=members(CompletionDetails, ODD) | st.none(),
    server_tool_use=TOOLS,
    server_side_tool_usage_details=TOOLS,
    service_tier=WORDS | ODD,
    speed=WORDS | ODD,
    inference_geo=PLACES | ODD,
)
COSTS = st.fixed_dictionaries(
    {},
    optional={
        "total_cost": NUMBERS,
        "tool_usage_cost": ODD,
        "service_tier": WORDS | ODD,
        "data_residency": PLACES | ODD,
        "vertex_location": PLACES | ODD,
    },
)
ITEMS = st.lists(
    st.fixed_dictionaries({"type": st.sampled_from(["web_search_call", "image_generation_call", "message"]) | ODD})
    | ODD,
    max_size=3,
)
ANSWERS = st.fixed_dictionaries(
    {}, optional={"output": ITEMS | ODD, "meta": st.just({"billed_units": {"search_units": 2}}) | ODD}
)
CALLS = st.fixed_dictionaries(
    {},
    optional={
        "cost_breakdown": COSTS | ODD,
        "response": ANSWERS | ODD,
        "standard_built_in_tools_params": st.just({"web_search_options": {}}) | ODD,
        "call_type": st.sampled_from(["acompletion", "arerank", "aspeech", "aocr", "aretrieve_batch"]),
        "prompt_tokens": st.integers(0, 3_000),
        "completion_tokens": st.integers(0, 3_000),
    },
)


def holds(event: UsageEvent) -> None:
    """Asserts what is true of every booked call."""
    whole = {name: getattr(event, name) for name in COUNTERS}
    assert all(0 <= count <= 4 * MAX_TOKENS for count in whole.values())
    assert event.reasoning <= event.output
    for name, _ in event.parts:
        assert name in PARTS
    for counter in set(PARTS.values()):
        assert sum(count for name, count in event.parts if PARTS[name] == counter) <= whole[counter]
    assert [name for name, _ in event.units] == sorted({name for name, _ in event.units} & set(UNITS))
    assert all(0 < count <= 8 * MAX_UNITS * MILLION for _, count in event.units)
    labels = event.labels
    assert labels.tier in {"", *TIERS}
    for place in (labels.geo, labels.region):
        assert place == place.casefold().strip()
        assert place not in ("global", "not_available")
        assert len(place) <= 63


@settings(max_examples=400, deadline=None)
@given(usage=USAGES, changed=CALLS)
@pytest.mark.timeless
def test_whatever_a_call_has_beside_its_tokens_it_is_booked_with_possible_figures_or_its_fault_is_named(
    usage: dict[str, Any], changed: dict[str, Any]
) -> None:
    call = sample(metadata__usage_object=usage) | changed
    body = json.dumps([call]).encode()

    first, again = parse(body, now=NOW), parse(body, now=NOW)

    assert first.events == again.events
    for _, event in first.events:
        holds(event)
    for row in first.unusable:
        assert row.reason
        assert row.reason == again.unusable[row.index].reason
        assert parse(row.kept, now=NOW).unusable, row.reason  # what is kept for a retry has the same fault


_SECONDS = ("seconds", "duration_seconds", "input_seconds", "output_seconds")
_OF_PROMPT = {
    "character_count": "characters",
    "image_count": "images",
    "audio_length_seconds": "seconds",
    "video_length_seconds": "seconds",
    "google_maps_grounding_requests": "search_units",
}
_OF_XAI = {
    "web_search_calls": "web_searches",
    "x_search_calls": "web_searches",
    "code_interpreter_calls": "code_executions",
}
_COUNT = st.integers(1, 10**6)


@settings(max_examples=200, deadline=None)
@given(
    seconds=st.dictionaries(st.sampled_from(_SECONDS), _COUNT, max_size=4),
    prompt=st.dictionaries(st.sampled_from(sorted(_OF_PROMPT)), _COUNT, max_size=5),
    xai=st.dictionaries(st.sampled_from(sorted(_OF_XAI)), _COUNT, max_size=3),
    searches=st.tuples(st.none() | _COUNT, st.none() | _COUNT, st.none() | _COUNT),
    pages=st.none() | _COUNT,
    images=st.none() | _COUNT,
    backwards=st.booleans(),
)
@pytest.mark.timeless
def test_each_member_counts_under_its_unit_and_searches_that_are_told_thrice_count_once(
    *, seconds: Any, prompt: Any, xai: Any, searches: Any, pages: Any, images: Any, backwards: bool
) -> None:
    told = dict(zip(("tools", "details", "usage"), searches, strict=True))
    usage: dict[str, Any] = {
        "server_tool_use": {"web_search_requests": told["tools"]},
        "prompt_tokens_details": prompt | {"web_search_requests": told["details"]},
        "web_search_requests": told["usage"],
        "server_side_tool_usage_details": xai,
        "pages_processed": pages,
        "output_image_count": images,
        **seconds,
    }
    if backwards:
        usage = dict(reversed(usage.items()))
    call = sample(metadata__usage_object=usage) | {"prompt_tokens": 0, "completion_tokens": 0}

    ((_, event),) = parse(json.dumps([call]).encode(), now=NOW).events

    expected = Counter({"seconds": sum(seconds.values()), "pages": pages or 0, "images": images or 0})
    for member, count in prompt.items():
        expected[_OF_PROMPT[member]] += count
    for member, count in xai.items():
        expected[_OF_XAI[member]] += count
    expected["web_searches"] += next((count for count in searches if count), 0)
    assert dict(event.units) == {unit: count * MILLION for unit, count in expected.items() if count}


@settings(max_examples=150, deadline=None)
@given(
    priced=WORDS | st.none(), speed=WORDS | st.none(), served=WORDS | st.none(),
    geo=PLACES | st.none(), residency=PLACES | st.none(), location=PLACES | st.none(),
)  # fmt: skip
@pytest.mark.timeless
def test_the_conditions_are_those_of_the_price_and_else_those_of_the_answer(
    *, priced: Any, speed: Any, served: Any, geo: Any, residency: Any, location: Any
) -> None:
    def labels(**usage: Any) -> Any:
        costs = {"service_tier": usage.pop("priced", None), "data_residency": usage.pop("residency", None)}
        costs["vertex_location"] = usage.pop("location", None)
        call = sample(metadata__usage_object=usage) | {"cost_breakdown": costs}
        ((_, event),) = parse(json.dumps([call]).encode(), now=NOW).events
        return event.labels

    tiers = [labels(priced=priced).tier, labels(speed=speed).tier, labels(service_tier=served).tier]
    geos = [labels(inference_geo=geo).geo, labels(residency=residency).geo]
    together = labels(
        priced=priced, speed=speed, service_tier=served, inference_geo=geo, residency=residency, location=location
    )

    assert together.tier == next((one for one in tiers if one), "")
    assert together.geo == next((one for one in geos if one), "")
    assert together.region == labels(location=location).region
