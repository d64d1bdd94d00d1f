// Vercel's AI SDK 7 with its telemetry package, by OpenAI's and Anthropic's APIs, streamed and not.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { OpenTelemetry } from "@ai-sdk/otel";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { generateText, registerTelemetry, streamText } from "ai";

const sdk = new NodeSDK({ traceExporter: new OTLPTraceExporter() });
sdk.start();
registerTelemetry(new OpenTelemetry());
const anthropic = createAnthropic({ baseURL: `${process.env.API}/v1`, apiKey: "none" });
const openai = createOpenAI({ baseURL: `${process.env.API}/v1`, apiKey: "none" });
const models = [anthropic("claude-sonnet-5-5"), openai("gpt-5.6"), openai.chat("gpt-6.1-terra")];
for (let number = 0; number < Number(process.env.CALLS); number++) {
  const asked = { model: models[number % 3], prompt: `Question ${number}`, maxRetries: 4, telemetry: { functionId: "harness" } };
  if (number % 2) await streamText(asked).text;
  else await generateText(asked);
}
await sdk.shutdown();
