"""Socket Mode: Slack's requests over a WebSocket that Tokens opens, so that Slack needs no address to reach."""
