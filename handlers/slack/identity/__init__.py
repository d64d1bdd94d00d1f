"""Who somebody is, by Slack: callers looked up, and the workspace that the app belongs to."""
