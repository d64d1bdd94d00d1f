"""Anthropic's SDK, which traces by itself, with OpenInference beside it: two spans of one call."""

import os

from anthropic import Anthropic
from openinference.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

MODELS = ("claude-opus-5-5", "claude-sonnet-5-5")
SEARCH = {"type": "web_search_20250305", "name": "web_search"}


def main() -> None:
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    AnthropicInstrumentor().instrument(tracer_provider=provider)
    client = Anthropic(base_url=os.environ["API"], api_key="none")
    for number in range(int(os.environ["CALLS"])):
        asked = {
            "model": MODELS[number % 2],
            "max_tokens": 1_000,
            "messages": [{"role": "user", "content": f"Question {number}"}],
        }
        if number % 6 == 5:
            asked["tools"] = [SEARCH]
        if number % 3 == 1:
            with client.messages.stream(**asked) as stream:
                stream.get_final_message()
        else:
            client.messages.create(**asked)
    provider.shutdown()


main()
