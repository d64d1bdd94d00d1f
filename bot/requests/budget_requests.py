"""Budget requests: what is asked, their states, and what was decided."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.refusals import FieldRefusal, Refusal
from bot.text import spaced

RequestState = Literal["pending", "approved", "denied", "withdrawn", "expired"]
EndKind = Literal["period", "date", "open"]
"""How long more budget lasts: this period only, until a date, or from now on."""
CapKind = Literal["team", "workflow", "tool", "member", "key"]
"""Whose cap a request is about: the team's, that of a part of its budget, or that of a person or a key at a gateway."""
Origin = Literal["", "command", "button", "home", "shortcut", "message", "link", "gateway", "emergency"]
"""Where a request comes from; "" in requests of earlier versions."""
MAX_REASON_CHARACTERS = 1_000


@dataclass(frozen=True, kw_only=True)
class RequestEnd:
    """When granted budget ends. `at` is a moment in microseconds, there only for "date"."""

    kind: EndKind = "period"
    at: int | None = None

    def is_longer_than(self, other: "RequestEnd", *, period_end: int) -> bool:
        """Returns whether budget lasts longer than with another end; `period_end` is that of the present period."""
        own, others = (None if end.kind == "open" else end.at or period_end for end in (self, other))
        return others is not None and (own is None or own > others)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a person asks for: an amount, why, how long, for which cap, and out of whose budget.

    `cap_ref` names the part, the person's id or the credential; it is "" for the team's own cap. `giver_id` is the team
    that the budget is to be moved from, None for the teams above. `origin_ref` is a link to the message it came from, or
    a gateway's id of the request.
    """

    amount_nanos: int
    reason: str
    end: RequestEnd = RequestEnd()
    cap_kind: CapKind = "team"
    cap_ref: str = ""
    giver_id: int | None = None
    origin: Origin = "command"
    origin_ref: str = ""

    @property
    def moves_budget(self) -> bool:
        """Returns whether budget moves for it. The cap of a person or a key is a limit within what the team has."""
        return self.cap_kind in ("team", "workflow", "tool")


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a decider says: yes or no. An approval may name another amount or end than the asker's."""

    approve: bool
    amount_nanos: int | None = None
    end: RequestEnd | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class BudgetRequest:
    """A person's request for more budget for a team. `revision` grows with each change by the asker. Moments are
    microseconds.

    `policy` is the policy's text as it was at the ask. The `granted_…` are what was approved. `decided_for` is the person
    whose delegate decided. An approved request without `decided_by` was approved by the policy.
    """

    id: int
    team_id: int
    person_id: int
    amount_nanos: int
    reason: str
    period: str
    state: RequestState
    payer_id: int | None
    held_nanos: int
    revision: int
    created_at: int
    decided_at: int | None
    decided_by: int | None
    decision_reason: str
    end_kind: EndKind = "period"
    ends_at: int | None = None
    cap_kind: CapKind = "team"
    cap_ref: str = ""
    giver_id: int | None = None
    policy: str = ""
    origin: Origin = ""
    origin_ref: str = ""
    granted_nanos: int | None = None
    granted_end_kind: EndKind | None = None
    granted_ends_at: int | None = None
    grant_id: int | None = None
    decided_for: int | None = None
    nudged_at: int | None = None
    reminders: int = 0
    remind_at: int | None = None
    escalated_at: int | None = None
    expires_at: int | None = None

    @property
    def document(self) -> str:
        return f"request:{self.id}"

    @property
    def ask(self) -> Ask:
        """Returns what the person asks for now."""
        return Ask(
            amount_nanos=self.amount_nanos,
            reason=self.reason,
            end=RequestEnd(kind=self.end_kind, at=self.ends_at),
            cap_kind=self.cap_kind,
            cap_ref=self.cap_ref,
            giver_id=self.giver_id,
            origin=self.origin,
            origin_ref=self.origin_ref,
        )

    @property
    def given_nanos(self) -> int:
        """Returns the approved amount; the asked one before a decision."""
        return self.amount_nanos if self.granted_nanos is None else self.granted_nanos

    @property
    def given_end(self) -> RequestEnd:
        """Returns the approved end; the asked one before a decision."""
        if self.granted_end_kind is None:
            return RequestEnd(kind=self.end_kind, at=self.ends_at)
        return RequestEnd(kind=self.granted_end_kind, at=self.granted_ends_at)


class Ended(Refusal):
    """The request is decided or withdrawn."""


def checked_reason(text: str) -> str:
    """Returns a typed reason without surrounding space. Raises FieldRefusal if it is empty or too long."""
    reason = spaced(text.replace("\x00", ""))
    if not reason:
        raise FieldRefusal("reason", "Write in a few words what it is for. Your approver sees this.")
    if len(reason) > MAX_REASON_CHARACTERS:
        raise FieldRefusal("reason", f"Keep it under {MAX_REASON_CHARACTERS:,} characters.")
    return reason


def require_pending(request: BudgetRequest, *, decided_by_name: str = "") -> None:
    """Raises Ended, with how it ended, unless a request is pending."""
    if request.state == "pending":
        return
    if request.state == "withdrawn":
        raise Ended("This request was withdrawn by the person who asked. Nothing more can be done with it.")
    if request.state == "expired":
        raise Ended("This request expired before anybody decided. The person who asked can ask again.")
    who = decided_by_name or "Somebody"
    raise Ended(f"{who} already {'approved' if request.state == 'approved' else 'denied'} this request.")


def asked_for(ask: Ask) -> dict[str, Any]:
    """Returns the fields of a request that say what is asked."""
    return {
        "amount_nanos": ask.amount_nanos,
        "reason": ask.reason,
        "end_kind": ask.end.kind,
        "ends_at": ask.end.at,
        "cap_kind": ask.cap_kind,
        "cap_ref": ask.cap_ref,
        "giver_id": ask.giver_id,
        "origin": ask.origin,
        "origin_ref": ask.origin_ref,
    }


def with_decision(
    request: BudgetRequest, decision: Decision, *, by: int | None, at: int, decided_for: int | None = None
) -> BudgetRequest:
    """Returns a request with its decision. Without `by` the policy decided."""
    ended = replace(request, decided_by=by, decided_at=at, decided_for=decided_for, remind_at=None, expires_at=None)
    if not decision.approve:
        return replace(ended, state="denied", decision_reason=decision.reason)
    end = decision.end or request.ask.end
    amount = request.amount_nanos if decision.amount_nanos is None else decision.amount_nanos
    return replace(
        ended,
        state="approved",
        decision_reason=decision.reason,
        granted_nanos=amount,
        granted_end_kind=end.kind,
        granted_ends_at=end.at,
    )


def with_expiry(request: BudgetRequest, *, at: int) -> BudgetRequest:
    """Returns a request that nobody decided in time."""
    return replace(request, state="expired", decided_at=at, remind_at=None, expires_at=None)


def with_withdrawal(request: BudgetRequest, *, by: int, at: int) -> BudgetRequest:
    if by != request.person_id:
        raise Refusal("Only the person who asked can withdraw a request.")
    return replace(request, state="withdrawn", decided_by=by, decided_at=at, remind_at=None, expires_at=None)
