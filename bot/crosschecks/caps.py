"""Caps at gateways: what a gateway says of one, and what a connection to it can do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.money import NANOS
from bot.org.gateways import CapTarget, GatewaySettings

__all__ = ["CENT_NANOS", "Cap", "CapChange", "CapTarget", "Connection", "GatewaySettings", "whole_cents"]

CENT_NANOS = NANOS // 100


@dataclass(frozen=True, kw_only=True)
class Cap:
    """A target's cap as its gateway states it. `cap_nanos` None: unlimited, which is read and never written. `spent_nanos`
    is the spend in the gateway's present period; None if it does not say. `seen` has what else the adapter needs to write
    the cap back, and no secrets. A gateway that can't be asked, such as a webhook's receiver, has a cap that is not
    `confirmed`: it took the change, and nobody can read back what it made of it. Its caps are multiples of `unit_nanos`, and at
    least `least_nanos`.
    """

    cap_nanos: int | None
    spent_nanos: int | None
    per_member: bool = False
    resets_at: int | None = None
    seen: Mapping[str, Any] = field(default_factory=dict)
    confirmed: bool = True
    unit_nanos: int = CENT_NANOS
    least_nanos: int = 0


@dataclass(frozen=True, kw_only=True)
class CapChange:
    """Why a cap is written. `id` is the same each time the same change is tried; a later change has a higher `version`."""

    id: str
    version: int
    team: str
    """The slug of our team."""
    team_name: str
    period: str
    available_nanos: int
    changed_by: str
    """Who decided, for the gateway's own audit: a Slack id or an e-mail, or "tokens" where nobody did."""
    because: str


@dataclass(frozen=True, kw_only=True)
class Connection:
    """What `tokens gateways test` found: whether caps can be read and written, and sentences on what to mend."""

    can_read: bool
    can_write: bool
    notes: tuple[str, ...] = ()


def whole_cents(nanos: int) -> int:
    """Rounds an amount down to whole cents, in nano-dollars, and never below zero: what may be written to a gateway."""
    return max(nanos, 0) // CENT_NANOS * CENT_NANOS
