"""OpenTelemetry over HTTP: protobuf and JSON, traces, logs and metrics."""
