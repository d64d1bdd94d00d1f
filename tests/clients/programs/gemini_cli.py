"""Gemini CLI: prompts with tools, streamed."""

import json

from tests.clients.homes import Ran
from tests.clients.program import Install, Program, Round


async def _run(given: Round) -> Ran:
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}},
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
    given.home.write(".gemini/settings.json", json.dumps(settings))
    return await given.home.run(
        *(str(given.folder / "node_modules" / ".bin" / "gemini"), "--skip-trust", "-m", "gemini-3.5-flash-lite"),
        *("-p", "Read notes.txt."),
        env={
            "GEMINI_API_KEY": "none",
            "GOOGLE_GEMINI_BASE_URL": given.api_url,
            "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%20{given.key}",
            "OTEL_RESOURCE_ATTRIBUTES": "team.id=search",
        },
    )


PROGRAM = Program(
    name="Gemini CLI",
    slug="gemini-cli",
    page="gemini-cli.md",
    install=Install(kind="npm", packages=(("@google/gemini-cli", "0.61.0"),)),
    run=_run,
)
