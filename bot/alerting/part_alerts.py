"""The rules of alerts about a part's budget: each threshold is posted once per period and amount."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.alerting.facts import AlertFacts
from bot.books.gatekeeping.parts import Part
from bot.org.budget_terms import Enforce, PartKind

PART_PERCENTS = (80, 100)
FULL_PERCENT = 100


class PartFacts(AlertFacts, frozen=True, kw_only=True):
    """A crossed threshold of a part's budget."""

    kind: PartKind
    pattern: str
    percent: int
    amount_nanos: int
    spent_nanos: int
    period: str
    enforce: Enforce = "absolute"


@dataclass(frozen=True, kw_only=True)
class PartAlert:
    """A threshold to record. A `silent` one is recorded without a message."""

    percent: int
    dedupe_key: str
    silent: bool


def has_crossed(spent_nanos: int, amount_nanos: int, percent: int) -> bool:
    """Returns whether spend has reached a percentage of an amount; any spend has crossed $0."""
    return spent_nanos > 0 and spent_nanos * 100 >= amount_nanos * percent


def part_key(team_id: int, period: str, part: Part, percent: int) -> str:
    return f"part:{team_id}:{period}:{percent}:{part.amount_nanos}:{part.kind}:{part.pattern.casefold()}"


def part_alerts_due(
    team_id: int, period: str, part: Part, *, spent_nanos: int, earlier_nanos: int, known: Collection[str], quiet: bool
) -> list[PartAlert]:
    """Returns the crossed thresholds of a part that are not recorded yet, lowest first. Only the highest is posted.

    `earlier_nanos` was spent before the last days: a threshold that it had crossed is history, and silent.
    """
    crossed = [p for p in PART_PERCENTS if has_crossed(spent_nanos, part.amount_nanos, p)]
    due = [(p, key) for p in crossed if (key := part_key(team_id, period, part, p)) not in known]
    return [
        PartAlert(
            percent=percent,
            dedupe_key=key,
            silent=quiet or percent != crossed[-1] or has_crossed(earlier_nanos, part.amount_nanos, percent),
        )
        for percent, key in due
    ]


def percents_due(spent_nanos: int, amount_nanos: int, *, warned: Collection[int]) -> Sequence[int]:
    """Returns the crossed thresholds of a person's limit that nobody warned of, lowest first."""
    return [p for p in PART_PERCENTS if has_crossed(spent_nanos, amount_nanos, p) and p not in warned]
