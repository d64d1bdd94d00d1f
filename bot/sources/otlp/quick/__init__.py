"""The quick way to read OTLP: what senders repeat is decoded once."""
