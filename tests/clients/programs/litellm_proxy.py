"""LiteLLM's proxy with the configuration of docs/connect/litellm.md: chats and messages, streamed and not."""

import asyncio
from typing import Any

import aiohttp
import yaml

from tests.clients.homes import Ran, free_port
from tests.clients.program import Install, Program, Round
from tests.real.litellm_proxy import documented

_KEY = "sk-master-of-the-harness"
_MODELS = ("claude-sonnet-5-5", "gpt-5.6", "claude-opus-5-5", "gpt-6.1-terra")
_FLUSH_SECONDS = 8
"""It posts every five seconds."""


def _config(given: Round) -> dict[str, Any]:
    config = documented()
    models = []
    for name in _MODELS:
        is_claude = name.startswith("claude")
        model = f"anthropic/{name}" if is_claude else f"openai/{name}"
        base = given.api_url if is_claude else f"{given.api_url}/v1"
        models.append({"model_name": name, "litellm_params": {"model": model, "api_base": base, "api_key": "none"}})
    config["model_list"] = models
    config["callback_settings"]["tokens"]["endpoint"] = given.litellm_url
    config["general_settings"] = {"master_key": _KEY}
    config["router_settings"] = {"num_retries": 3, "retry_after": 0, "disable_cooldowns": True}
    return config


async def _run(given: Round) -> Ran:
    config = given.home.write("config.yaml", yaml.safe_dump(_config(given)))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    python = str(given.folder / "bin" / "python")
    code = "import sys; from litellm import run_server; sys.exit(run_server())"
    start = (python, "-c", code, "--config", str(config), "--host", "127.0.0.1", "--port", str(port))
    env = {"TOKENS_AUTHORIZATION": f"Bearer {given.key}", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    statuses = []
    async with given.home.running(*start, env=env, until=f"{url}/health/liveliness", log=f"proxy-{given.number}.log"):
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {_KEY}"}) as session:
            for number in range(given.calls):
                statuses.append(await _call(session, url, number))
        await asyncio.sleep(_FLUSH_SECONDS)
    return Ran(code=0, output=f"answers: {statuses}")


async def _call(session: aiohttp.ClientSession, url: str, number: int) -> int:
    """Makes one call: every third is streamed, every second of Claude by the Messages API."""
    model = _MODELS[number % len(_MODELS)]
    asked: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": f"Question {number}"}]}
    path = "/v1/chat/completions"
    if number % 4 == 2:
        path, asked["max_tokens"] = "/v1/messages", 1_000
    if number % 3 == 1:
        asked["stream"] = True
    async with session.post(f"{url}{path}", json=asked) as answer:
        await answer.read()
        return answer.status


PROGRAM = Program(
    name="LiteLLM's proxy",
    slug="litellm-proxy",
    page="litellm.md",
    install=Install(kind="pip", packages=(("litellm[proxy]", "1.108.7"),)),
    source=("--source", "litellm"),
    run=_run,
)
