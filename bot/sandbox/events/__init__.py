"""What Slack sends the app, and how the app answers it."""
