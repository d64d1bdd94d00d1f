"""Emergency grants: budget that anybody takes at once for their team, openly, and that ends by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class EmergencyTerms:
    """What an emergency grant may be, by `policy.emergency`."""

    up_to_nanos: int
    per_person_per_period: int
    lasts_hours: int


def emergency_of(policy: Mapping[str, Any] | None) -> EmergencyTerms | None:
    """Returns the terms of the stored `policy` document; None if it has no emergency grants."""
    declared = (policy or {}).get("emergency")
    if not declared:
        return None
    return EmergencyTerms(
        up_to_nanos=declared["up_to"],
        per_person_per_period=declared["per_person_per_period"],
        lasts_hours=declared["lasts_hours"],
    )
