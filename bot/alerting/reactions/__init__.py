"""Reactions to alerts: answers, and opinions about them."""
