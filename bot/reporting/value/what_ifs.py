"""What the same tokens would have cost on another model, by the prices of today, with the arithmetic.

It is a comparison of prices and no promise: another model may answer otherwise, and need more or fewer tokens. The sizes
of single calls are not known, so a long prompt's higher rate, and whether prompts are short, follow from the mean.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.costs.rates import Rates
from bot.money import NANOS
from bot.usage import COUNTERS, Counters

SHORT_INPUT = 10_000
"""Up to so many tokens of input a call, on average, prompts count as short."""
LEAST_SAVED_NANOS = NANOS
_TOLERANCE_PERCENT = 2
"""A use whose cost today's prices don't give again, within so much, was priced otherwise: it is left out."""
_PICOS = 1_000
_LINE = re.compile(r"[a-z]+(?=-)")
_NO_MODEL_FOR_TEXT = re.compile(
    r"image|audio|tts|realtime|search|live|embed|transcribe|vision|instruct|banana|robotics|omni|cyber|preview|latest"
    r"|[:@]|-\d{4}(-\d\d-\d\d)?$|-\d{3}$|-v\d+$"
)
RatesOf = Callable[[str, str], Rates | None]


class ModelUse(NamedTuple):
    """Calls of one model by one tool in one workflow, their tokens by counter, and their cost."""

    provider: str
    model: str
    tool: str
    workflow: str
    calls: int
    counters: Counters
    cost_nanos: int

    @property
    def mean_input(self) -> int:
        """Returns the tokens of input a call, cached ones included."""
        return sum(self.counters[:4]) // self.calls if self.calls > 0 else 0

    @property
    def has_short_prompts(self) -> bool:
        return 0 < self.mean_input <= SHORT_INPUT


class OtherModel(NamedTuple):
    """A model that the same tokens could go to. `family` is the book's id of who sells it; in-house models have none."""

    provider: str
    model: str
    family: str = ""
    is_in_house: bool = False
    is_used: bool = True


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """A use, and the same tokens on another model: what it cost, and what that would have."""

    use: ModelUse
    other: OtherModel
    rates: Rates
    other_rates: Rates
    other_nanos: int

    @property
    def saved_nanos(self) -> int:
        """Returns what the other model costs less; negative if it costs more."""
        return self.use.cost_nanos - self.other_nanos


def without_small(uses: Iterable[ModelUse], *, workflows: Collection[str], tools: Collection[str]) -> list[ModelUse]:
    """Returns uses that name none of these workflows and tools, which have too few people: they are added up by model."""
    found: dict[tuple[str, str, str, str], ModelUse] = {}
    for use in uses:
        tool = "" if use.tool in tools else use.tool
        workflow = "" if use.workflow in workflows else use.workflow
        own = use._replace(tool=tool, workflow=workflow)
        known = found.get(own[:4])
        found[own[:4]] = own if known is None else _added(known, own)
    return list(found.values())


def _added(one: ModelUse, other: ModelUse) -> ModelUse:
    a, b = one.counters, other.counters
    counters = (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4], a[5] + b[5])
    calls, cost = one.calls + other.calls, one.cost_nanos + other.cost_nanos
    return one._replace(calls=calls, counters=counters, cost_nanos=cost)


def cost_of(use: ModelUse, rates: Rates) -> int | None:
    """Returns the cost of all the calls by some rates, rounded once, half-even; None if they used what has no price."""
    chosen = of_size(use, rates)
    picos = use.calls * chosen.request
    for counter, count in zip(COUNTERS[:5], use.counters, strict=False):
        if count and counter in chosen.unpriced:
            return None
        picos += count * int(getattr(chosen, counter))
    picos += use.counters[5] * chosen.reasoning_extra
    nanos, rest = divmod(picos, _PICOS)
    return nanos + (2 * rest > _PICOS or (2 * rest == _PICOS and nanos & 1))


def of_size(use: ModelUse, rates: Rates) -> Rates:
    """Returns the rates of calls with as much input as the mean."""
    return next((tier for start, tier in rates.tiers if use.mean_input > start), rates)


def what_if(use: ModelUse, other: OtherModel, rates_of: RatesOf) -> WhatIf | None:
    """Returns a use on another model; None if either has no price, or the use was priced otherwise than today."""
    own, theirs = rates_of(use.provider, use.model), rates_of(other.provider, other.model)
    if own is None or theirs is None or (use.provider, use.model) == (other.provider, other.model):
        return None
    again, cost = cost_of(use, own), cost_of(use, theirs)
    if again is None or cost is None or abs(again - use.cost_nanos) * 100 > use.cost_nanos * _TOLERANCE_PERCENT:
        return None
    return WhatIf(use=use, other=other, rates=of_size(use, own), other_rates=of_size(use, theirs), other_nanos=cost)


def cheaper_models(
    uses: Iterable[ModelUse], others: Sequence[OtherModel], *, rates_of: RatesOf, family_of: Callable[[str, str], str]
) -> tuple[WhatIf, ...]:
    """Returns for each use the used model that saves the most, if it saves a dollar: of the same seller, or in-house.

    Uses with short prompts come first, then the largest saving.
    """
    found = []
    for use in uses:
        family = family_of(use.provider, use.model)
        fits = [o for o in others if o.is_used and (o.is_in_house or (family and o.family == family))]
        compared = [one for other in fits if (one := what_if(use, other, rates_of)) is not None]
        best = max(compared, key=lambda one: (one.saved_nanos, one.other.model), default=None)
        if best is not None and best.saved_nanos >= LEAST_SAVED_NANOS:
            found.append(best)
    return tuple(sorted(found, key=lambda one: (not one.use.has_short_prompts, -one.saved_nanos, one.use)))


def of_the_same_line(used: Collection[str], sold: Iterable[str]) -> tuple[str, ...]:
    """Returns those of a seller's models that could take the place of used ones: of the same line, such as `claude-` or `gpt-`,
    for text, and no single release or alias of another.
    """
    lines = {line.group() for name in used if (line := _LINE.match(name.casefold()))}
    return tuple(
        name
        for name in sold
        if (line := _LINE.match(name)) and line.group() in lines and not _NO_MODEL_FOR_TEXT.search(name)
    )


def on_model(uses: Iterable[ModelUse], other: OtherModel, rates_of: RatesOf) -> tuple[WhatIf, ...]:
    """Returns every use on one other model, the largest difference first."""
    found = [one for use in uses if (one := what_if(use, other, rates_of)) is not None]
    return tuple(sorted(found, key=lambda one: (-abs(one.saved_nanos), one.use)))
