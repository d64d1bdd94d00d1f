#!/bin/sh
# langsmith[otel] 0.15.1 (PyPI), Python 3.11.
# OpenTelemetry's exporters decode percent-encoding in OTEL_EXPORTER_OTLP_HEADERS, so that a space is written %20. LangSmith's
# client splits the variable by itself and hands the values on undecoded, so a header that works for every other
# exporter of the same process is refused with 401 by a server that looks for "Bearer ".
# Seen: "Authorization: Bearer%20abc"
set -eu
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
python3 -m venv env
env/bin/pip install -q "langsmith[otel]==0.15.1"
cat > run.py <<'PY'
import os, threading
from http.server import BaseHTTPRequestHandler, HTTPServer

SEEN = []

class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        SEEN.append(self.headers["authorization"])
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass

server = HTTPServer(("127.0.0.1", 0), Collector)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ |= {
    "LANGSMITH_TRACING": "true", "LANGSMITH_OTEL_ENABLED": "true", "LANGSMITH_OTEL_ONLY": "true", "LANGSMITH_API_KEY": "none",
    "LANGSMITH_ENDPOINT": "http://127.0.0.1:9",
    "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
    "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer%20abc",
}
import langsmith

@langsmith.traceable(run_type="llm")
def call():
    return "Done."

call()
langsmith.utils.get_env_var.cache_clear()
from langsmith.run_trees import get_cached_client
get_cached_client().flush()
from opentelemetry import trace
if hasattr(trace.get_tracer_provider(), "force_flush"):
    trace.get_tracer_provider().force_flush()
print(f"Authorization: {SEEN[0] if SEEN else 'nothing was sent'}")
PY
env/bin/python run.py 2>log | tee seen
grep -qx "Authorization: Bearer%20abc" seen
