"""Requests for a higher limit that members make at Claude Enterprise: what is asked for here, and the limit that answers."""

from dataclasses import dataclass
from typing import Literal

from bot.money import NANOS, usd
from bot.org.gateways import GatewaySettings
from bot.requests.asking.asks import rounded_up
from bot.requests.budget_requests import Ask, BudgetRequest, RequestEnd, RequestState
from bot.text import plain

IncreaseState = Literal["open", "unplaced", "answered", "closed"]
"""`open`: asked of the deciders here. `unplaced`: nobody here could be asked. `closed`: answered in claude.ai."""
_LEAST_NANOS = 10 * NANOS
_PERIODS = {"daily": "today", "weekly": "this week", "monthly": "this month"}


@dataclass(frozen=True, kw_only=True)
class IncreaseRequest:
    """A member's request for a higher limit, as the gateway has it. It names no amount: `cap_nanos` is the limit in force,
    None without one.
    """

    ref: str
    user_id: str
    email: str
    name: str
    state: str
    period: str
    cap_nanos: int | None
    spent_nanos: int | None


@dataclass(frozen=True, kw_only=True)
class StoredIncrease:
    """What became of a gateway's request here: the limit that answered it, or the sentence of why it is not answered yet."""

    gateway: str
    ref: str
    state: IncreaseState
    request_id: int | None = None
    tries: int = 0
    set_nanos: int | None = None
    set_at: int | None = None
    sentence: str = ""


def suggested_nanos(found: IncreaseRequest) -> int:
    """Returns what to ask for, as the request names no amount: half of the limit more, in figures that people use."""
    return max(rounded_up((found.cap_nanos or 0) // 2), _LEAST_NANOS)


def team_slug_of(found: IncreaseRequest, gateway: GatewaySettings) -> str:
    """Returns the team below which the gateway's line names the member; "" if none does."""
    known = {found.user_id, found.email.casefold()} - {""}
    for slug, targets in gateway.teams.items():
        for target in targets:
            if target.kind in ("user", "member") and ({target.ref, target.ref.casefold()} & known):
                return slug
    return ""


def ask_of(found: IncreaseRequest, *, person_id: int) -> Ask:
    """Returns what is asked for here: the member's own cap, which Claude keeps until somebody sets another."""
    return Ask(
        amount_nanos=suggested_nanos(found),
        reason=reason_of(found),
        end=RequestEnd(kind="open"),
        cap_kind="member",
        cap_ref=str(person_id),
        origin="gateway",
        origin_ref=found.ref,
    )


def reason_of(found: IncreaseRequest) -> str:
    """Returns the reason that deciders read. Nobody typed one."""
    spent = "" if found.spent_nanos is None else f"{usd(found.spent_nanos)} used "
    limit = "without a limit" if found.cap_nanos is None else f"of a limit of {usd(found.cap_nanos)}"
    period = _PERIODS.get(found.period, "in this period")
    return (
        f"Asked for in Claude: {spent}{limit} {period}. Claude's request names no amount, so this one is a suggestion."
    )


def answer_cap(found: IncreaseRequest, request: BudgetRequest) -> int:
    """Returns the limit to approve: the present one, or what is spent if that is more, plus what was granted."""
    return max(found.cap_nanos or 0, found.spent_nanos or 0) + request.given_nanos


def who_words(found: IncreaseRequest) -> str:
    """Returns the member for people of finance, in plain text: `Anna Ito (anna@acme.test)`."""
    name = plain(found.name, limit=60) if found.name.strip() else ""
    email = plain(found.email, limit=80) if found.email.strip() else ""
    if name and email:
        return f"{name} ({email})"
    return name or email or f"member {plain(found.user_id, limit=40)}"


def agrees(state: RequestState, there: str) -> bool:
    """Returns whether a request that ended here ended the same way at the gateway."""
    return there == ("approved" if state == "approved" else "denied")
