#!/bin/sh
# strands-agents[anthropic] 1.62.0 with anthropic 0.125.0 (PyPI), Python 3.11.
# A model object shared by two agents that run one after the other: each run has an event loop of its own, but the model keeps the
# connection of the first. The second agent's first request is sent on it and answered by the API, the client can't read the
# answer, and asks again: one call is billed twice and told in one span. With a model of its own for each agent it is asked once.
# Seen: "2 agents with one model: 3 requests; with one each: 2"
set -eu
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
python3 -m venv env
env/bin/pip install -q "strands-agents[anthropic]==1.62.0" anthropic==0.125.0
cat > run.py <<'PY'
import json, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from strands import Agent
from strands.models.anthropic import AnthropicModel

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
SEEN = []

class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        SEEN.append(self.path)
        body = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in EVENTS).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()

def model():
    client = {"base_url": f"http://127.0.0.1:{server.server_port}", "api_key": "none"}
    return AnthropicModel(client_args=client, model_id="claude-opus-4-5", max_tokens=9)

def requests(first, second):
    SEEN.clear()
    for one in (first, second):
        Agent(model=one, callback_handler=None)("Hi")
    return len(SEEN)

shared = model()
print(f"2 agents with one model: {requests(shared, shared)} requests; with one each: {requests(model(), model())}")
PY
env/bin/python run.py 2>log | tee seen
grep -qx "2 agents with one model: 3 requests; with one each: 2" seen
