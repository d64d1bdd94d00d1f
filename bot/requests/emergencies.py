"""Emergency grants: budget that anybody takes at once for their team, openly, and that ends by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.money import usd
from bot.refusals import FieldRefusal, Refusal
from bot.requests.policies import ApprovalRule, AutoTerms

EmergencyAnswer = Literal["", "confirmed", "ended", "lapsed"]
"""What became of an emergency grant: a manager keeps it until the period ends, or ends it, or nobody answered."""


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


def emergency_text(terms: EmergencyTerms) -> str:
    """Returns the terms as a sentence of the policy."""
    often = "once" if terms.per_person_per_period == 1 else f"{terms.per_person_per_period} times"
    hours = "1 hour" if terms.lasts_hours == 1 else f"{terms.lasts_hours} hours"
    return f"In an emergency anybody takes up to {usd(terms.up_to_nanos)}, {often} a period per person, for {hours}."


def emergency_rule(terms: EmergencyTerms) -> ApprovalRule:
    """Returns the line that stands with an emergency grant."""
    return ApprovalRule(up_to_nanos=terms.up_to_nanos, auto=AutoTerms(per_period=terms.per_person_per_period))


def require_emergency(terms: EmergencyTerms | None, *, amount_nanos: int, taken: int) -> EmergencyTerms:
    """Returns the terms of an emergency grant. Raises Refusal if there are none, or if it is too much or too often."""
    if terms is None:
        raise Refusal("Your policy has no emergency grants. Request budget; your approver gets it at once.")
    if amount_nanos > terms.up_to_nanos:
        raise FieldRefusal(
            "amount", f"In an emergency you can take {usd(terms.up_to_nanos)} at most. Request the rest."
        )
    if taken >= terms.per_person_per_period:
        times = "once" if terms.per_person_per_period == 1 else f"{terms.per_person_per_period} times"
        raise Refusal(f"You can take emergency budget {times} a period, and did. Request budget instead.")
    return terms


@dataclass(frozen=True, kw_only=True)
class Emergency:
    """An emergency grant: when the managers are asked about it, and what came of it."""

    request_id: int
    grant_id: int
    ask_at: int
    asked_at: int | None = None
    answer: EmergencyAnswer = ""
    answered_by: int | None = None
    answered_at: int | None = None
