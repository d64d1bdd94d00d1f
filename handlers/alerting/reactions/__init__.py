"""What people do with an alert: answer it, snooze it, mark it as planned, read its details."""
