"""Labels of LiteLLM's calls that are cached are those of the call itself."""

import json
from typing import Any

import pytest

from bot.sources.litellm import labels
from bot.sources.litellm.parser import parse
from bot.usage import Parsed
from tests.bot.sources.litellm.litellm_examples import NOW, sample

_CHANGES: list[dict[str, Any]] = [
    *({"custom_llm_provider": "azure"}, {"model": "other"}, {"end_user": "end"}, {"user_agent": "codex/1"}),
    *({"api_base": "https://example.test/v1"}, {"request_tags": ["tool:Aider"]}, {"request_tags": ["team:web"]}),
    *({"request_tags": ["workflow:evals"]}, {"request_tags": ["User-Agent: aider/2"]}, {"request_tags": "alone"}),
    *({"cost_breakdown": {"service_tier": "flex"}}, {"end_user": 1}, {"end_user": "1"}, {"end_user": True}),
    *({"status": "failure", "model": ""}, {"call_type": "aretrieve_batch"}, {"user_agent": "x" * 300}),
]
_METADATA: list[dict[str, Any]] = [
    *({"user_api_key_alias": "key"}, {"user_api_key_alias": None, "user_api_key_hash": "0123456789abcdef"}),
    *({"user_api_key_team_id": "t"}, {"user_api_key_user_email": "a@b.c"}, {"user_api_key_user_id": "u"}),
    *(
        {"user_agent": "cline/3"},
        {"spend_logs_metadata": {"workflow": "w"}},
        {"usage_object": {"service_tier": "flex"}},
    ),
    {"requester_custom_headers": {"x-workflow-id": "h"}},
]


def _read(call: dict[str, Any]) -> Parsed:
    return parse(json.dumps([call]).encode(), now=NOW)


@pytest.mark.parametrize("blank", [False, True], ids=["named", "blank"])
def test_a_word_that_differs_is_never_answered_from_the_cache(blank: bool) -> None:
    first = sample()
    if blank:
        metadata = {name: value for name, value in first["metadata"].items() if name == "usage_object"}
        first = {**first, "metadata": metadata, "request_tags": [], "end_user": None, "user_agent": None}
    changed = [first | change for change in _CHANGES]
    changed += [first | {"metadata": first["metadata"] | change} for change in _METADATA]
    alone = []
    for call in changed:
        labels._fitting.clear()
        alone.append(_read(call))

    labels._fitting.clear()
    cached = [[_read(call) for call in [first, *changed]][1:] for _ in range(2)]

    assert cached == [alone, alone]
    if blank:
        assert len({event.labels for parsed in alone for _, event in parsed.events}) >= len(changed) - 5


def test_labels_that_all_fit_are_cached() -> None:
    labels._fitting.clear()
    for _ in range(3):
        _read(sample())

    assert len(labels._fitting) == 1


def test_a_calls_reservation_is_its_own_also_where_its_labels_are_cached() -> None:
    call = sample()
    given: tuple[dict[str, Any], ...] = (
        {},
        {"spend_logs_metadata": {"reservation": " rsv_1a "}},
        {"requester_custom_headers": {"x-reservation-id": "rsv_2b"}},
        {"spend_logs_metadata": {"reservation": ["rsv_3c"]}},
    )

    read = [_read(call | {"metadata": call["metadata"] | change}) for change in given]

    assert [event.reservation for parsed in read for _, event in parsed.events] == ["", "rsv_1a", "rsv_2b", ""]
