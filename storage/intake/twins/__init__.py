"""Twins: records of one call, and the events as they count now."""
