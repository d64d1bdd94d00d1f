"""The ledger entries of a budget request: they hold, release and grant its amount."""

from collections.abc import Sequence
from typing import Literal

from bot.books.ledger import Account, Entry
from bot.org.teams import Directory, Team
from bot.requests.budget_requests import BudgetRequest


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
    request: BudgetRequest, *, directory: Directory, team: Team, payer_id: int | None, by: int | None, at: int
) -> list[Entry]:
    """Returns the entries that move an approved amount to the team for the period: from the payer down, level by level, or
    from the team that gives it.

    Without a payer the amount is new funding: an appropriation comes first.
    """
    if request.giver_id is not None:
        return [_transfer_entry(request, request.giver_id, by=by, at=at)]
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
                amount_nanos=request.given_nanos,
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


def _transfer_entry(request: BudgetRequest, giver_id: int, *, by: int | None, at: int) -> Entry:
    return Entry(
        kind="transfer",
        dedupe_key=f"grant:{request.document}:transfer",
        period=request.period,
        effective_at=at,
        from_account=_account(giver_id, request.period, "available"),
        to_account=_account(request.team_id, request.period, "available"),
        amount_nanos=request.given_nanos,
        actor_id=by,
        reason="approved budget request",
        document=request.document,
    )


def _account(team_id: int, period: str, bucket: Literal["funding", "available", "held"]) -> Account:
    return Account(team_id=team_id, period=period, bucket=bucket)
