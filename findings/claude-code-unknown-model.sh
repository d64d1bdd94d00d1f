#!/bin/sh
# @anthropic-ai/claude-code 2.1.328 (npm), node 20, Linux x64.
# For a model that it doesn't know, the telemetry's cost_usd is neither 0 nor missing: it is the price of Claude Opus 5.5 for the
# same tokens, to the last digit, and nothing in the record says that it is a guess.
# Seen: "claude-opus-5-5 0.0092, in-house-1 0.0092"
set -eu
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm install --silent --no-package-lock @anthropic-ai/claude-code@2.1.328
cat > run.py <<'PY'
import json, os, subprocess, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COSTS = {}

class Servers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path.endswith("/v1/logs"):
            for record in (r for one in asked["resourceLogs"] for s in one["scopeLogs"] for r in s["logRecords"]):
                named = {pair["key"]: next(iter(pair["value"].values()), None) for pair in record["attributes"]}
                if "cost_usd" in named:
                    COSTS[named["model"]] = named["cost_usd"]
            return self.answers("application/json", "{}")
        begun = {"id": "msg_1", "type": "message", "role": "assistant", "model": asked["model"], "content": [],
                 "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 800, "output_tokens": 1}}
        events = (
            {"type": "message_start", "message": begun},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Done."}},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 300}},
            {"type": "message_stop"},
        )
        text = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
        return self.answers("text/event-stream", text)
    def answers(self, kind, text):
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())
    def do_HEAD(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Servers)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
env = {
    "PATH": os.environ["PATH"], "HOME": os.getcwd(), "ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "none",
    "CLAUDE_CODE_ENABLE_TELEMETRY": "1", "OTEL_LOGS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
    "OTEL_EXPORTER_OTLP_ENDPOINT": url, "DISABLE_AUTOUPDATER": "1",
}
for model in ("claude-opus-5-5", "in-house-1"):
    subprocess.run(["node_modules/.bin/claude", "-p", "hi", "--model", model], env=env, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, check=False)
print(", ".join(f"{model} {cost}" for model, cost in sorted(COSTS.items())))
PY
python3 run.py | tee seen
grep -qx "claude-opus-5-5 0.0092, in-house-1 0.0092" seen
