"""Counters that senders report as running sums."""
