"""pydantic-ai with Logfire, by Anthropic's API: an agent that uses a tool."""

import os

import logfire
from anthropic import AsyncAnthropic
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider


def main() -> None:
    logfire.configure(send_to_logfire=False, console=False)
    logfire.instrument_pydantic_ai()
    client = AsyncAnthropic(base_url=os.environ["API"], api_key="none")
    model = AnthropicModel("claude-sonnet-5-5", provider=AnthropicProvider(anthropic_client=client))
    agent = Agent(model, name="forecaster")

    @agent.tool_plain
    def get_weather(city: str) -> str:
        """Returns the weather of a city."""
        return f"Fine in {city}"

    calls = int(os.environ["CALLS"])
    made = 0
    while made < calls:
        made += agent.run_sync(f"Question {made}").usage.requests
    logfire.shutdown()


main()
