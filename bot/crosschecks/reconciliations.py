"""Provider statements compared with the books by UTC day; the difference is posted as a variance.

Usage never changes. A day's variance is the statement less the booked cost, or nothing within the tolerance. A further
entry brings the posted variance there. So the same statement posts nothing twice; a corrected one, or late usage, posts
the difference.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.books.ledger import Account, Bucket, Entry
from bot.costs.model_names import plain_model
from bot.crosschecks.provider_reports import CostLine, Provider, TokenLine
from bot.money import MAX_AMOUNT_NANOS, NANOS, usd_exact
from bot.periods import DAY_MICROS, HOUR_MICROS, date_of

SETTLED_MICROS = 72 * HOUR_MICROS
"""Until this long after its end, providers still change a day and late usage arrives."""
TOLERANCE_NANOS = NANOS
TOLERANCE_PER_MILLE = 5

StatementState = Literal["running", "provisional", "settled", "before"]
"""The state of a day: not over; under 72 hours old; ready to post; before any metering."""
_BUCKETS: dict[Provider, Bucket] = {"anthropic": "variance:anthropic", "openai": "variance:openai"}


@dataclass(frozen=True, kw_only=True)
class BookedDay:
    """The booked cost of a provider on a UTC day, and its number of unpriced calls."""

    nanos: int = 0
    unpriced_calls: int = 0
    by_model: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DayCheck:
    """A statement's day beside the books. `posted_nanos` and `posted_entries` come from earlier statements of the day."""

    provider: Provider
    day: int
    state: StatementState
    statement_nanos: int
    lines: Mapping[str, int]
    """Billed nano-dollars by line item."""
    booked: BookedDay
    posted_nanos: int
    posted_entries: int
    causes: Sequence[tuple[str, int]] = ()
    """What senders' own costs explain of the difference, in nano-dollars by cause."""

    @property
    def unexplained_nanos(self) -> int:
        """Returns what is left: calls that no source sent, or prices that nobody reported."""
        return self.difference_nanos - sum(nanos for _, nanos in self.causes)

    @property
    def difference_nanos(self) -> int:
        return self.statement_nanos - self.booked.nanos

    @property
    def agrees(self) -> bool:
        """Returns whether the difference is within one dollar or half a percent of the statement, whichever is more."""
        share = abs(self.statement_nanos) * TOLERANCE_PER_MILLE // 1000
        return abs(self.difference_nanos) <= max(TOLERANCE_NANOS, share)

    @property
    def variance_nanos(self) -> int:
        """Returns the total variance to post for the day."""
        return 0 if self.agrees else self.difference_nanos

    @property
    def due_nanos(self) -> int:
        return self.variance_nanos - self.posted_nanos


def fees_of(costs: Iterable[CostLine], day: int) -> list[tuple[str, int]]:
    """Returns what a day's bill has beside tokens, in nano-dollars, the largest first."""
    sums: dict[str, int] = {}
    for line in costs:
        if line.day == day and line.fee:
            sums[line.fee] = sums.get(line.fee, 0) + line.amount_nanos
    return sorted(sums.items(), key=lambda fee: (-fee[1], fee[0]))


def state_of(day: int, *, first_day: int | None, now: int) -> StatementState:
    """Returns the state of a day. `first_day` is the first UTC day with usage."""
    if first_day is None or day < first_day:
        return "before"
    age = now - (day + 1) * DAY_MICROS
    return "running" if age < 0 else "provisional" if age < SETTLED_MICROS else "settled"


def lines_of(costs: Iterable[CostLine]) -> dict[int, dict[str, int]]:
    """Returns nano-dollars by day and line item."""
    by_day: dict[int, dict[str, int]] = {}
    for cost in costs:
        lines = by_day.setdefault(cost.day, {})
        lines[cost.line] = lines.get(cost.line, 0) + cost.amount_nanos
    return by_day


def pair_models(costs: Iterable[CostLine], booked: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """Returns (model, billed, booked) of one day by plain model name; "" holds amounts billed without a model."""
    billed: dict[str, int] = {}
    for cost in costs:
        plain = plain_model(cost.model)
        billed[plain] = billed.get(plain, 0) + cost.amount_nanos
    ours: dict[str, int] = {}
    for model, nanos in booked.items():
        ours[plain_model(model)] = ours.get(plain_model(model), 0) + nanos
    rows = [(model, billed.get(model, 0), ours.get(model, 0)) for model in billed.keys() | ours.keys()]
    return sorted(rows, key=lambda row: (-abs(row[1] - row[2]), row[0]))


def pair_tokens(
    reported: Iterable[TokenLine], booked: Mapping[tuple[int, str], int]
) -> list[tuple[int, str, int, int]]:
    """Returns (day, model, reported, booked) tokens by plain model name."""
    served: dict[tuple[int, str], int] = {}
    for line in reported:
        at = (line.day, plain_model(line.model))
        served[at] = served.get(at, 0) + line.tokens
    ours: dict[tuple[int, str], int] = {}
    for (day, model), tokens in booked.items():
        ours[day, plain_model(model)] = ours.get((day, plain_model(model)), 0) + tokens
    return [(*at, served.get(at, 0), ours.get(at, 0)) for at in sorted(served.keys() | ours.keys())]


def variance_accounts(provider: Provider, *, root_id: int, period: str) -> tuple[Account, Account]:
    """Returns the organisation's available account, and its variance account with a provider."""
    available = Account(team_id=root_id, period=period, bucket="available")
    return available, Account(team_id=root_id, period=period, bucket=_BUCKETS[provider])


def variance_entries(check: DayCheck, *, root_id: int, period: str, at: int, document: str) -> list[Entry]:
    """Returns the entries that bring a day's posted variance to the due one; none if they agree. Keys count on from the
    day's earlier entries.
    """
    available, variance = variance_accounts(check.provider, root_id=root_id, period=period)
    left, entries = abs(check.due_nanos), list[Entry]()
    grows = check.due_nanos > 0
    billed, booked = usd_exact(check.statement_nanos), usd_exact(check.booked.nanos)
    while left:
        moved = min(left, MAX_AMOUNT_NANOS)
        left -= moved
        entries.append(
            Entry(
                kind="variance",
                dedupe_key=f"variance:{check.provider}:{check.day}:{check.posted_entries + len(entries)}",
                period=period,
                effective_at=check.day * DAY_MICROS,
                from_account=available if grows else variance,
                to_account=variance if grows else available,
                amount_nanos=moved,
                actor_id=None,
                reason=f"{check.provider} billed {billed} for {date_of(check.day)}, {booked} was booked",
                document=document,
                usage_day=check.day,
            )
        )
    return entries
