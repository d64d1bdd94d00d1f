"""Adapters of the gateways that speak Anthropic's, OpenAI's or GitHub's admin API, and of webhooks."""
