"""Statements: made, sealed, shown, sent as files, and verified."""
