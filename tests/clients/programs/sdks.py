"""Set-ups of SDKs, tracers and frameworks: each is a script in an environment of its own."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from tests.clients.homes import Ran
from tests.clients.program import Install, Program, Round

_SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
_SDK = (("opentelemetry-sdk", "1.45.2"), ("opentelemetry-exporter-otlp-proto-http", "1.45.2"))


def script(name: str, **more: str) -> Callable[[Round], Awaitable[Ran]]:
    """Returns what runs a script of this folder with the usual variables of OpenTelemetry, and `more`."""

    async def run(given: Round) -> Ran:
        file = given.home.write(f"work/{name}", (_SCRIPTS / name).read_text())
        runner = "node" if name.endswith(".mjs") else str(given.folder / "bin" / "python")
        env = {
            "API": given.api_url,
            "CALLS": str(given.calls),
            "OTEL_EXPORTER_OTLP_ENDPOINT": given.otlp_url,
            "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%20{given.key}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_SERVICE_NAME": "checkout",
            "OTEL_RESOURCE_ATTRIBUTES": "team.id=search",
            **more,
        }
        if name.endswith(".mjs"):
            (given.home.work / "node_modules").unlink(missing_ok=True)
            (given.home.work / "node_modules").symlink_to(given.folder / "node_modules")
        return await given.home.run(runner, file, env=env)

    return run


def _pip(*packages: tuple[str, str]) -> Install:
    return Install(kind="pip", packages=packages)


_LANGSMITH: Mapping[str, str] = {
    "LANGSMITH_TRACING": "true",
    "LANGSMITH_OTEL_ENABLED": "true",
    "LANGSMITH_OTEL_ONLY": "true",
    "LANGSMITH_API_KEY": "none",
    "LANGSMITH_ENDPOINT": "http://127.0.0.1:9",
}

SDKS: tuple[Program, ...] = (
    Program(
        name="Anthropic's SDK with OpenInference",
        slug="anthropic-openinference",
        page="sdks.md",
        install=_pip(("anthropic", "2.14.0"), ("openinference-instrumentation-anthropic", "3.1.0"), *_SDK),
        run=script("anthropic_openinference.py"),
    ),
    Program(
        name="OpenAI's SDK with OpenLLMetry",
        slug="openai-openllmetry",
        page="sdks.md",
        install=_pip(("opentelemetry-instrumentation-openai", "0.62.4"), ("openai", "3.57.0"), *_SDK),
        run=script("openai_openllmetry.py"),
        cannot_tell={"cache writes": "writes are inside the input, at its price"},
    ),
    Program(
        name="OpenAI's SDK with genai-openai",
        slug="openai-genai",
        page="sdks.md",
        install=_pip(("opentelemetry-instrumentation-genai-openai", "1.3b0"), ("openai", "3.57.0"), *_SDK),
        run=script("openai_genai.py"),
    ),
    Program(
        name="Google's SDK with google-genai",
        slug="google-genai",
        page="sdks.md",
        install=_pip(("opentelemetry-instrumentation-google-genai", "1.3b0"), ("google-genai", "2.34.0"), *_SDK),
        run=script("google_genai.py"),
    ),
    Program(
        name="pydantic-ai with Logfire",
        slug="pydantic-ai-logfire",
        page="frameworks.md",
        install=_pip(("pydantic-ai-slim[anthropic]", "2.68.0"), ("logfire", "5.4.0"), ("anthropic", "2.14.0")),
        run=script("pydantic_ai_logfire.py"),
    ),
    Program(
        name="LangChain with LangSmith",
        slug="langchain-langsmith",
        page="frameworks.md",
        install=_pip(("langsmith[otel]", "0.15.1"), ("langchain-anthropic", "1.7.10"), ("anthropic", "2.14.0"), *_SDK),
        run=script("langchain_langsmith.py", **_LANGSMITH),
    ),
    Program(
        name="Strands",
        slug="strands",
        page="frameworks.md",
        install=_pip(("strands-agents[anthropic,otel]", "1.62.0"), ("anthropic", "0.125.0")),
        run=script("strands_agent.py"),
        cannot_tell={"1 h writes": "all writes are one number, booked as five-minute writes"},
    ),
    Program(
        name="agno with OpenInference",
        slug="agno",
        page="frameworks.md",
        install=_pip(
            ("agno", "3.1.10"), ("openinference-instrumentation-agno", "1.0.15"), ("anthropic", "2.14.0"), *_SDK
        ),
        run=script("agno_agent.py"),
    ),
    Program(
        name="Vercel AI SDK",
        slug="vercel-ai",
        page="frameworks.md",
        install=Install(
            kind="npm",
            packages=(
                ("ai", "7.0.173"),
                ("@ai-sdk/otel", "1.0.173"),
                ("@ai-sdk/anthropic", "4.0.105"),
                ("@ai-sdk/openai", "4.0.118"),
                ("@opentelemetry/sdk-node", "0.223.0"),
                ("@opentelemetry/exporter-trace-otlp-proto", "0.223.1"),
                ("zod", "4.6.7"),
            ),
        ),
        run=script("vercel_ai.mjs"),
        cannot_tell={"1 h writes": "all writes are one number, booked as five-minute writes"},
    ),
)
