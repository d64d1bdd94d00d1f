"""The HTTP routes of webhooks and OTLP, and how their bodies are read."""
