"""Continue's CLI: prompts with tools, by Anthropic's API, told in cumulative metrics."""

from tests.clients.homes import Ran
from tests.clients.program import Install, Program, Round

_CONFIG = """
name: stand-in
version: 1.0.0
schema: v1
models:
  - name: main
    provider: anthropic
    model: claude-sonnet-5-5
    apiBase: {api}/v1/
    apiKey: none
    roles: [chat, edit, apply]
"""


async def _run(given: Round) -> Ran:
    config = given.home.write("config.yaml", _CONFIG.format(api=given.api_url))
    return await given.home.run(
        *(str(given.folder / "node_modules" / ".bin" / "cn"), "--config", str(config), "--auto"),
        *("-p", "Read notes.txt."),
        env={
            "CONTINUE_CLI_ENABLE_TELEMETRY": "1",
            "CONTINUE_METRICS_ENABLED": "1",
            "OTEL_METRICS_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_ENDPOINT": given.otlp_url,
            "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer {given.key}",
            "OTEL_RESOURCE_ATTRIBUTES": "team.id=search",
        },
    )


PROGRAM = Program(
    name="Continue CLI",
    slug="continue-cli",
    page="continue.md",
    install=Install(kind="npm", packages=(("@continuedev/cli", "1.5.47"),)),
    run=_run,
    tells_sums=True,
    cannot_tell={"1 h writes": "all writes are one number, booked as five-minute writes"},
)
