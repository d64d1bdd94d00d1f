"""LiteLLM: its callback's bodies and its spend logs."""
