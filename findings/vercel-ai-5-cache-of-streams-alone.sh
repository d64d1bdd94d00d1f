#!/bin/sh
# ai 5.0.277 with @ai-sdk/openai 2.0.131 (npm), Linux x64, experimental_telemetry.
# Of the same usage the span of `streamText` tells the cached input, and the span of `generateText` does not: there is no attribute of the
# cache or of reasoning, and the provider's metadata have none either. Who prices spans charges such calls the full price of input.
# Version 6 tells it for both.
# Seen: "generateText: 10000 input, cached not told; streamText: 10000 input, 4096 cached"
set -eu
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm install --silent --no-package-lock ai@5.0.277 @ai-sdk/openai@2.0.131 @opentelemetry/sdk-trace-node@2.12.1 zod@3.25.76
cat > run.mjs <<'JS'
import { createServer } from "node:http";
import { createOpenAI } from "@ai-sdk/openai";
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { generateText, streamText } from "ai";

const usage = { prompt_tokens: 10000, completion_tokens: 200, total_tokens: 10200, prompt_tokens_details: { cached_tokens: 4096 } };
const base = { id: "chatcmpl-1", created: 1796000000, model: "gpt-4o" };
const server = createServer((request, answer) => {
  let text = "";
  request.on("data", (part) => (text += part)).on("end", () => {
    const message = { role: "assistant", content: "Hi" };
    if (!JSON.parse(text).stream) {
      answer.setHeader("content-type", "application/json");
      return answer.end(JSON.stringify({ ...base, choices: [{ index: 0, message, finish_reason: "stop" }], usage }));
    }
    answer.setHeader("content-type", "text/event-stream");
    const chunks = [{ ...base, choices: [{ index: 0, delta: message, finish_reason: "stop" }] }, { ...base, choices: [], usage }];
    answer.end(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join("") + "data: [DONE]\n\n");
  });
}).listen(0, "127.0.0.1");
await new Promise((ready) => server.once("listening", ready));
const exporter = new InMemorySpanExporter();
const tracer = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer("finding");
const model = createOpenAI({ apiKey: "none", baseURL: `http://127.0.0.1:${server.address().port}/v1` }).chat("gpt-4o");
const asked = { model, prompt: "hi", experimental_telemetry: { isEnabled: true, tracer } };
await generateText(asked);
await streamText(asked).consumeStream();
server.close();
const told = {};
for (const span of exporter.getFinishedSpans().filter((one) => one.name.includes(".do"))) {
  const found = Object.entries(span.attributes).filter(([name]) => /usage|providerMetadata/.test(name));
  told[span.name.split(".")[1]] = {
    input: span.attributes["gen_ai.usage.input_tokens"],
    cached: found.some(([, value]) => String(value).includes("4096")),
  };
}
const said = (name) => `${name}: ${told[name].input} input, ${told[name].cached ? "4096 cached" : "cached not told"}`;
console.log(`${said("generateText")}; ${said("streamText")}`);
process.exit(!told.generateText.cached && told.streamText.cached ? 0 : 1);
JS
node run.mjs
