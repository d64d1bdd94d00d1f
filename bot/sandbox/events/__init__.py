"""Requests from Slack to the app, and the app's answers."""
