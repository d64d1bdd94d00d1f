"""The severities of alerts."""

from typing import Literal

Severity = Literal["low", "medium", "high", "critical"]
"""By the money at stake, the least first. Delivery rules never delay a critical alert."""

SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")


def rank(severity: Severity) -> int:
    """Returns the place of a severity, from 0 for low to 3 for critical."""
    return SEVERITIES.index(severity)
