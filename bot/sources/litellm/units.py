"""What a LiteLLM call has beside its tokens: searches, images, pages, seconds and characters."""

from typing import Any

import msgspec

from bot.refusals import SourceError
from bot.sources.litellm.payload import LoggedCall, PromptDetails, Usage
from bot.units import Units, units_of

_RERANKING = ("rerank", "arerank", "_arerank")
_UNITS_OF_OUTPUT = {
    "web_search_call": "web_searches",
    "file_search_call": "search_units",
    "code_interpreter_call": "code_executions",
    "image_generation_call": "images",
}
"""Tools that an answer of OpenAI's Responses API has run, and the units they are billed by."""
UNITS_OF_XAI = {
    "web_search_calls": "web_searches",
    "x_search_calls": "web_searches",
    "code_interpreter_calls": "code_executions",
}
"""Counts of xAI's tools, and the units they are billed by."""
Given = list[tuple[str, str, Any]]
"""Units with LiteLLM's member and its value."""


class _OutputItem(msgspec.Struct, gc=False):
    type: Any = None


class _BilledUnits(msgspec.Struct, gc=False):
    search_units: Any = None


class _Meta(msgspec.Struct, gc=False):
    billed_units: _BilledUnits | None = None


class _Answer(msgspec.Struct, gc=False):
    """The members of an answer that count what was billed. Its texts are skipped undecoded."""

    output: list[_OutputItem] | None = None
    meta: _Meta | None = None


_answer = msgspec.json.Decoder(_Answer)


def units_of_call(call: LoggedCall) -> Units:
    """Returns what a call has beside its tokens. Raises SourceError that names the member of an impossible count."""
    usage, costs = call.metadata.usage, call.costs
    given: Given = []
    if usage is not None and not _has_tokens_alone(usage):
        _add_searches(usage, given)
        _add_work(usage, given, has_output=bool(call.completion_tokens))
        if usage.prompt is not None:
            _add_inputs(usage.prompt, given)
    has_tool_cost = costs is not None and costs.tool_usage_cost
    if (has_tool_cost and not given) or call.call_type in _RERANKING:
        _add_answer(call, given)
    return _checked(given) if given else ()


def _has_tokens_alone(usage: Usage) -> bool:
    """Returns True for a usage like most, which counts nothing else: a look at each member takes a fifth of the time."""
    prompt = usage.prompt
    return (
        usage.server_tool_use is None
        and usage.output_image_count is None
        and usage.pages_processed is None
        and usage.seconds is None
        and usage.duration_seconds is None
        and usage.input_seconds is None
        and usage.output_seconds is None
        and usage.web_search_requests is None
        and usage.server_side_tool_usage_details is None
        and (
            prompt is None
            or (
                prompt.web_search_requests is None
                and prompt.google_maps_grounding_requests is None
                and prompt.character_count is None
                and prompt.image_count is None
                and prompt.audio_length_seconds is None
                and prompt.video_length_seconds is None
            )
        )
    )


def _add_searches(usage: Usage, given: Given) -> None:
    """Adds web searches by the member that has them, and other tools of the provider."""
    tools, prompt = usage.server_tool_use, usage.prompt
    searches: list[Any] = []
    if tools is not None:
        searches.append(
            ("server_tool_use.web_search_requests", _member(tools, "server_tool_use", "web_search_requests"))
        )
    if prompt is not None:
        if prompt.web_search_requests is not None:
            searches.append(("prompt_tokens_details.web_search_requests", prompt.web_search_requests))
        if _is_told(maps := prompt.google_maps_grounding_requests):
            given.append(("search_units", "prompt_tokens_details.google_maps_grounding_requests", maps))
    if usage.web_search_requests is not None:
        searches.append(("web_search_requests", usage.web_search_requests))
    given += [("web_searches", member, count) for member, count in searches if _is_told(count)][:1]
    if (xai := usage.server_side_tool_usage_details) is not None:
        path = "server_side_tool_usage_details"
        for member, unit in UNITS_OF_XAI.items():
            if _is_told(count := _member(xai, path, member)):
                given.append((unit, f"{path}.{member}", count))


def _add_work(usage: Usage, given: Given, *, has_output: bool) -> None:
    """Adds images, pages and seconds. Images whose tokens are counted are billed by these."""
    if _is_told(usage.output_image_count) and not has_output:
        given.append(("images", "output_image_count", usage.output_image_count))
    # Pages with annotations have a price of their own, so these calls are priced by their sender's cost.
    if _is_told(usage.pages_processed) and not usage.pages_processed_annotation:
        given.append(("pages", "pages_processed", usage.pages_processed))
    if _is_told(usage.seconds):
        given.append(("seconds", "seconds", usage.seconds))
    if _is_told(usage.duration_seconds):
        given.append(("seconds", "duration_seconds", usage.duration_seconds))
    if _is_told(usage.input_seconds):
        given.append(("seconds", "input_seconds", usage.input_seconds))
    if _is_told(usage.output_seconds):
        given.append(("seconds", "output_seconds", usage.output_seconds))


def _add_inputs(details: PromptDetails, given: Given) -> None:
    """Adds what embeddings of images, sound and video are billed by."""
    path = "prompt_tokens_details"
    if _is_told(details.character_count):
        given.append(("characters", f"{path}.character_count", details.character_count))
    if _is_told(details.image_count):
        given.append(("images", f"{path}.image_count", details.image_count))
    if _is_told(details.audio_length_seconds):
        given.append(("seconds", f"{path}.audio_length_seconds", details.audio_length_seconds))
    if _is_told(details.video_length_seconds):
        given.append(("seconds", f"{path}.video_length_seconds", details.video_length_seconds))


def _is_told(count: Any) -> bool:
    """Returns whether a count says something. `false` stands in quarantine for what is no number."""
    return bool(count) or count is False


def _member(told: Any, path: str, member: str) -> Any:
    if not isinstance(told, dict):
        raise SourceError(f"{path} is not an object")
    return told.get(member)


def _add_answer(call: LoggedCall, given: Given) -> None:
    """Adds the tools that the answer shows, or one search where a cost alone tells of it: answers of chats count none."""
    try:
        answer = _answer.decode(call.response) if call.response else _Answer()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        answer = _Answer()
    if answer.meta is not None and answer.meta.billed_units is not None:
        given.append(("search_units", "response.meta.billed_units.search_units", answer.meta.billed_units.search_units))
    for item in answer.output or ():
        unit = _UNITS_OF_OUTPUT.get(item.type) if isinstance(item.type, str) else None
        if unit is not None:
            given.append((unit, "response.output", 1))
    if not given and call.tools is not None and call.tools.web_search_options is not None:
        given.append(("web_searches", "cost_breakdown.tool_usage_cost", 1))


def _checked(given: Given) -> Units:
    """Returns units whose counts can be. Raises SourceError that names the member of another one."""
    for unit, member, value in given:
        if isinstance(value, bool) or (value is not None and not isinstance(value, int | float | str)):
            raise SourceError(f"{member} is not a number")
        try:
            units_of([(unit, value)])
        except SourceError as error:
            raise SourceError(f"{member} {str(error).removeprefix(f'{unit} ')}") from error
    return units_of((unit, value) for unit, _, value in given)
