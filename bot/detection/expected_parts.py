"""The part of a team's spend that an expectation is about."""

from typing import cast

from bot.alerting.expectations import Cause
from bot.detection.histories import PartKind, SpendPart


def spend_part(team_id: int, cause: Cause) -> SpendPart | None:
    """Returns the part that a cause names; None for the team's whole spend."""
    return None if cause.is_total else SpendPart(team_id, cast(PartKind, cause.dimension), cause.name)
