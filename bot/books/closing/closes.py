"""The close of a period: the parent covers what a team overspent; of the rest some goes along, and the rest lapses upwards."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.books.ledger import CLOSE, Account, Bucket, Entry, EntryKind
from bot.money import MAX_AMOUNT_NANOS
from bot.org.budget_terms import BudgetTerms


@dataclass(frozen=True, kw_only=True)
class Remainder:
    """What a team has left in a period that closes. The teams below it are done, and what they gave back is included.

    `parent_id` is None for the organisation, whose funding takes the rest. `uncounted_nanos` was spent before the budget's first
    day, so it lowers nothing that is taken along. `entries` is the number that its close has posted already.
    """

    team_id: int
    parent_id: int | None
    available_nanos: int
    carry_nanos: int
    uncounted_nanos: int = 0
    entries: int = 0


def close_document(team_id: int, period: str) -> str:
    return f"{CLOSE}{team_id}:{period}"


def carry_limit(terms: BudgetTerms, *, base_nanos: int, next_base_nanos: int) -> int:
    """Returns how much of a period's unspent budget a team takes along: an amount, or a share of its declared budget.

    A budget that is filled up keeps what is unspent, as far as the next budget leaves room below that amount.
    """
    if terms.top_up_to_nanos is not None:
        return max(0, terms.top_up_to_nanos - next_base_nanos)
    if terms.carry_forward_nanos is not None:
        return terms.carry_forward_nanos
    return max(0, base_nanos) * (terms.carry_forward_percent or 0) // 100


def close_entries(left: Remainder, *, period: str, following: str, at: int) -> list[Entry]:
    """Returns the entries after which nothing is left in a team's account of a period; none if it is empty."""
    own = _account(left.team_id, period)
    above = _account(left.team_id, period, "funding") if left.parent_id is None else _account(left.parent_id, period)
    moves: list[tuple[EntryKind, Account, Account, int, str]] = []
    uncounted = 0 if left.entries else left.uncounted_nanos  # what it lowered is covered once
    carried = min(max(0, left.available_nanos + uncounted), left.carry_nanos)
    covered = max(0, carried - left.available_nanos)
    because = "spent before the budget began" if uncounted else "spent beyond the budget"
    moves.append(("cover", above, own, covered, because))
    moves.append(("carry_forward", own, _account(left.team_id, following), carried, "unspent, taken along"))
    rest = left.available_nanos + covered - carried
    moves.append(("lapse", own, above, rest, "unspent at the end of the period"))
    document = close_document(left.team_id, period)
    return [
        Entry(
            kind=kind,
            dedupe_key=f"{document}:{left.entries + place}",
            period=following if kind == "carry_forward" else period,
            effective_at=at,
            from_account=source,
            to_account=target,
            amount_nanos=nanos,
            actor_id=None,
            reason=reason,
            document=document,
        )
        for place, (kind, source, target, nanos, reason) in enumerate(_pieces(moves))
    ]


def _pieces(
    moves: list[tuple[EntryKind, Account, Account, int, str]],
) -> Iterator[tuple[EntryKind, Account, Account, int, str]]:
    """Yields moves of at most a billion dollars each; none for nothing."""
    for kind, source, target, nanos, reason in moves:
        left = nanos
        while left:
            moved = min(left, MAX_AMOUNT_NANOS)
            yield kind, source, target, moved, reason
            left -= moved


def _account(team_id: int, period: str, bucket: Bucket = "available") -> Account:
    return Account(team_id=team_id, period=period, bucket=bucket)
