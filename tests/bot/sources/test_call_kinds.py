"""Which kinds of calls are new usage: every `call_type` of LiteLLM has its place in the table, and routes are judged by path."""

import json
from typing import Any

import pytest

from bot.sources.call_kinds import CHARGES, charge_of
from bot.sources.litellm.history import to_callback_payload
from bot.sources.litellm.parser import parse
from bot.usage import Parsed
from tests.bot.sources.litellm.litellm_examples import FILES, NOW, body, sample

CALL_TYPES = (FILES / "call_types_1.110.2.txt").read_text().split()
"""The values of LiteLLM's `CallTypes`."""


def parsed(*calls: dict[str, Any]) -> Parsed:
    return parse(json.dumps(list(calls)).encode(), now=NOW)


def read_of(kind: str, number: int = 1, **changed: Any) -> dict[str, Any]:
    return sample(**{"call_type": kind, "id": f"read-{number}", "litellm_call_id": f"call-{number}"} | changed)


def test_every_call_type_has_a_charge() -> None:
    assert len(CALL_TYPES) > 150
    assert [kind for kind in CALL_TYPES if kind not in CHARGES] == []


def test_a_synchronous_call_is_charged_like_the_asynchronous_one() -> None:
    pairs = [(kind, f"a{kind}") for kind in CALL_TYPES if f"a{kind}" in CALL_TYPES]

    assert len(pairs) > 60
    assert [pair for pair in pairs if CHARGES[pair[0]] != CHARGES[pair[1]]] == []


@pytest.mark.parametrize(
    ("kind", "charge"),
    [
        *((kind, "each") for kind in ("acompletion", "aresponses", "aembedding", "aimage_generation", "arerank")),
        *((kind, "each") for kind in ("anthropic_messages", "atranscription", "aspeech", "aocr", "_arealtime")),
        *((kind, "each") for kind in ("arun_thread", "avideo_generation", "agenerate_content", "acompact_responses")),
        *(
            (kind, "never")
            for kind in ("aget_responses", "adelete_responses", "acancel_responses", "alist_input_items")
        ),
        *(
            (kind, "never")
            for kind in ("alist_batches", "acreate_batch", "acancel_batch", "afile_content", "file_list")
        ),
        *(
            (kind, "never")
            for kind in ("avideo_status", "acreate_fine_tuning_job", "aretrieve_fine_tuning_job", "a_add_message")
        ),
        *((kind, "never") for kind in ("aget_thread", "alist_containers", "avector_store_file_list", "acount_tokens")),
        *((kind, "if_costed") for kind in ("amoderation", "avector_store_search", "acreate_container")),
        ("aretrieve_batch", "once"),
        ("AGET_RESPONSES", "never"),
        ("responses.list", "each"),
        ("aget_something_of_next_year", "never"),
        ("make_something_of_next_year", "each"),
        (None, "each"),
        (7, "each"),
    ],
)
def test_what_makes_something_is_charged_and_what_reads_it_is_not(kind: Any, charge: str) -> None:
    assert charge_of(kind) == charge


@pytest.mark.parametrize(
    ("route", "charge"),
    [
        ("/anthropic/v1/messages", "each"),
        ("/anthropic/v1/messages/count_tokens", "never"),
        ("/anthropic/v1/messages/batches", "never"),
        ("/anthropic/v1/messages/batches/msgbatch_1/results", "never"),
        ("/openai/v1/responses", "each"),
        ("/openai/v1/responses/compact", "each"),
        ("/openai/v1/responses/resp_1?include=x", "never"),
        ("/openai/v1/responses/resp_1/input_items", "never"),
        ("/openai/v1/files/file-1/content", "never"),
        ("/openai/v1/chat/completions", "each"),
        ("/openai/v1/threads/t/runs", "each"),
        ("/openai/v1/threads/t/messages", "never"),
        ("/openai/v1/videos", "each"),
        ("/openai/v1/videos/video_1/remix", "each"),
        ("/openai/v1/videos/video_1/content", "never"),
        ("/openai/v1/vector_stores/vs_1/search", "if_costed"),
        ("/openai/v1/models", "never"),
        ("/gemini/v1beta/models/gemini-2.5-flash:generateContent", "each"),
        ("/gemini/v1beta/models/gemini-2.5-flash:countTokens", "never"),
        ("/gemini/v1beta/cachedContents/c1", "never"),
        ("/vertex_ai/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:streamGenerateContent", "each"),
        ("/vertex_ai/v1/projects/p/locations/l/batchPredictionJobs/7", "never"),
        ("/bedrock/model/anthropic.claude-sonnet-4-5-20250929-v1:0/converse", "each"),
        ("/", "each"),
        (None, "each"),
        (["x"], "each"),
    ],
)
def test_a_call_passed_through_is_judged_by_its_path(route: Any, charge: str) -> None:
    assert charge_of("pass_through_endpoint", route) == charge
    assert charge_of("", route) == charge
    assert charge_of("acompletion", route) == "each"


def test_a_stored_answer_that_is_read_is_passed_over_however_often() -> None:
    made = sample(call_type="aresponses")
    found = parsed(made, *(read_of("aget_responses", number) for number in range(3)), read_of("alist_input_items", 9))

    assert [index for index, _ in found.events] == [0]
    assert (found.rows, found.ignored, found.unusable) == (1, 4, [])


def test_the_budget_that_a_read_reports_is_still_read() -> None:
    (view,) = parsed(read_of("aget_responses")).views

    assert (view.gateway_team, view.spend_nanos) == ("team-checkout", 412_500_000_000)


def test_a_read_that_can_not_be_read_is_passed_over_too() -> None:
    found = parsed(read_of("afile_content", prompt_tokens=-1), read_of("aget_responses", 2, model=None))

    assert (found.ignored, found.rows) == (2, 0)


def test_a_batch_is_one_call_of_the_batch_tier_however_often_it_is_polled() -> None:
    polls = [
        read_of("aretrieve_batch", 1, id="batch_1", prompt_tokens=0, completion_tokens=0, response_cost=0, cost_breakdown=None),
        read_of("aretrieve_batch", 2, id="batch_1"),
        read_of("retrieve_batch", 3, id="batch_1", end_user="somebody else", metadata__user_api_key_alias="another key"),
        read_of("aretrieve_batch", 4, id="batch_2"),
    ]  # fmt: skip
    found = parsed(*polls)
    events = [event for _, event in found.events]

    assert (found.ignored, [index for index, _ in found.events]) == (1, [1, 2, 3])
    assert (events[0].key, events[0].fingerprint) == (events[1].key, events[1].fingerprint)
    assert events[2].key != events[0].key
    assert {event.labels.tier for event in events} == {"batch"}


def test_a_batch_in_the_gateways_own_log_is_the_same_batch() -> None:
    line = json.loads(body("51_"))["data"][0] | {"call_type": "aretrieve_batch", "request_id": "batch_1_batch_cost"}
    ((_, logged),) = parsed(to_callback_payload(line)).events
    ((_, live),) = parsed(read_of("aretrieve_batch", id="batch_1")).events

    assert logged.key == live.key


def test_a_response_made_in_the_background_is_charged_by_the_first_read_that_has_its_usage() -> None:
    stored = {"id": "resp_1", "background": True, "status": "completed"}
    queued = read_of("aget_responses", 0, prompt_tokens=0, completion_tokens=0, response_cost=0, cost_breakdown=None)
    reads = [read_of("aget_responses", number, id="resp_1", response=stored) for number in (1, 2)]
    found = parsed(
        queued | {"response": stored}, *reads, read_of("aget_responses", 3, response=stored | {"background": None})
    )

    assert (found.ignored, [index for index, _ in found.events]) == (2, [1, 2])
    assert found.events[0][1].key == found.events[1][1].key
    assert found.events[0][1].tokens == 1_200


def test_what_is_usually_free_is_booked_if_it_reports_a_cost() -> None:
    free = read_of("amoderation", prompt_tokens=9, completion_tokens=0, response_cost=0, cost_breakdown=None)
    free["metadata"]["usage_object"] = None

    assert parsed(free).ignored == 1
    assert parsed(free | {"response_cost": 0.002}).events[0][1].reported_nanos == 2_000_000


def test_lines_of_the_gateways_log_that_only_read_are_passed_over() -> None:
    lines = json.loads(body("51_"))["data"]
    found = parsed(*(to_callback_payload(line | {"call_type": "aget_responses"}) for line in lines))

    assert (found.rows, found.ignored) == (0, len(lines))
