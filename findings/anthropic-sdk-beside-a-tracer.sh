#!/bin/sh
# anthropic 2.14.0 with openinference-instrumentation-anthropic 3.1.0 (PyPI), Python 3.11.
# From 2.12 on, Anthropic's SDK makes a span of each call by itself as soon as a tracer provider is set. A tracer
# beside it makes a second one, with another name and scope, and both have all tokens.
# Seen: "2 spans of 1 call: com.anthropic.sdk.python 52829, openinference.instrumentation.anthropic 52829"
# A sum over spans with tokens is twice the bill.
set -eu
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
python3 -m venv env
env/bin/pip install -q anthropic==2.14.0 openinference-instrumentation-anthropic==3.1.0 opentelemetry-sdk==1.45.2
cat > run.py <<'PY'
import json, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
import anthropic
from openinference.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

USAGE = {"input_tokens": 829, "cache_read_input_tokens": 50000, "cache_creation_input_tokens": 2000, "output_tokens": 300}
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-4-5", "stop_reason": "end_turn",
           "stop_sequence": None, "content": [{"type": "text", "text": "Done."}], "usage": USAGE}

class Api(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps(MESSAGE).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass

server = HTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
spans, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
AnthropicInstrumentor().instrument(tracer_provider=provider)
client = anthropic.Anthropic(base_url=f"http://127.0.0.1:{server.server_port}", api_key="none")
client.messages.create(model="claude-opus-4-5", max_tokens=9, messages=[{"role": "user", "content": "Hi"}])
found = [
    f"{span.instrumentation_scope.name} {tokens}"
    for span in sorted(spans.get_finished_spans(), key=lambda one: one.instrumentation_scope.name)
    if (tokens := span.attributes.get("gen_ai.usage.input_tokens") or span.attributes.get("llm.token_count.prompt"))
]
print(f"{len(found)} spans of 1 call: {', '.join(found)}")
PY
env/bin/python run.py | tee seen
grep -qx "2 spans of 1 call: com.anthropic.sdk.python 52829, openinference.instrumentation.anthropic 52829" seen
