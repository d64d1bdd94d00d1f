"""A stand-in for OpenAI's Chat Completions API."""

import json
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from tests.clients.apis.calls import TOOL_TURNS, Asked, Calls
from tests.clients.apis.streams import Event, send_events
from tests.clients.apis.tools import tool_call
from tests.clients.bills import Bill

Json = dict[str, Any]


async def answer_chat(request: web.Request, calls: Calls, folder: str) -> web.StreamResponse:
    """Answers one request, streamed if it asks for that."""
    body: Json = await request.json()
    status = calls.refusal()
    if status is not None:
        error = {"error": {"type": "server_error", "code": "overloaded", "message": "Try again"}}
        return web.json_response(error, status=503 if status == 529 else status, headers={"retry-after": "0"})
    bill = calls.answer(_asked(body))
    message = _message(body, bill, folder)
    whole = {
        "id": f"chatcmpl-{bill.number:06}",
        "created": 1_790_000_000,
        "model": bill.model,
        "service_tier": body.get("service_tier") or "default",
    }
    if body.get("stream"):
        is_told = bool((body.get("stream_options") or {}).get("include_usage"))
        return await send_events(request, _events(whole, message, bill, is_told=is_told), ends="[DONE]")
    finish = "tool_calls" if message.get("tool_calls") else "stop"
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    return web.json_response({**whole, "object": "chat.completion", "choices": [choice], "usage": usage_of(bill)})


def _asked(body: Json) -> Asked:
    tier = "flex" if body.get("service_tier") == "flex" else ""
    return Asked(model=body["model"], stream=bool(body.get("stream")), tier=tier)


def _message(body: Json, bill: Bill, folder: str) -> Json:
    results = sum(1 for message in body["messages"] if message["role"] == "tool")
    names = [tool.get("function", {}).get("name", "") for tool in body.get("tools") or ()]
    called = tool_call(names, folder, results) if results < TOOL_TURNS else None
    if not called:
        return {"role": "assistant", "content": "Done.", "refusal": None}
    name, arguments = called
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"id": f"call_{bill.number:06}", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "refusal": None, "tool_calls": [call]}


def usage_of(bill: Bill) -> Json:
    """Returns the usage as OpenAI counts: the prompt includes cache reads and writes, the completion reasoning."""
    counts = bill.counters
    written = counts.cache_write_5m + counts.cache_write_1h
    return {
        "prompt_tokens": counts.whole_input,
        "completion_tokens": counts.output,
        "total_tokens": counts.whole,
        "prompt_tokens_details": {"cached_tokens": counts.cache_read, "cache_write_tokens": written, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": counts.reasoning, "audio_tokens": 0},
    }


def _events(whole: Json, message: Json, bill: Bill, *, is_told: bool) -> Iterator[Event]:
    """Yields the chunks; the last has the usage, if the request asked for it."""
    chunk = {**whole, "object": "chat.completion.chunk"}
    delta = {key: value for key, value in message.items() if key != "refusal"}
    if "tool_calls" in delta:
        delta["tool_calls"] = [{"index": index, **call} for index, call in enumerate(delta["tool_calls"])]
    usage = {"usage": None} if is_told else {}
    yield "", {**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None}], **usage}
    finish = "tool_calls" if "tool_calls" in delta else "stop"
    yield "", {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}], **usage}
    if is_told:
        yield "", {**chunk, "choices": [], "usage": usage_of(bill)}
