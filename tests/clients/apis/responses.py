"""A stand-in for OpenAI's Responses API, over HTTP and over a WebSocket."""

import json
from collections.abc import Iterator
from typing import Any

from aiohttp import WSMsgType, web

from tests.clients.apis.calls import TOOL_TURNS, Asked, Calls
from tests.clients.apis.streams import Event, send_events
from tests.clients.apis.tools import tool_call
from tests.clients.bills import Bill

Json = dict[str, Any]


async def answer_responses(request: web.Request, calls: Calls, folder: str) -> web.StreamResponse:
    """Answers one request, streamed if it asks for that."""
    body: Json = await request.json()
    status = calls.refusal()
    if status is not None:
        error = {"error": {"type": "server_error", "code": "server_is_overloaded", "message": "Try again"}}
        return web.json_response(error, status=503 if status == 529 else status, headers={"retry-after": "0"})
    bill = calls.answer(_asked(body))
    response = _response(body, bill, folder)
    if not body.get("stream"):
        return web.json_response(response, headers={"x-request-id": f"req_{bill.number:06}"})
    return await send_events(request, _events(response))


async def answer_socket(request: web.Request, calls: Calls, folder: str) -> web.WebSocketResponse:
    """Answers every `response.create` on one connection. A warm-up (`generate: false`) has no output and is not billed."""
    socket = web.WebSocketResponse(max_msg_size=64 * 1024 * 1024)
    await socket.prepare(request)
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            continue
        body: Json = json.loads(message.data)
        if body.get("type") != "response.create":
            continue
        if body.get("generate") is False:
            calls.warm_ups += 1
            response = _empty(body, f"resp_warm{calls.warm_ups:06}")
        else:
            response = _response(body, calls.answer(_asked(body)), folder)
        for name, data in _events(response):
            await socket.send_str(json.dumps({"type": name, **data}))
    return socket


def _asked(body: Json) -> Asked:
    tier = body.get("service_tier") or ""
    return Asked(
        model=body["model"],
        stream=bool(body.get("stream", True)),
        searches=body.get("tool_choice") == "required" and _offers_search(body),
        tier=tier if tier == "flex" else "",
    )


def _offers_search(body: Json) -> bool:
    return any(str(tool.get("type", "")).startswith("web_search") for tool in body.get("tools", ()))


def _response(body: Json, bill: Bill, folder: str) -> Json:
    results = sum(1 for item in _items(body) if str(item.get("type", "")).endswith("_call_output"))
    names = [tool.get("name", "") for tool in body.get("tools", ())]
    called = tool_call(names, folder, results) if results < TOOL_TURNS else None
    output: list[Json] = [
        {"type": "web_search_call", "id": f"ws_{bill.number:06}{n}", "status": "completed"}
        | {"action": {"type": "search", "query": "weather"}}
        for n in range(bill.searches)
    ]
    if called and not bill.searches:
        name, arguments = called
        call = {"type": "function_call", "id": f"fc_{bill.number:06}", "call_id": f"call_{bill.number:06}"}
        output.append({**call, "name": name, "arguments": json.dumps(arguments), "status": "completed"})
    else:
        content = [{"type": "output_text", "text": "Done.", "annotations": []}]
        said = {"type": "message", "id": f"msg_{bill.number:06}", "role": "assistant", "status": "completed"}
        output.append({**said, "content": content})
    return {**_empty(body, f"resp_{bill.number:06}"), "output": output, "usage": usage_of(bill)}


def _items(body: Json) -> list[Json]:
    given = body.get("input", [])
    return given if isinstance(given, list) else []


def _empty(body: Json, name: str) -> Json:
    """Returns a response without output and with noughts as its usage."""
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    return {
        "id": name,
        "object": "response",
        "created_at": 1_790_000_000,
        "status": "completed",
        "model": body["model"],
        "output": [],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "parallel_tool_calls": False,
        "temperature": 1.0,
        "top_p": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "service_tier": body.get("service_tier") or "default",
        "usage": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0, **details},
    }


def usage_of(bill: Bill) -> Json:
    """Returns the usage as OpenAI counts: input includes cache reads and writes, output includes reasoning."""
    counts = bill.counters
    written = counts.cache_write_5m + counts.cache_write_1h
    return {
        "input_tokens": counts.whole_input,
        "input_tokens_details": {"cached_tokens": counts.cache_read, "cache_write_tokens": written},
        "output_tokens": counts.output,
        "output_tokens_details": {"reasoning_tokens": counts.reasoning},
        "total_tokens": counts.whole,
    }


def _events(response: Json) -> Iterator[Event]:
    begun = {**response, "status": "in_progress", "output": [], "usage": None}
    events: list[Event] = [("response.created", {"response": begun})]
    for index, item in enumerate(response["output"]):
        place = {"output_index": index}
        events.append(("response.output_item.added", {**place, "item": {**item, "status": "in_progress"}}))
        if item["type"] == "message":
            text = {**place, "item_id": item["id"], "content_index": 0}
            events.append(("response.content_part.added", {**text, "part": {**item["content"][0], "text": ""}}))
            events.append(("response.output_text.delta", {**text, "delta": "Done.", "logprobs": []}))
            events.append(("response.output_text.done", {**text, "text": "Done.", "logprobs": []}))
            events.append(("response.content_part.done", {**text, "part": item["content"][0]}))
        events.append(("response.output_item.done", {**place, "item": item}))
    events.append(("response.completed", {"response": response}))
    for number, (name, data) in enumerate(events):
        yield name, {"type": name, "sequence_number": number, **data}
