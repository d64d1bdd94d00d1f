"""Outcomes on their way into the books."""
