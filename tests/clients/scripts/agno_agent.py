"""An agno agent with OpenInference, by Anthropic's API: it uses a tool."""

import os

from agno.agent import Agent
from agno.models.anthropic import Claude
from anthropic import Anthropic
from openinference.instrumentation.agno import AgnoInstrumentor
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def get_weather(city: str) -> str:
    """Returns the weather of a city."""
    return f"Fine in {city}"


def main() -> None:
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    AgnoInstrumentor().instrument(tracer_provider=provider)
    client = Anthropic(base_url=os.environ["API"], api_key="none", max_retries=4)
    for number in range(-(-int(os.environ["CALLS"]) // 6)):
        agent = Agent(
            model=Claude(id="claude-sonnet-5-5", client=client, max_tokens=1_000), tools=[get_weather], telemetry=False
        )
        agent.run(f"Question {number}")
    provider.shutdown()


main()
