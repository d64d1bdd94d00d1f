"""Slack's side of the handlers: answers, callers, channels, files, the outbox, signatures."""
