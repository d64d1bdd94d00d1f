"""Budget requests: their states, and the ledger entries that hold, release and grant their amounts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.books.ledger import Account, Entry
from bot.org.teams import Directory, Team
from bot.refusals import FieldRefusal, Refusal
from bot.text import spaced

RequestState = Literal["pending", "approved", "denied", "withdrawn"]
MAX_REASON_CHARACTERS = 1_000


@dataclass(frozen=True, kw_only=True)
class BudgetRequest:
    """A person's request for more budget for a team. `revision` grows with each change by the asker. Moments are
    microseconds."""

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

    @property
    def document(self) -> str:
        return f"request:{self.id}"


class Ended(Refusal):
    """The request is decided or withdrawn."""


def checked_reason(text: str) -> str:
    """Returns a typed reason without surrounding space. Raises FieldRefusal if it is empty or too long."""
    reason = spaced(text.replace("\x00", ""))
    if not reason:
        raise FieldRefusal("reason", "Say in a few words what it is for: whoever decides reads this first.")
    if len(reason) > MAX_REASON_CHARACTERS:
        raise FieldRefusal("reason", f"Keep it under {MAX_REASON_CHARACTERS:,} characters.")
    return reason


def require_pending(request: BudgetRequest, *, decided_by_name: str = "") -> None:
    """Raises Ended, with how it ended, unless a request is pending."""
    if request.state == "pending":
        return
    if request.state == "withdrawn":
        raise Ended("This request was withdrawn by the person who asked. Nothing more can be done with it.")
    who = decided_by_name or "Somebody"
    raise Ended(f"{who} already {'approved' if request.state == 'approved' else 'denied'} this request.")


def with_decision(request: BudgetRequest, *, approve: bool, by: int, at: int, reason: str = "") -> BudgetRequest:
    """Returns a request with its decision."""
    state: RequestState = "approved" if approve else "denied"
    return replace(request, state=state, decided_by=by, decided_at=at, decision_reason=reason)


def with_withdrawal(request: BudgetRequest, *, by: int, at: int) -> BudgetRequest:
    if by != request.person_id:
        raise Refusal("Only the person who asked can withdraw a request.")
    return replace(request, state="withdrawn", decided_by=by, decided_at=at)


def hold_entry(request: BudgetRequest, *, at: int) -> Entry | None:
    """Returns the entry that holds the amount in the payer's budget; None without a payer."""
    if request.payer_id is None or request.held_nanos == 0:
        return None
    return Entry(
        kind="hold",
        dedupe_key=f"hold:{request.document}:{request.revision}",
        period=request.period,
        effective_at=at,
        from_account=_account(request.payer_id, request.period, "available"),
        to_account=_account(request.payer_id, request.period, "held"),
        amount_nanos=request.held_nanos,
        actor_id=request.person_id,
        reason="pending budget request",
        document=request.document,
    )


def release_entry(request: BudgetRequest, *, by: int | None, at: int) -> Entry | None:
    """Returns the entry that releases the held amount; None if nothing is held."""
    if request.payer_id is None or request.held_nanos == 0:
        return None
    return Entry(
        kind="release",
        dedupe_key=f"release:{request.document}:{request.revision}",
        period=request.period,
        effective_at=at,
        from_account=_account(request.payer_id, request.period, "held"),
        to_account=_account(request.payer_id, request.period, "available"),
        amount_nanos=request.held_nanos,
        actor_id=by,
        reason="budget request ended",
        document=request.document,
    )


def grant_entries(
    request: BudgetRequest, *, directory: Directory, team: Team, payer_id: int | None, by: int, at: int
) -> list[Entry]:
    """Returns the allocations that move an approved amount from the payer down to the team, level by level.

    Without a payer the amount is new funding: an appropriation comes first.
    """
    chain: Sequence[Team] = (team, *directory.ancestors(team))
    paying = payer_id if payer_id is not None else directory.root.id
    levels = [t.id for t in chain[: [t.id for t in chain].index(paying) + 1]]
    entries: list[Entry] = []

    def move(kind: Literal["appropriation", "allocation"], step: str, source: Account, target: Account) -> None:
        entries.append(
            Entry(
                kind=kind,
                dedupe_key=f"grant:{request.document}:{step}",
                period=request.period,
                effective_at=at,
                from_account=source,
                to_account=target,
                amount_nanos=request.amount_nanos,
                actor_id=by,
                reason="approved budget request",
                document=request.document,
            )
        )

    if payer_id is None:
        root = directory.root.id
        move(
            "appropriation",
            "funding",
            _account(root, request.period, "funding"),
            _account(root, request.period, "available"),
        )
    for upper, lower in zip(levels[:0:-1], levels[-2::-1], strict=True):
        move(
            "allocation",
            f"{upper}>{lower}",
            _account(upper, request.period, "available"),
            _account(lower, request.period, "available"),
        )
    return entries


def _account(team_id: int, period: str, bucket: Literal["funding", "available", "held"]) -> Account:
    return Account(team_id=team_id, period=period, bucket=bucket)
