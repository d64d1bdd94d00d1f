"""The cost of many calls at once, by the product's own rates of each model and day."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from bot.costs.pricing import Prices, PriceTerms
from bot.costs.rates import Rates
from bot.periods import DAY_MICROS
from bot.usage import Labels
from tests.bench.year.calls import Numbers

_COUNTERS = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output")


class Costs(NamedTuple):
    """What calls cost, and what the book says that they cost; None if it knows no price for them."""

    cost: Numbers
    book: Numbers | None


def costs_of(
    prices: Prices, labels: Labels, occurred_at: Numbers, local_day: Numbers, counters: Mapping[str, Numbers]
) -> Costs | None:
    """Prices calls of one model, day by day. Returns None if only their sender knows the cost."""
    keys, place = np.unique(np.stack([occurred_at // DAY_MICROS, local_day]), axis=1, return_inverse=True)
    terms = [_all_day(prices.terms(labels, int(utc_day), int(day))) for utc_day, day in keys.T]
    place = place.reshape(-1)
    cost = np.zeros(len(occurred_at), dtype=np.int64)
    book = np.zeros(len(occurred_at), dtype=np.int64)
    has_book = {one.book is not None for one in terms}
    assert len(has_book) == 1, f"the book knows {labels.model} on some days only"
    distinct = [one for at, one in enumerate(terms) if one not in terms[:at]]
    for one in distinct:
        rows = np.isin(place, [at for at, own in enumerate(terms) if own == one])
        own = {name: values[rows] for name, values in counters.items()}
        decided = one.contract or one.book
        if decided is None:
            return None
        cost[rows] = _nanos(decided, own)
        if one.book is not None:
            book[rows] = _nanos(one.book, own)
    return Costs(cost, book if has_book.pop() else None)


def _all_day(terms: tuple[PriceTerms, ...]) -> PriceTerms:
    assert len(terms) == 1, "the year's models have one price all day"
    return terms[0]


def _nanos(rates: Rates, counters: Mapping[str, Numbers]) -> Numbers:
    """Does for many calls what `Rates.nanos` does for one: rounds once, half-even."""
    assert not any(counters[name].any() for name in rates.unpriced), "a counter without a price was used"
    total = sum(counters[name] for name in _COUNTERS[:4])
    found = _flat(rates, counters)
    for start, tier in reversed(rates.tiers):  # the highest tier decides
        found = np.where(total > start, _flat(tier, counters), found)
    return found


def _flat(rates: Rates, counters: Mapping[str, Numbers]) -> Numbers:
    picos = rates.request + sum(counters[name] * getattr(rates, name) for name in _COUNTERS)
    picos = picos + counters["reasoning"] * rates.reasoning_extra
    nanos, rest = np.divmod(picos, 1000)
    found: Numbers = nanos + ((rest > 500) | ((rest == 500) & (nanos % 2 == 1)))
    return found
