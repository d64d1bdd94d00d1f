"""What real bills have and the price book lacks: kinds of tokens, units, tiers, geographies. `supplement.toml` has the rules."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import cache
from pathlib import Path

import msgspec
from msgspec.structs import replace

from bot.costs.rates import STANDARD, UNIT_SCALE, PriceConditions, Rates
from bot.units import UNITS
from bot.usage import COUNTERS, PARTS

FILE = Path(__file__).with_name("supplement.toml")
PICOS = 1_000_000_000_000
_PRICED = COUNTERS[:5]
_OTHER = "other"


class UnitPrice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Dollars for so many units."""

    dollars: str
    units: int = msgspec.field(name="for")

    @property
    def rate(self) -> int:
        return int(Decimal(self.dollars) * PICOS * UNIT_SCALE / self.units)


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds for models of some sellers; shares are decimals."""

    source: str
    sellers: list[str]
    models: list[str]
    parts: dict[str, str] = {}
    units: dict[str, UnitPrice] = {}
    tiers: dict[str, dict[str, str]] = {}
    geo: dict[str, str] = {}
    region: str = ""

    def __post_init__(self) -> None:
        named = {*self.parts, *self.units, *(counter for shares in self.tiers.values() for counter in shares)}
        if unknown := named - {*PARTS, *UNITS, *_PRICED, _OTHER}:
            raise ValueError(f"{self.source}: there is no {', '.join(sorted(unknown))}")

    def is_for(self, seller: str, model: str) -> bool:
        return seller in self.sellers and any(fnmatchcase(model, pattern) for pattern in self.models)


class _Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rules: list[Rule]


@cache
def _rules() -> tuple[Rule, ...]:
    return tuple(msgspec.convert(tomllib.loads(FILE.read_text()), _Rules).rules)


def supplemented(rates: Rates, *, seller: str, model: str, when: PriceConditions = STANDARD) -> Rates:
    """Returns the rates of a model with what the book lacks, and by the conditions of a call.

    Rates that stand in for a tier become the tier's, if a rule has it.
    """
    rules = [rule for rule in _rules() if rule.is_for(seller, model)]
    shares = {part: Fraction(share) for rule in reversed(rules) for part, share in rule.parts.items()}
    units = {unit: price.rate for rule in reversed(rules) for unit, price in rule.units.items()}
    found = rates.with_each(lambda one: _completed(one, shares, units)) if shares or units else rates
    if found.stands_in_for and (
        of_tier := next((rule.tiers[when.tier] for rule in rules if when.tier in rule.tiers), None)
    ):
        found = replace(_scaled(found, of_tier), stands_in_for="")
    if of_geo := next((rule.geo[when.geo] for rule in rules if when.geo in rule.geo), None):
        found = _scaled(found, {_OTHER: of_geo})
    if when.region and (of_region := next((rule.region for rule in rules if rule.region), None)):
        found = _scaled(found, {_OTHER: of_region})
    return found


def geographies(seller: str, model: str) -> tuple[str, ...]:
    """Returns the geographies in which a model costs something else."""
    return tuple(sorted({geo for rule in _rules() if rule.is_for(seller, model) for geo in rule.geo}))


def rates_of_units(seller: str, model: str) -> Rates | None:
    """Returns the rates of a model that the book does not know and that is sold by units alone; None if no rule has it."""
    found = supplemented(Rates.of({}), seller=seller, model=model)
    return found if found.units else None


def _completed(rates: Rates, shares: Mapping[str, Fraction], units: Mapping[str, int]) -> Rates:
    parts = {
        part: _half_even(getattr(rates, PARTS[part]) * share)
        for part, share in shares.items()
        if PARTS[part] not in rates.unpriced
    }
    return replace(rates, parts={**parts, **rates.parts}, units={**units, **rates.units})


def _scaled(rates: Rates, shares: Mapping[str, str]) -> Rates:
    """Returns the rates of tokens times a share by counter; units and the fee of a call stay."""
    of = {counter: Fraction(shares.get(counter, shares.get(_OTHER, "1"))) for counter in _PRICED}

    def scaled(one: Rates) -> Rates:
        return replace(
            one,
            **{counter: _half_even(getattr(one, counter) * share) for counter, share in of.items()},
            reasoning_extra=_half_even(one.reasoning_extra * of["output"]),
            parts={part: _half_even(rate * of[PARTS[part]]) for part, rate in one.parts.items()},
        )

    return rates.with_each(scaled)


def _half_even(value: Fraction) -> int:
    return round(value)
