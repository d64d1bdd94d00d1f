"""Waiting requests: reminders, escalation, expiry, the list of all that waits, and the times of decisions."""
