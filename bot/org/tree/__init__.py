"""The tree of teams over time: parents by day, ends, and faults."""
