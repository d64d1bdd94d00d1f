#!/bin/sh
# @google/gemini-cli 0.61.0 (npm), node 20.
# -m gemini-3.5-flash does not call gemini-3.5-flash: with an API key the program asks the API for gemini-3.8-flash, and says nothing.
# -m gemini-3.5-flash-lite is called as it is named. A price looked up by the model on the command line is another model's.
# Seen: "gemini-3.5-flash calls gemini-3.8-flash", "gemini-3.5-flash-lite calls gemini-3.5-flash-lite"
set -eu
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm install --silent --no-package-lock --ignore-scripts @google/gemini-cli@0.61.0
cat > run.py <<'PY'
import json, os, pathlib, subprocess, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SEEN = []

class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        model, _, method = self.path.partition("?")[0].rpartition("/")[2].partition(":")
        SEEN.append(model)
        usage = {"promptTokenCount": 800, "candidatesTokenCount": 300, "totalTokenCount": 1100}
        said = {"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [{"text": "Done."}]}}
        text = json.dumps({"candidates": [said], "modelVersion": model, "usageMetadata": usage})
        streamed = method == "streamGenerateContent"
        body = (f"data: {text}\n\n" if streamed else text).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if streamed else "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
settings = pathlib.Path("home/.gemini/settings.json")
settings.parent.mkdir(parents=True)
settings.write_text(json.dumps({"security": {"auth": {"selectedType": "gemini-api-key"}},
                                "privacy": {"usageStatisticsEnabled": False}}))
env = {"PATH": os.environ["PATH"], "HOME": str(pathlib.Path("home").resolve()), "GEMINI_API_KEY": "none",
       "GOOGLE_GEMINI_BASE_URL": f"http://127.0.0.1:{server.server_port}"}
for model in ("gemini-3.5-flash", "gemini-3.5-flash-lite"):
    SEEN.clear()
    subprocess.run(["node_modules/.bin/gemini", "--skip-trust", "-m", model, "-p", "hi"], env=env, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=180, check=False)
    print(f"{model} calls {', '.join(dict.fromkeys(SEEN))}")
PY
python3 run.py | tee seen
grep -qx "gemini-3.5-flash calls gemini-3.8-flash" seen
grep -qx "gemini-3.5-flash-lite calls gemini-3.5-flash-lite" seen
