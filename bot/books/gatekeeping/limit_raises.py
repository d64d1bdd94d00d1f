"""Raises of limits: what an approved request adds to the limit of a part, a person or a key, and for how long."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bot.books.gatekeeping.parts import Part

RaisedKind = Literal["workflow", "tool", "member", "key"]


@dataclass(frozen=True, kw_only=True)
class LimitRaise:
    """A raise of one limit in a team. `ref` is a part's key, a person's id or a credential.

    It counts in its `period` only, until `ends_at`, or, without either, from then on. A part's counts as long as its
    declared limit is the one that was raised, `declared_nanos`: whoever declares another one has decided anew.
    """

    request_id: int
    team_id: int
    kind: RaisedKind
    ref: str
    amount_nanos: int
    declared_nanos: int
    period: str
    ends_at: int | None
    made_at: int

    def counts(self, *, declared_nanos: int, period: str, at: int) -> bool:
        if self.period:
            return self.period == period
        if self.ends_at is not None:
            return at < self.ends_at
        return self.kind in ("member", "key") or self.declared_nanos == declared_nanos


def raised_nanos(raises: Iterable[LimitRaise], part: Part, *, period: str, at: int) -> int:
    """Returns how much a part's limit is raised by in a period at a moment."""
    return sum(
        one.amount_nanos
        for one in raises
        if is_of_part(one, part) and one.counts(declared_nanos=part.amount_nanos, period=period, at=at)
    )


def is_of_part(raised: LimitRaise, part: Part) -> bool:
    if part.is_private:
        return raised.kind == "member" and raised.ref in {str(person_id) for person_id in part.person_ids}
    return raised.kind in ("workflow", "tool") and raised.ref == part.key
