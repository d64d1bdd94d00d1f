"""Budgets in Slack: handing them out, and what a team has."""
