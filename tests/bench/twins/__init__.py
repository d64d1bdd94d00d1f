"""Twins among simulated calls: how many are missed, how many independent calls are merged, and what it costs."""
