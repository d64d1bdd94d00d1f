"""OpenAI's SDK with the instrumentation of OpenTelemetry itself (genai-openai): chats and responses, streamed and not."""

import os

from openai import OpenAI
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

MODELS = ("gpt-5.6", "gpt-6.1-terra")


def main() -> None:
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    OpenAIInstrumentor().instrument(tracer_provider=provider)
    client = OpenAI(base_url=f"{os.environ['API']}/v1", api_key="none")
    for number in range(int(os.environ["CALLS"])):
        model, text = MODELS[number % 2], f"Question {number}"
        if number % 4 == 3:
            client.responses.create(model=model, input=text)
            continue
        messages = [{"role": "user", "content": text}]
        if number % 4 == 1:
            told = {"include_usage": True}
            for _ in client.chat.completions.create(model=model, messages=messages, stream=True, stream_options=told):
                pass
        else:
            client.chat.completions.create(model=model, messages=messages)
    provider.shutdown()


main()
