"""A stand-in for Gemini's generateContent."""

from typing import Any

from aiohttp import web

from tests.clients.apis.calls import TOOL_TURNS, Asked, Calls
from tests.clients.apis.streams import send_events
from tests.clients.apis.tools import tool_call
from tests.clients.bills import Bill

Json = dict[str, Any]


async def answer_gemini(request: web.Request, calls: Calls, folder: str) -> web.StreamResponse:
    """Answers one request, streamed if its path says so. The model is in the path."""
    body: Json = await request.json()
    model, _, method = request.path.rpartition("/")[2].partition(":")
    if method == "countTokens":
        return web.json_response({"totalTokens": 100})
    status = calls.refusal()
    if status is not None:
        status = 503 if status == 529 else status
        kind = "RESOURCE_EXHAUSTED" if status == 429 else "UNAVAILABLE"
        error = {"error": {"code": status, "message": "Try again", "status": kind}}
        return web.json_response(error, status=status, headers={"retry-after": "0"})
    streamed = method == "streamGenerateContent"
    searches = any("google_search" in tool or "googleSearch" in tool for tool in body.get("tools") or ())
    bill = calls.answer(Asked(model=model, stream=streamed, searches=searches, writes=False))
    answer = _answer(body, bill, folder)
    if streamed:
        first = {**answer, "candidates": [{**answer["candidates"][0], "finishReason": None}]}
        del first["candidates"][0]["finishReason"], first["usageMetadata"]
        last = {
            **answer,
            "candidates": [{"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": []}}],
        }
        return await send_events(request, [("", first), ("", last)])
    return web.json_response(answer)


def _answer(body: Json, bill: Bill, folder: str) -> Json:
    names = [
        function["name"]
        for tool in body.get("tools") or ()
        for function in tool.get("functionDeclarations") or tool.get("function_declarations") or ()
    ]
    results = sum(1 for said in body["contents"] for part in said.get("parts", ()) if "functionResponse" in part)
    called = tool_call(names, folder, results) if results < TOOL_TURNS else None
    part: Json = {"functionCall": {"name": called[0], "args": called[1]}} if called else {"text": "Done."}
    candidate: Json = {"index": 0, "content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}
    if bill.searches:
        candidate["groundingMetadata"] = {"webSearchQueries": [f"weather {n}" for n in range(bill.searches)]}
    return {
        "candidates": [candidate],
        "modelVersion": bill.model,
        "responseId": f"resp{bill.number:06}",
        "usageMetadata": _usage(bill),
    }


def _usage(bill: Bill) -> Json:
    """Returns the usage as Gemini counts: the prompt includes the cached part, candidates exclude thoughts."""
    counts = bill.counters
    usage: Json = {
        "promptTokenCount": counts.whole_input,
        "candidatesTokenCount": counts.output - counts.reasoning,
        "thoughtsTokenCount": counts.reasoning,
        "totalTokenCount": counts.whole,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": counts.whole_input}],
        "candidatesTokensDetails": [{"modality": "TEXT", "tokenCount": counts.output - counts.reasoning}],
    }
    if counts.cache_read:
        usage["cachedContentTokenCount"] = counts.cache_read
        usage["cacheTokensDetails"] = [{"modality": "TEXT", "tokenCount": counts.cache_read}]
    return usage
