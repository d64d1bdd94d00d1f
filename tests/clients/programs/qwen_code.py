"""Qwen Code: prompts with tools over Chat Completions, streamed."""

import json

from tests.clients.homes import Ran
from tests.clients.program import Install, Program, Round


async def _run(given: Round) -> Ran:
    settings = {
        "security": {"auth": {"selectedType": "openai"}},
        "general": {"disableAutoUpdate": True},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {
            "enabled": True,
            "target": "local",
            "otlpEndpoint": given.otlp_url,
            "otlpProtocol": "http",
            "logPrompts": False,
        },
    }
    given.home.write(".qwen/settings.json", json.dumps(settings))
    return await given.home.run(
        *(str(given.folder / "node_modules" / ".bin" / "qwen"), "-m", "gpt-6.1-terra", "-p", "Read notes.txt."),
        env={
            "OPENAI_API_KEY": "sk-none",
            "OPENAI_BASE_URL": f"{given.api_url}/v1",
            "OPENAI_MODEL": "gpt-6.1-terra",
            "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%20{given.key}",
            "OTEL_RESOURCE_ATTRIBUTES": "team.id=search",
        },
    )


PROGRAM = Program(
    name="Qwen Code",
    slug="qwen-code",
    page="qwen-code.md",
    install=Install(kind="npm", packages=(("@qwen-code/qwen-code", "0.24.4"),)),
    run=_run,
    cannot_tell={"cache writes": "writes are inside the input, at its price"},
)
