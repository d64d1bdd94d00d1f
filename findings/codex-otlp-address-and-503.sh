#!/bin/sh
# @openai/codex 0.169.0 (npm), Linux x64.
# OTLP exporters append /v1/logs to their endpoint and send a batch again after 503. Codex posts to exactly the configured address
# and drops a batch that is answered 503, with or without Retry-After: the tokens of the turn are told once, into the void.
# Seen: "paths: /collector; records with tokens, each answered 503: 1"
set -eu
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm install --silent --no-package-lock @openai/codex@0.169.0
cat > run.py <<'PY'
import json, os, pathlib, subprocess, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATHS, TOLD = set(), []

class Servers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        if not self.path.endswith("/responses"):
            PATHS.add(self.path)
            TOLD.extend(["record"] * body.count('"input_token_count"'))
            return self.answers(503, "application/json", "{}")
        usage = {"input_tokens": 800, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 300,
                 "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 1100}
        said = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": "Done.", "annotations": []}]}
        whole = {"id": "resp_1", "object": "response", "status": "completed", "output": [said], "usage": usage}
        events = (
            {"type": "response.created", "response": {**whole, "status": "in_progress", "output": [], "usage": None}},
            {"type": "response.output_item.done", "output_index": 0, "item": said},
            {"type": "response.completed", "response": whole},
        )
        text = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
        return self.answers(200, "text/event-stream", text)
    def do_GET(self):
        self.answers(404, "application/json", "{}")
    def answers(self, status, kind, text):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text)))
        if status == 503:
            self.send_header("retry-after", "1")
        self.end_headers()
        self.wfile.write(text.encode())
    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Servers)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
home = pathlib.Path("home/.codex")
home.mkdir(parents=True)
(home / "config.toml").write_text(f'''
model = "gpt-5.6"
model_provider = "local"
[model_providers.local]
name = "local"
base_url = "{url}/v1"
env_key = "OPENAI_API_KEY"
wire_api = "responses"
[analytics]
enabled = false
[otel]
trace_exporter = "none"
metrics_exporter = "none"
[otel.exporter.otlp-http]
endpoint = "{url}/collector"
protocol = "json"
''')
env = {"PATH": os.environ["PATH"], "HOME": str(home.parent.resolve()), "OPENAI_API_KEY": "none"}
subprocess.run(["node_modules/.bin/codex", "exec", "--skip-git-repo-check", "hi"], env=env, stdin=subprocess.DEVNULL,
               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, check=False)
print(f"paths: {', '.join(sorted(PATHS - {'/v1/analytics/codex/turn-costs'}))}; records with tokens, each answered 503: {len(TOLD)}")
PY
python3 run.py | tee seen
grep -qx "paths: /collector; records with tokens, each answered 503: 1" seen
