"""The stand-ins of `make clients`: what each API says of a call is what is billed, streamed and not."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.clients.apis.calls import Calls
from tests.clients.apis.server import model_apis
from tests.clients.apis.tools import tool_call
from tests.clients.installs import specifications
from tests.clients.program import Install
from tests.clients.programs import PROGRAMS
from tests.clients.relay import relaying

SAID = [{"role": "user", "content": "Hi"}]
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "messages": ("/v1/messages", {"model": "claude-opus-5-5", "messages": SAID}),
    "responses": ("/v1/responses", {"model": "gpt-5.6", "input": "Hi", "stream": False}),
    "chat": ("/v1/chat/completions", {"model": "gpt-6.1-terra", "messages": SAID}),
    "gemini": ("/v1beta/models/gemini-3.5-flash-lite:generateContent", {"contents": [{"parts": [{"text": "Hi"}]}]}),
}
Counts = tuple[int, int, int, int]
"""Whole input, cache reads, whole cache writes, output with reasoning."""


class Api:
    """A client of one program's stand-ins."""

    def __init__(self, url: str, calls: Calls) -> None:
        self.url = url
        self.calls = calls

    async def posts(self, path: str, body: dict[str, Any]) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.post(f"{self.url}{path}", json=body) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    calls = Calls()
    async with model_apis(calls, str(tmp_path)) as url:
        yield Api(url, calls)


def usages(text: str) -> list[dict[str, Any]]:
    """Returns every usage in an answer or in the events of a stream, in order."""
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {")] or [text]
    found = []
    for line in lines:
        said = json.loads(line)
        for place in (said, said.get("message") or {}, said.get("response") or {}):
            found += [usage for name in ("usage", "usageMetadata") if (usage := place.get(name))]
    return found


def counts_of(usage: dict[str, Any]) -> Counts:
    """Reads the usage of any API, as its documentation says."""
    if "promptTokenCount" in usage:
        output = usage["candidatesTokenCount"] + usage["thoughtsTokenCount"]
        return usage["promptTokenCount"], usage.get("cachedContentTokenCount", 0), 0, output
    if "cache_read_input_tokens" in usage:
        read, written = usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]
        return usage["input_tokens"] + read + written, read, written, usage["output_tokens"]
    whole = usage.get("input_tokens", usage.get("prompt_tokens"))
    details = usage.get("input_tokens_details") or usage["prompt_tokens_details"]
    output = usage.get("output_tokens", usage.get("completion_tokens"))
    return int(whole or 0), details["cached_tokens"], details["cache_write_tokens"], int(output or 0)


def billed(calls: Calls) -> Counts:
    counters = calls.bills[-1].counters
    written = counters.cache_write_5m + counters.cache_write_1h
    return counters.whole_input, counters.cache_read, written, counters.output


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@pytest.mark.parametrize("name", list(ASKED))
async def test_an_answer_says_what_is_billed(api: Api, name: str) -> None:
    path, body = ASKED[name]
    for _ in range(3):
        status, text = await api.posts(path, body)

        assert status == 200
        assert counts_of(usages(text)[-1]) == billed(api.calls)

    assert len(api.calls.bills) == 3


@pytest.mark.parametrize("name", list(ASKED))
async def test_a_stream_ends_with_what_is_billed(api: Api, name: str) -> None:
    path, body = ASKED[name]
    told = {"stream_options": {"include_usage": True}} if name == "chat" else {}
    for _ in range(3):
        status, text = await api.posts(path.replace(":generate", ":streamGenerate"), {**body, "stream": True, **told})

        assert status == 200
        assert text.startswith(("event: ", "data: "))
        assert counts_of(usages(text)[-1]) == billed(api.calls)


async def test_a_chat_stream_says_nothing_of_usage_unless_asked(api: Api) -> None:
    path, body = ASKED["chat"]

    assert usages((await api.posts(path, {**body, "stream": True}))[1]) == []


async def test_a_warm_up_on_the_web_socket_is_answered_and_not_billed(api: Api) -> None:
    create = {"type": "response.create", "model": "gpt-5.6", "input": []}
    ends = []
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{api.url}/v1/responses") as socket:
        for asked in ({**create, "generate": False}, create):
            await socket.send_json(asked)
            async for message in socket:
                said = json.loads(message.data)
                if said["type"] == "response.completed":
                    ends.append(said["response"]["usage"]["output_tokens"])
                    break

    assert ends == [0, api.calls.bills[0].counters.output]
    assert (len(api.calls.bills), api.calls.warm_ups) == (1, 1)


async def test_a_refused_try_is_not_billed_and_the_next_is_answered(api: Api) -> None:
    path, body = ASKED["messages"]
    statuses = [(await api.posts(path, body))[0] for _ in range(6)]

    assert statuses == [200, 200, 200, 503, 200, 200]
    assert len(api.calls.bills) == 5


async def test_searches_are_billed_only_if_a_request_offers_the_tool(api: Api) -> None:
    path, body = ASKED["messages"]
    await api.posts(path, body)
    _, text = await api.posts(path, {**body, "tools": [{"type": "web_search_20250305", "name": "web_search"}]})

    assert [bill.searches > 0 for bill in api.calls.bills] == [False, True]
    assert usages(text)[-1]["server_tool_use"]["web_search_requests"] == api.calls.bills[-1].searches


async def test_an_unknown_path_and_an_unknown_model_are_noted(api: Api) -> None:
    assert (await api.posts("/v1/else", {}))[0] == 404
    assert (await api.posts("/v1/messages", {"model": "none", "messages": []}))[0] == 400
    assert len(api.calls.unknown) == 2
    assert api.calls.bills == []


async def test_a_relay_counts_posts_and_keeps_bodies_without_the_key(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(
            status=503 if await request.read() == b"late" else 200, text=request.headers["Authorization"]
        )

    app = web.Application()
    app.router.add_post("/v1/usage/otlp/v1/logs", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with relaying(f"http://{host}:{port}", tmp_path) as (relay, url), aiohttp.ClientSession() as session:
        for body in (b"{}", b"late"):
            headers = {"Authorization": "Bearer tok_secret", "Content-Type": "application/json"}
            async with session.post(f"{url}/v1/usage/otlp/v1/logs", data=body, headers=headers) as said:
                assert await said.text() == "Bearer tok_secret"
    await runner.cleanup()

    assert dict(relay.posts) == {"logs 200": 1, "logs 503": 1}
    kept = files(tmp_path)
    assert [name for name in kept if "headers" not in name] == ["1_logs.json", "2_logs.json"]
    assert all(b"tok_secret" not in body for body in kept.values())


def test_tools_that_only_read_are_asked_for_with_other_arguments_each_turn() -> None:
    first, second = tool_call(["rm", "shell"], "/home", 0), tool_call(["rm", "shell"], "/home", 1)

    assert first == ("shell", {"command": ["head", "-n", "1", "notes.txt"]})
    assert second != first
    assert tool_call(["rm", "write_file"], "/home", 0) is None


def test_versions_are_pinned_unless_the_newest_are_wanted() -> None:
    npm = Install(kind="npm", packages=(("@openai/codex", "0.169.0"),))
    pip = Install(kind="pip", packages=(("agno", "3.1.10"), ("anthropic", "2.14.0")))

    assert specifications(npm, newest=False) == ["@openai/codex@0.169.0"]
    assert specifications(pip, newest=False) == ["agno==3.1.10", "anthropic==2.14.0"]
    assert specifications(pip, newest=True) == ["agno", "anthropic"]
    assert all(version for program in PROGRAMS for _, version in program.install.packages)
    assert len({program.slug for program in PROGRAMS}) == len(PROGRAMS)
