"""LangChain with LangSmith's OpenTelemetry export, by Anthropic's API, streamed and not."""

import os

from langchain_anthropic import ChatAnthropic
from langsmith import Client

MODELS = ("claude-opus-5-5", "claude-sonnet-5-5")


def main() -> None:
    models = [
        ChatAnthropic(model=name, base_url=os.environ["API"], api_key="none", max_tokens=1_000, max_retries=3)
        for name in MODELS
    ]
    for number in range(int(os.environ["CALLS"])):
        model = models[number % 2]
        if number % 3 == 1:
            for _ in model.stream(f"Question {number}"):
                pass
        else:
            model.invoke(f"Question {number}")
    Client().flush()


main()
