"""opencode: prompts with tools, by Anthropic's API, streamed, at a server that lives longer than they do."""

import asyncio
import json

from tests.clients.homes import Ran, free_port
from tests.clients.program import Install, Program, Round

_FLUSH_SECONDS = 7
"""It exports every five seconds, and not at its end: `opencode run` by itself leaves out its last call."""


async def _run(given: Round) -> Ran:
    config = {
        "autoupdate": False,
        "share": "disabled",
        "experimental": {"openTelemetry": True},
        "model": "anthropic/claude-sonnet-5-5",
        "small_model": "anthropic/claude-haiku-5-5",
        "provider": {
            "anthropic": {
                "options": {"baseURL": f"{given.api_url}/v1", "apiKey": "none"},
                "models": {"claude-sonnet-5-5": {}, "claude-haiku-5-5": {}},
            }
        },
    }
    file = given.home.write("opencode.json", json.dumps(config))
    opencode = str(given.folder / "node_modules" / ".bin" / "opencode")
    env = {
        "OPENCODE_CONFIG": str(file),
        "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": given.otlp_url,
        "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer {given.key}",
        "OTEL_RESOURCE_ATTRIBUTES": "team.id=search",
    }
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    serve = (opencode, "serve", "--port", str(port))
    async with given.home.running(*serve, env=env, until=f"{url}/global/health", log=f"serve-{given.number}.log"):
        ran = await given.home.run(opencode, "run", "--attach", url, "Read notes.txt.", env=env)
        await asyncio.sleep(_FLUSH_SECONDS)
    return ran


PROGRAM = Program(
    name="opencode",
    slug="opencode",
    page="opencode.md",
    install=Install(kind="npm", packages=(("opencode-ai", "1.18.33"),), scripts=True),
    run=_run,
)
