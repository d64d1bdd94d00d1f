"""The effect of prices and of caching on a week's cost."""

from collections.abc import Callable, Sequence
from math import log, sqrt
from typing import NamedTuple

from bot.reporting.causes.comparing import Comparison, Effect
from bot.reporting.causes.weeks import WeekUse

_SAME_DIRECTION = 0.8
_LEAST_PRICE_STEP, _PRICE_SPREADS = 0.03, 4.0
_MOST_GROWTH = 2.0
_NOISE_FLOOR = 0.01


class Group(NamedTuple):
    """Calls of one model with the same tool, workflow and key."""

    tool: str
    model: str
    workflow: str
    credential: str


class PriceEffect(NamedTuple):
    """A model whose tokens cost more or less than before: the ratio of its prices, 0 if it had none."""

    model: str
    ratio: float
    effect: Effect


class CacheEffect(NamedTuple):
    """Another share of input tokens read from the cache, before and now, of the calls that it concerns."""

    before: float
    now: float
    effect: Effect
    by_group: tuple[tuple["Group", float], ...]
    """Calls alike and their nano-dollars."""


def _group(use: WeekUse) -> Group:
    return Group(use.tool, use.model, use.workflow, use.credential)


def weighted(compared: Comparison) -> Callable[[WeekUse], float]:
    """Returns what a use would cost at constant relative prices. Uses without tokens count by their calls."""
    known: dict[tuple[str, str], Sequence[float]] = {}

    def of(use: WeekUse) -> float:
        weights = known.get(named := (use.provider, use.model))
        if weights is None:
            weights = known[named] = compared.weigh(use.provider, use.model)
        counted = (
            weights[0] * use.uncached_input
            + weights[1] * use.cache_read
            + weights[2] * use.cache_write_5m
            + weights[3] * use.cache_write_1h
            + weights[4] * use.output
        )
        return counted or float(use.calls)

    return of


def price_effects(compared: Comparison) -> list[PriceEffect]:
    """Returns the models that cost another price for the same tokens, in all groups of their calls alike."""
    weight = weighted(compared)
    uses = [use for use in compared.weeks.uses if use.basis != "notional"]
    cost = compared.weeks.sums(lambda use: (use.provider, use.model), lambda use: use.cost_nanos, of=uses)
    tokens = compared.weeks.sums(lambda use: (use.provider, use.model), weight, of=uses)
    found = []
    for named, sums in cost.items():
        volume = tokens[named]
        before = compared.past(volume)
        if before <= 0 or volume[0] <= 0 or sums[0] <= 0:
            continue
        usual = compared.past(sums) / before
        now = sums[0] / volume[0]
        step = log(now / usual) if usual > 0 else 9.0
        past = [log(c / v / usual) for c, v in zip(sums[1:], volume[1:], strict=True) if c > 0 and v > 0 and usual > 0]
        spread = sqrt(sum(one * one for one in past) / max(1, len(past) - 1)) if past else 0.0
        if abs(step) < max(_LEAST_PRICE_STEP, _PRICE_SPREADS * spread):
            continue
        if not _is_uniform(compared, [use for use in uses if (use.provider, use.model) == named], weight, step):
            continue
        effect = Effect((now - usual) * volume[0], spread * sums[0])
        found.append(PriceEffect(named[1], now / usual if usual > 0 else 0.0, effect))
    return sorted(found, key=lambda one: -abs(one.effect.nanos))


def _is_uniform(compared: Comparison, uses: Sequence[WeekUse], weight: Callable[[WeekUse], float], step: float) -> bool:
    """Returns whether a model's price moved alike for most of its tokens, whoever used them."""
    cost = compared.weeks.sums(_group, lambda use: use.cost_nanos, of=uses)
    tokens = compared.weeks.sums(_group, weight, of=uses)
    alike = known = 0.0
    for named, sums in cost.items():
        volume = tokens[named]
        before = compared.past(volume)
        if before <= 0 or volume[0] <= 0:
            continue
        usual, now = compared.past(sums) / before, sums[0] / volume[0]
        own = log(now / usual) if usual > 0 and now > 0 else 9.0 * (now > 0)
        known += volume[0]
        alike += volume[0] * (abs(own - step) <= max(0.03, 0.4 * abs(step)))
    return known > 0 and alike >= _SAME_DIRECTION * known


def cache_effect(compared: Comparison) -> CacheEffect | None:
    """Returns the effect of another share of cached input, at the prices of before.

    It compares each model's calls with the same tool, workflow and key, so that new parts don't look like other caching.
    """
    sums = compared.weeks.sums
    weight = weighted(compared)
    with_input = [use for use in compared.weeks.uses if use.input]
    inputs = sums(_group, lambda use: use.input, of=with_input)
    reads = sums(_group, lambda use: use.cache_read, of=with_input)
    sides = sums(_group, lambda use: weight(use._replace(output=0)), of=with_input)
    cost = sums(lambda use: use.model, lambda use: use.cost_nanos, of=with_input)
    tokens = sums(lambda use: use.model, weight, of=with_input)
    rates = {m: compared.past(cost[m]) / past for m in cost if (past := compared.past(tokens[m])) > 0}
    effects: list[tuple[Group, float]] = []
    by_week = [0.0] * (compared.weeks.full + 1)
    read_before = read_now = input_before = input_now = 0.0
    for named, volume in inputs.items():
        before = compared.past(volume)
        rate = rates.get(named.model, 0.0)
        if before <= 0 or rate <= 0:
            continue
        usual = compared.past(sides[named]) / before
        for week, amount in enumerate(volume):
            if amount > 0:
                counted = min(amount, _MOST_GROWTH * before)
                by_week[week] += (sides[named][week] / amount - usual) * counted * rate
        if volume[0] > 0:
            effects.append(
                (named, (sides[named][0] / volume[0] - usual) * min(volume[0], _MOST_GROWTH * before) * rate)
            )
    if not effects:
        return None
    total = by_week[0]
    concerned = [named for named, own in effects if own * total > 0 and abs(own) >= 0.05 * abs(total)]
    for named in concerned:
        input_before += compared.past(inputs[named])
        input_now += inputs[named][0]
        read_before += compared.past(reads[named])
        read_now += reads[named][0]
    if input_before <= 0 or input_now <= 0:
        return None
    noise = sqrt(sum(weight * one * one for weight, one in zip(compared.level.weights, by_week[1:], strict=True)))
    return CacheEffect(
        read_before / input_before,
        read_now / input_now,
        Effect(total, max(noise, _NOISE_FLOOR * compared.level.usual)),
        tuple(effects),
    )
