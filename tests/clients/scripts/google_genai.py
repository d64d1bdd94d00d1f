"""Google's SDK with OpenTelemetry's instrumentation, streamed and not."""

import os

from google import genai
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.google_genai import GoogleGenAiSdkInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def main() -> None:
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    GoogleGenAiSdkInstrumentor().instrument(tracer_provider=provider)
    options = {"base_url": os.environ["API"], "retry_options": {"attempts": 4, "initial_delay": 0.01}}
    client = genai.Client(api_key="none", http_options=options)
    for number in range(int(os.environ["CALLS"])):
        asked = {"model": "gemini-3.5-flash-lite", "contents": f"Question {number}"}
        if number % 3 == 1:
            for _ in client.models.generate_content_stream(**asked):
                pass
        else:
            client.models.generate_content(**asked)
    provider.shutdown()


main()
