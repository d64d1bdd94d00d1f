"""A stand-in for Anthropic's Messages API."""

import json
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from tests.clients.apis.calls import TOOL_TURNS, Asked, Calls
from tests.clients.apis.streams import Event, send_events
from tests.clients.apis.tools import tool_call
from tests.clients.bills import Bill

Json = dict[str, Any]


async def answer_messages(request: web.Request, calls: Calls, folder: str) -> web.StreamResponse:
    """Answers one request, streamed if it asks for that."""
    body: Json = await request.json()
    status = calls.refusal()
    if status is not None:
        kind = "rate_limit_error" if status == 429 else "overloaded_error"
        error = {"type": "error", "error": {"type": kind, "message": "Try again"}}
        return web.json_response(error, status=status, headers={"retry-after": "0"})
    bill = calls.answer(_asked(body))
    blocks = _content(body, bill, folder)
    message = _message(body, bill, blocks)
    headers = {"request-id": f"req_{bill.number:06}"}
    if not body.get("stream"):
        return web.json_response(message, headers=headers)
    return await send_events(request, _events(message, bill), headers=headers)


def _asked(body: Json) -> Asked:
    model = body["model"].removesuffix("[1m]")
    searches = any(str(tool.get("type", "")).startswith("web_search") for tool in body.get("tools", ()))
    tier = "fast" if body.get("speed") == "fast" else ""
    return Asked(model=model, stream=bool(body.get("stream")), searches=searches, tier=tier)


def _content(body: Json, bill: Bill, folder: str) -> list[Json]:
    """Returns the blocks of the answer: a thought, a search, and a tool's call or a text."""
    blocks: list[Json] = []
    if (body.get("thinking") or {}).get("type") in ("enabled", "adaptive"):
        blocks.append({"type": "thinking", "thinking": "Let me see.", "signature": "c2lnbmF0dXJl"})
    for search in range(bill.searches):
        name = f"srvtoolu_{bill.number:06}{search}"
        blocks.append({"type": "server_tool_use", "id": name, "name": "web_search", "input": {"query": "weather"}})
        blocks.append({"type": "web_search_tool_result", "tool_use_id": name, "content": []})
    results = sum(
        1
        for message in body["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
        if block.get("type") == "tool_result"
    )
    called = (
        tool_call((tool["name"] for tool in body.get("tools", ())), folder, results) if results < TOOL_TURNS else None
    )
    if called and not bill.searches:
        name, arguments = called
        blocks.append({"type": "tool_use", "id": f"toolu_{bill.number:06}", "name": name, "input": arguments})
    else:
        blocks.append({"type": "text", "text": "Done."})
    return blocks


def _message(body: Json, bill: Bill, blocks: list[Json]) -> Json:
    stop = "tool_use" if blocks[-1]["type"] == "tool_use" else "end_turn"
    return {
        "id": f"msg_{bill.number:06}",
        "type": "message",
        "role": "assistant",
        "model": bill.model,
        "content": blocks,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": _usage(bill, fast="fast" in bill.conditions),
    }


def _usage(bill: Bill, *, fast: bool) -> Json:
    counts = bill.counters
    usage: Json = {
        "input_tokens": counts.uncached_input,
        "cache_read_input_tokens": counts.cache_read,
        "cache_creation_input_tokens": counts.cache_write_5m + counts.cache_write_1h,
        "cache_creation": {
            "ephemeral_5m_input_tokens": counts.cache_write_5m,
            "ephemeral_1h_input_tokens": counts.cache_write_1h,
        },
        "output_tokens": counts.output,
        "service_tier": "standard",
        "inference_geo": "us" if "us" in bill.conditions else "global",
    }
    if fast:
        usage["speed"] = "fast"
    if bill.searches:
        usage["server_tool_use"] = {"web_search_requests": bill.searches}
    return usage


def _events(message: Json, bill: Bill) -> Iterator[Event]:
    """Yields the stream: its start has the input and one token of output, its last delta everything."""
    usage = message["usage"]
    begun = {key: value for key, value in usage.items() if key != "server_tool_use"} | {"output_tokens": 1}
    yield (
        "message_start",
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None, "usage": begun}},
    )
    for index, block in enumerate(message["content"]):
        first, deltas = _pieces(block)
        yield "content_block_start", {"type": "content_block_start", "index": index, "content_block": first}
        for delta in deltas:
            yield "content_block_delta", {"type": "content_block_delta", "index": index, "delta": delta}
        yield "content_block_stop", {"type": "content_block_stop", "index": index}
    ended = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    told = (
        "input_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "output_tokens",
        "server_tool_use",
    )
    last = {key: usage[key] for key in told if key in usage}
    yield "message_delta", {"type": "message_delta", "delta": ended, "usage": last}
    yield "message_stop", {"type": "message_stop"}


def _pieces(block: Json) -> tuple[Json, list[Json]]:
    """Returns a block as it starts, and the deltas that complete it."""
    if block["type"] == "text":
        return {**block, "text": ""}, [{"type": "text_delta", "text": block["text"]}]
    if block["type"] == "thinking":
        return {**block, "thinking": "", "signature": ""}, [
            {"type": "thinking_delta", "thinking": block["thinking"]},
            {"type": "signature_delta", "signature": block["signature"]},
        ]
    if block["type"] in ("tool_use", "server_tool_use"):
        partial = json.dumps(block["input"])
        return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": partial}]
    return block, []
