"""GitHub Copilot CLI with a provider of one's own, without a login: prompts with tools."""

from tests.clients.homes import Ran
from tests.clients.program import Install, Program, Round


async def _run(given: Round) -> Ran:
    return await given.home.run(
        *(str(given.folder / "node_modules" / ".bin" / "copilot"), "--allow-all-tools", "-p", "Read notes.txt."),
        env={
            "COPILOT_OFFLINE": "true",
            "COPILOT_PROVIDER_TYPE": "openai",
            "COPILOT_PROVIDER_BASE_URL": f"{given.api_url}/v1",
            "COPILOT_PROVIDER_API_KEY": "none",
            "COPILOT_MODEL": "gpt-5.6",
            "COPILOT_OTEL_ENABLED": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": given.otlp_url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%20{given.key}",
            "OTEL_RESOURCE_ATTRIBUTES": "team.id=search,user.email=anna@acme.test",
        },
    )


PROGRAM = Program(
    name="GitHub Copilot CLI",
    slug="copilot-cli",
    page="copilot.md",
    install=Install(kind="npm", packages=(("@github/copilot", "1.0.102"),)),
    run=_run,
)
