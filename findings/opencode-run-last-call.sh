#!/bin/sh
# opencode-ai 1.18.33 (npm), Linux x64, with experimental.openTelemetry.
# `opencode run` exports spans every five seconds and ends without sending the rest: of the calls of a short prompt (the session's title,
# with the small model, and the answer) the answer is never told. A longer run tells all but its last calls.
# Seen: "calls: claude-haiku-4-5, claude-opus-4-5; the answer's span: never sent"
set -eu
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm install --silent --no-package-lock opencode-ai@1.18.33
cat > run.py <<'PY'
import json, os, pathlib, subprocess, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CALLS, TOLD = [], []

class Servers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path.endswith("/v1/traces"):
            spans = [span for one in asked["resourceSpans"] for s in one["scopeSpans"] for span in s["spans"]]
            TOLD.extend(json.dumps(span) for span in spans if span["name"] == "ai.streamText.doStream")
        if not self.path.endswith("/messages"):
            return self.answers("application/json", "{}")
        CALLS.append(asked["model"])
        begun = {"id": f"msg_{len(CALLS)}", "type": "message", "role": "assistant", "model": asked["model"], "content": [],
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
    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Servers)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
config = {"autoupdate": False, "share": "disabled", "experimental": {"openTelemetry": True}, "model": "anthropic/claude-opus-4-5",
          "small_model": "anthropic/claude-haiku-4-5",
          "provider": {"anthropic": {"options": {"baseURL": f"{url}/v1", "apiKey": "none"},
                                     "models": {"claude-opus-4-5": {}, "claude-haiku-4-5": {}}}}}
pathlib.Path("work").mkdir()
env = {"PATH": os.environ["PATH"], "HOME": os.getcwd(), "OPENCODE_CONFIG_CONTENT": json.dumps(config),
       "OPENCODE_DISABLE_MODELS_FETCH": "1", "OTEL_EXPORTER_OTLP_ENDPOINT": url}
subprocess.run(["../node_modules/.bin/opencode", "run", "hi"], env=env, cwd="work", stdin=subprocess.DEVNULL,
               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=240, check=False)
was_told = any("claude-opus-4-5" in span for span in TOLD)
print(f"calls: {', '.join(sorted(CALLS))}; the answer's span: {'sent' if was_told else 'never sent'}")
PY
python3 run.py | tee seen
grep -qx "calls: claude-haiku-4-5, claude-opus-4-5; the answer's span: never sent" seen
