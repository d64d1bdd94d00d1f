"""What may have changed a week, each with its effect, the most specific first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.reporting.causes.activity import Ratio, newcomers, people_effect
from bot.reporting.causes.comparing import Comparison, Effect
from bot.reporting.causes.effects import CacheEffect, PriceEffect, cache_effect, price_effects
from bot.reporting.causes.parts import PartEffect, State, name_of, part_effects
from bot.reporting.causes.swaps import SwapEffect, swap_effects
from bot.reporting.causes.weeks import Dimension, WeekUse

CauseKind = Literal["price", "cache", "swap", "part", "people", "calls", "size", "many"]
_SWAPS = 3
_CONCENTRATED = 0.7


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why a week cost more or less than usual. `named` are the parts to name, the main one first; the model that was
    left is `left`. `before` and `now` are the figure of the kind: prices as a ratio, shares, people, calls, tokens.
    """

    kind: CauseKind
    effect_nanos: int
    named: tuple[tuple[Dimension, str], ...] = ()
    state: State = "more"
    left: str = ""
    before: float = 0.0
    now: float = 0.0
    owner_id: int = 0
    """The only person who uses the named key; 0 if there are several, or none."""


def candidates(compared: Comparison) -> Iterator[tuple[Cause, Effect]]:
    """Yields what may have changed the week, the most specific first."""
    cached, prices = cache_effect(compared), price_effects(compared)
    if cached is not None and (not prices or abs(cached.effect.nanos) > abs(prices[0].effect.nanos)):
        yield _of_cache(cached)
    if prices:
        yield _of_prices(prices)
    parts = part_effects(compared)
    begun = [part for part in parts if part.state in ("new", "gone")]
    yield from (_of_part(compared, part) for part in begun if part.dimension == "workflow")
    yield from map(_of_swap, swap_effects(compared)[:_SWAPS])
    yield from (_of_part(compared, part) for part in begun if part.dimension == "tool")
    people = people_effect(compared)
    if people is not None:
        yield _of_people(compared, people)
    yield from (_of_part(compared, part) for part in _by_size(parts))


def _of_cache(cached: CacheEffect) -> tuple[Cause, Effect]:
    by_part = [(group._asdict(), nanos) for group, nanos in cached.by_group]
    cause = Cause(
        kind="cache",
        effect_nanos=round(cached.effect.nanos),
        named=_where(by_part, ("workflow", "tool", "model")),
        state="more" if cached.now > cached.before else "less",
        before=cached.before,
        now=cached.now,
    )
    return cause, cached.effect


def _of_prices(prices: Sequence[PriceEffect]) -> tuple[Cause, Effect]:
    """Returns the effect of all models' prices; it names the model with the largest."""
    first = prices[0]
    together = Effect(sum(one.effect.nanos for one in prices), sum(one.effect.noise for one in prices))
    cause = Cause(
        kind="price",
        effect_nanos=round(together.nanos),
        named=(("model", first.model),),
        state="more" if together.nanos > 0 else "less",
        before=0.0 if first.ratio == 0 else 1.0,
        now=first.ratio,
    )
    return cause, together


def _of_swap(swap: SwapEffect) -> tuple[Cause, Effect]:
    where = _where([({"workflow": flow}, nanos) for (_, flow), nanos in swap.by_place], ("workflow",))
    cause = Cause(
        kind="swap",
        effect_nanos=round(swap.effect.nanos),
        named=(("model", swap.taken), *where),
        left=swap.left,
        state="more" if swap.effect.nanos > 0 else "less",
        now=swap.share,
    )
    return cause, swap.effect


def _of_people(compared: Comparison, people: Ratio) -> tuple[Cause, Effect]:
    came = newcomers(compared)
    cause = Cause(
        kind="people",
        effect_nanos=round(people.effect.nanos),
        named=_on(compared, [use for use in compared.weeks.uses if use.person_id in came], ("workflow",)),
        state="more" if people.now > people.before else "less",
        before=people.before,
        now=people.now,
    )
    return cause, people.effect


def _by_size(parts: Iterable[PartEffect]) -> list[PartEffect]:
    """Returns keys, workflows, models and tools, each dimension's largest first, the most specific dimension first."""
    order = ("credential", "workflow", "model", "tool")
    return sorted(parts, key=lambda one: (order.index(one.dimension), -abs(one.effect.nanos)))


def _of_part(compared: Comparison, part: PartEffect) -> tuple[Cause, Effect]:
    read = name_of(part.dimension)
    uses = [use for use in compared.weeks.uses if read(use) == part.name]
    order: tuple[Dimension, ...] = ("workflow", "model")
    where = _on(compared, uses, tuple(dimension for dimension in order if dimension != part.dimension))
    cause = Cause(
        kind="part",
        effect_nanos=round(part.effect.nanos),
        named=((part.dimension, part.name), *where),
        state=part.state,
        owner_id=_owner(uses) if part.dimension == "credential" else 0,
    )
    return cause, part.effect


def _owner(uses: Sequence[WeekUse]) -> int:
    people = {use.person_id for use in uses}
    return people.pop() if len(people) == 1 else 0


def _on(compared: Comparison, uses: Sequence[WeekUse], order: Sequence[Dimension]) -> tuple[tuple[Dimension, str], ...]:
    """Returns the first dimension's part that has most of the change of some uses."""
    changed = compared.weeks.sums(lambda use: (use.workflow, use.model), lambda use: use.cost_nanos, of=uses)
    by_part = [
        ({"workflow": flow, "model": model}, sums[0] - compared.usual(sums)) for (flow, model), sums in changed.items()
    ]
    return _where(by_part, order)


def _where(
    by_part: Sequence[tuple[Mapping[str, str], float]], order: Sequence[Dimension]
) -> tuple[tuple[Dimension, str], ...]:
    """Returns the first dimension's part in which most of the amounts lie; nothing if none has most."""
    total = sum(nanos for _, nanos in by_part)
    for dimension in order:
        sums: dict[str, float] = {}
        for names, nanos in by_part:
            sums[names[dimension]] = sums.get(names[dimension], 0.0) + nanos
        name = max(sums, key=lambda one: sums[one] * (1 if total > 0 else -1), default="")
        if name.strip() and total and sums[name] / total >= _CONCENTRATED:
            return ((dimension, name),)
    return ()
