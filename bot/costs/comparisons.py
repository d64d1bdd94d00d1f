"""Our prices beside senders' costs: how far they are apart, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

Cause = Literal["unit", "tier", "geography", "guess", "contract", "unpriced", "rounding", "price"]
"""Why two prices of a call differ; `price` is anything else: a stale book, or terms of the sender's own."""

TOLERANCE_PERCENT = Decimal(1)
_LEAST_NANOS = 10_000_000
_ROUNDED_PER_MILLE = 1
_WORDS: dict[Cause, str] = {
    "unit": "the book lacks",
    "tier": "tier",
    "geography": "geography",
    "guess": "the sender guesses models it does not know",
    "contract": "your contract",
    "unpriced": "unpriced here",
    "rounding": "rounding",
    "price": "a stale book, or the sender's own terms",
}


@dataclass(frozen=True, kw_only=True)
class PriceDisagreement:
    """A model's calls that both the sender and we priced, with both totals, for one cause.

    `ours_nanos` is what we booked, or what the book has where the sender's cost was booked; `booked_nanos` is always what
    was booked. `detail` names the unit, tier or geography.
    """

    provider: str
    model: str
    calls: int
    ours_nanos: int
    theirs_nanos: int
    booked_nanos: int = 0
    cause: Cause = "price"
    detail: str = ""

    @property
    def difference_nanos(self) -> int:
        return self.ours_nanos - self.theirs_nanos

    @property
    def is_settled(self) -> bool:
        """Returns whether the sender's cost was booked for what the book lacks, so that nothing is left to decide."""
        return self.cause == "unit" and self.booked_nanos == self.theirs_nanos

    def exceeds(self, percent: Decimal) -> bool:
        """Returns whether the difference is over a percentage of the sender's total and at least one cent."""
        difference = abs(self.difference_nanos)
        return difference >= _LEAST_NANOS and difference * 100 > percent * self.theirs_nanos


def cause_words(cause: Cause, detail: str) -> str:
    """Returns a cause for people: `tier priority`, `the book lacks audio_output`."""
    words = _WORDS[cause]
    if cause == "unit" and not detail:
        return "kinds of tokens or units that one side lacks"
    return f"{words} {detail}".strip() if cause in ("unit", "tier", "geography") else words


def with_causes(groups: Iterable[PriceDisagreement]) -> list[PriceDisagreement]:
    """Returns the groups of each model, the largest difference first: what has no calls of its own joins the model's
    largest group, and what is hardly apart is rounding.
    """
    by_model: dict[tuple[str, str], list[PriceDisagreement]] = {}
    for group in groups:
        by_model.setdefault((group.provider, group.model), []).append(group)
    found = []
    for of_model in by_model.values():
        ordered = sorted(of_model, key=lambda group: -group.calls)
        kept = [group for group in ordered if group.calls > 0]
        rest = [group for group in ordered if group.calls <= 0]
        if kept:
            found += [_rounded(total([kept[0], *rest])), *map(_rounded, kept[1:])]
    return sorted(found, key=lambda d: (-abs(d.difference_nanos), d.provider, d.model, d.cause, d.detail))


def total(groups: Sequence[PriceDisagreement]) -> PriceDisagreement:
    """Returns the sum of groups, under the first one's names and cause."""
    return replace(
        groups[0],
        calls=sum(group.calls for group in groups),
        ours_nanos=sum(group.ours_nanos for group in groups),
        theirs_nanos=sum(group.theirs_nanos for group in groups),
        booked_nanos=sum(group.booked_nanos for group in groups),
    )


def by_model(groups: Iterable[PriceDisagreement]) -> list[PriceDisagreement]:
    """Returns one sum for each model, without what is settled, the largest difference first."""
    listed: dict[tuple[str, str], list[PriceDisagreement]] = {}
    for group in groups:
        if not group.is_settled:
            listed.setdefault((group.provider, group.model), []).append(group)
    return sorted(map(total, listed.values()), key=lambda d: (-abs(d.difference_nanos), d.provider, d.model))


def explained(groups: Iterable[PriceDisagreement]) -> list[tuple[str, int]]:
    """Returns what each cause explains of a bill that is higher than the books, in nano-dollars, the largest first: by how
    much senders' own costs are over what was booked.
    """
    sums: dict[str, int] = {}
    for group in groups:
        words = cause_words(group.cause, group.detail)
        sums[words] = sums.get(words, 0) + group.theirs_nanos - group.booked_nanos
    return sorted(((words, nanos) for words, nanos in sums.items() if nanos), key=lambda item: (-abs(item[1]), item[0]))


def _rounded(group: PriceDisagreement) -> PriceDisagreement:
    is_close = abs(group.difference_nanos) * 1_000 <= _ROUNDED_PER_MILLE * abs(group.theirs_nanos)
    return replace(group, cause="rounding", detail="") if is_close and group.cause == "price" else group
