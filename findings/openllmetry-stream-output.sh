#!/bin/sh
# opentelemetry-instrumentation-anthropic 0.62.4 with anthropic 0.125.0 (PyPI), Python 3.11.
# A stream of the Messages API tells output_tokens twice: at its start (1, as the API does) and at its end (300, cumulative, which is the
# bill). The tracer adds the two.
# Seen: "billed 300, in the span 301"
set -eu
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
python3 -m venv env
env/bin/pip install -q anthropic==0.125.0 opentelemetry-instrumentation-anthropic==0.62.4 opentelemetry-sdk==1.45.2
cat > run.py <<'PY'
import json, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
import anthropic
from opentelemetry import trace
from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

BEGUN = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-4-5", "content": [],
         "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 800, "output_tokens": 1}}
EVENTS = (
    {"type": "message_start", "message": BEGUN},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Done."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 300}},
    {"type": "message_stop"},
)

class Api(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for event in EVENTS:
            self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
    def log_message(self, *_):
        pass

server = HTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
spans, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
AnthropicInstrumentor().instrument(tracer_provider=provider)
client = anthropic.Anthropic(base_url=f"http://127.0.0.1:{server.server_port}", api_key="none")
asked = {"model": "claude-opus-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
for _ in client.messages.create(stream=True, **asked):
    pass
(span,) = spans.get_finished_spans()
print(f"billed 300, in the span {span.attributes['gen_ai.usage.output_tokens']}")
PY
env/bin/python run.py | tee seen
grep -qx "billed 300, in the span 301" seen
