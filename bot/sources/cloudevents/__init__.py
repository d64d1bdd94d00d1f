"""Native events: CloudEvents, structured, batch or binary."""
