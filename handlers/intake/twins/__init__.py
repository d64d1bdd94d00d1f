"""Twins: each call is booked once, although several records tell it."""
