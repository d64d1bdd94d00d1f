"""A Strands agent with its own telemetry, by Anthropic's API: it uses a tool."""

import os

from opentelemetry import trace
from strands import Agent, tool
from strands.models.anthropic import AnthropicModel
from strands.telemetry import StrandsTelemetry


@tool
def get_weather(city: str) -> str:
    """Returns the weather of a city.

    Args:
        city: its name
    """
    return f"Fine in {city}"


def main() -> None:
    StrandsTelemetry().setup_otlp_exporter()
    client = {"base_url": os.environ["API"], "api_key": "none"}
    calls = int(os.environ["CALLS"])
    made = 0
    while made < calls:
        # A model of its own for each agent: its connections belong to the event loop of one run.
        model = AnthropicModel(client_args=client, model_id="claude-sonnet-5-5", max_tokens=1_000)
        agent = Agent(model=model, tools=[get_weather], callback_handler=None)
        made += agent(f"Question {made}").metrics.cycle_count
    trace.get_tracer_provider().shutdown()


main()
