"""Commitments: budget that is set aside, moved between teams, or credited."""
