"""The demo: a company with a month of usage, on the sandbox workspace."""
