"""Usage seen by observing sources compared with the books, to find usage that no metering source sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.costs.model_names import plain_model
from bot.periods import DAY_MICROS, HOUR_MICROS

SETTLED_MICROS = 6 * HOUR_MICROS
"""A UTC day is compared this long after its end: exporters send late, and gateways in batches."""
TOLERANCE_PERCENT = 2
MIN_CALLS = 10
MIN_TOKENS = 10_000


@dataclass(frozen=True, kw_only=True)
class CallTotals:
    """Calls and their tokens."""

    calls: int
    tokens: int


NO_USAGE = CallTotals(calls=0, tokens=0)


@dataclass(frozen=True, kw_only=True)
class CrossCheck:
    """A model's usage on a UTC day: as one observing source saw it, and as all metering sources booked it."""

    source_id: int
    source: str
    day: int
    model: str
    observed: CallTotals
    booked: CallTotals

    @property
    def missing(self) -> CallTotals:
        """Returns the observed usage that is not booked."""
        return CallTotals(
            calls=max(0, self.observed.calls - self.booked.calls),
            tokens=max(0, self.observed.tokens - self.booked.tokens),
        )

    @property
    def has_drift(self) -> bool:
        """Returns whether more is missing than late events and different counting explain.

        More booked than observed is fine: an observer may see only part of the traffic.
        """
        calls = max(MIN_CALLS, self.observed.calls * TOLERANCE_PERCENT // 100)
        tokens = max(MIN_TOKENS, self.observed.tokens * TOLERANCE_PERCENT // 100)
        return self.missing.calls > calls or self.missing.tokens > tokens


def settled_end(now: int) -> int:
    """Returns the first UTC day that is not settled at a moment in microseconds."""
    return (now - SETTLED_MICROS) // DAY_MICROS


def cross_checks(
    observed: Iterable[tuple[int, int, str, CallTotals]],
    booked: Mapping[int, Iterable[tuple[str, CallTotals]]],
    names: Mapping[int, str],
) -> list[CrossCheck]:
    """Compares observed (source, day, model, totals) with the bookings of each day, for the sources in `names`.

    Models are compared by plain name. Results are ordered by day, source and model.
    """
    there = {(day, model): amount for day, rows in booked.items() for model, amount in _by_model(rows).items()}
    rows_by_day: dict[tuple[int, int], list[tuple[str, CallTotals]]] = {}
    for source_id, day, model, amount in observed:
        if source_id in names:
            rows_by_day.setdefault((day, source_id), []).append((model, amount))
    return [
        CrossCheck(
            source_id=source_id,
            source=names[source_id],
            day=day,
            model=model,
            observed=amount,
            booked=there.get((day, model), NO_USAGE),
        )
        for (day, source_id), rows in sorted(rows_by_day.items())
        for model, amount in sorted(_by_model(rows).items())
    ]


def _by_model(rows: Iterable[tuple[str, CallTotals]]) -> dict[str, CallTotals]:
    totals: dict[str, CallTotals] = {}
    for model, amount in rows:
        plain = plain_model(model)
        before = totals.get(plain, NO_USAGE)
        totals[plain] = CallTotals(calls=before.calls + amount.calls, tokens=before.tokens + amount.tokens)
    return totals
