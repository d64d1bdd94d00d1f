"""Setting teams up in Slack: what is set there, and the time zones to choose from."""
