"""Codex: prompts with tools over HTTP and over the WebSocket, also in the flex tier."""

from tests.clients.homes import Ran
from tests.clients.program import Install, Program, Round

_CONFIG = """
model = "{model}"
approval_policy = "never"
sandbox_mode = "danger-full-access"
model_provider = "stand-in"
{more}

[model_providers.stand-in]
name = "stand-in"
base_url = "{api}/v1"
env_key = "OPENAI_API_KEY"
wire_api = "responses"
requires_openai_auth = false
supports_websockets = {websocket}

[analytics]
enabled = false

[otel]
environment = "prod"
log_user_prompt = false
trace_exporter = "none"
metrics_exporter = "none"

[otel.exporter.otlp-http]
endpoint = "{otlp}/v1/logs"
protocol = "{protocol}"

[otel.exporter.otlp-http.headers]
Authorization = "Bearer {key}"
"""


async def _run(given: Round) -> Ran:
    config = _CONFIG.format(
        model=("gpt-5.6", "gpt-6.1-sol")[given.number % 2],
        more='service_tier = "flex"' if given.number % 3 == 2 else "",
        api=given.api_url,
        websocket=("false", "true")[given.number % 2],
        otlp=given.otlp_url,
        protocol=("binary", "json")[given.number % 2],
        key=given.key,
    )
    given.home.write(".codex/config.toml", config)
    return await given.home.run(
        *(str(given.folder / "node_modules" / ".bin" / "codex"), "exec", "--skip-git-repo-check", "Read notes.txt."),
        env={"OPENAI_API_KEY": "sk-none", "CODEX_HOME": str(given.home.folder / ".codex")},
    )


PROGRAM = Program(
    name="Codex",
    slug="codex",
    page="codex.md",
    install=Install(kind="npm", packages=(("@openai/codex", "0.169.0"),)),
    run=_run,
)
