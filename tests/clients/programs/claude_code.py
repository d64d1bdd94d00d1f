"""Claude Code: prompts with tools, web searches, fast mode, and a model that it doesn't know."""

import json

from tests.clients.bills import IN_HOUSE
from tests.clients.homes import Ran
from tests.clients.program import Install, Program, Round

_PROMPTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Read notes.txt.", ("--model", "claude-opus-5-5")),
    ("Read notes.txt.", ("--model", "claude-sonnet-5-5")),
    ("Search the web.", ("--model", "claude-opus-5-5", "--tools", "WebSearch")),
    ("Read notes.txt.", ("--model", "claude-haiku-5-5")),
    ("Read notes.txt.", ("--model", "claude-opus-5-5", "--settings", json.dumps({"fastMode": True}))),
    ("Read notes.txt.", ("--model", IN_HOUSE)),
)


async def _run(given: Round) -> Ran:
    prompt, options = _PROMPTS[given.number % len(_PROMPTS)]
    given.home.write(".claude.json", json.dumps({"hasCompletedOnboarding": True}))
    return await given.home.run(
        *(str(given.folder / "node_modules" / ".bin" / "claude"), "-p", prompt, *options),
        env={
            "ANTHROPIC_BASE_URL": given.api_url,
            "ANTHROPIC_API_KEY": "sk-ant-none",
            "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
            "OTEL_LOGS_EXPORTER": "otlp",
            "OTEL_METRICS_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_PROTOCOL": ("http/protobuf", "http/json")[given.number % 2],
            "OTEL_EXPORTER_OTLP_ENDPOINT": given.otlp_url,
            "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer {given.key}",
            "OTEL_RESOURCE_ATTRIBUTES": "team.id=search",
            "DISABLE_AUTOUPDATER": "1",
        },
    )


PROGRAM = Program(
    name="Claude Code",
    slug="claude-code",
    page="claude-code.md",
    install=Install(kind="npm", packages=(("@anthropic-ai/claude-code", "2.1.328"),), scripts=True),
    run=_run,
    geographies=True,
)
