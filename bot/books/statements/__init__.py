"""Statements: a team's account of a period, sealed after the period's close."""
