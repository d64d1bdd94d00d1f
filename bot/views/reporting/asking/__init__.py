"""Answers to what people ask, as messages."""
