"""Prices that people set in Slack for unpriced models, and reports about prices."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bot.costs.contracts import ContractPrice
from bot.org.teams import Directory
from bot.periods import date_of, day_number, day_text
from bot.refusals import FieldRefusal

INPUT_FIELD = "input_rate"
OUTPUT_FIELD = "output_rate"
CACHE_READ_FIELD = "cache_read_rate"
CACHE_WRITE_FIELD = "cache_write_rate"
FROM_FIELD = "from_day"
MAX_DAYS_AHEAD = 366
_FIRST_DAY = day_number(date(2020, 1, 1))
_RATE = re.compile(r"\$?\s*(\d{1,6})(\.\d{1,6})?")


@dataclass(frozen=True, kw_only=True)
class UnpricedModel:
    """A model whose calls have tokens but no known price. `id` is one of its series; a button carries it."""

    id: int
    provider: str
    model: str
    calls: int
    tokens: int
    first_day: int


@dataclass(frozen=True, kw_only=True)
class SetPrice:
    """A price set in Slack, in pico-dollars per token. It applies from a day until the next price starts."""

    provider: str
    model: str
    from_day: int
    input_pico: int
    output_pico: int
    cache_read_pico: int | None
    cache_write_pico: int | None
    set_by: int
    set_at: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "SetPrice":
        return cls(**value)

    def contract(self, *, until_day: int | None) -> ContractPrice:
        return ContractPrice(
            model=self.model,
            provider=self.provider or None,
            from_day=self.from_day,
            until_day=until_day,
            input_pico=self.input_pico,
            output_pico=self.output_pico,
            cache_read_pico=self.cache_read_pico,
            cache_write_5m_pico=self.cache_write_pico,
            cache_write_1h_pico=self.cache_write_pico,
            origin="Slack",
        )

    def replaced_from(self, declared: Sequence[ContractPrice]) -> int | None:
        """Returns the first day on which teams.yml has rates for this model by name, which ends this price; None if
        it has none.

        A line without a day always applies, so this price never does.
        """
        names = [
            c.from_day if c.from_day is not None else _FIRST_DAY
            for c in declared
            if (c.model or "").casefold() == self.model.casefold()
            and (not c.provider or c.provider.casefold() == self.provider.casefold())
            and None not in (c.input_pico, c.output_pico)
        ]
        return min(names, default=None)


@dataclass(frozen=True, kw_only=True)
class Repricing:
    """Past usage of a model that is repriced after somebody set its price. `done_at` is None while it runs."""

    id: int
    provider: str
    model: str
    from_day: int
    actor_id: int
    wanted_at: int
    done_at: int | None
    calls: int
    difference_nanos: int


def may_set_prices(directory: Directory, person_id: int) -> bool:
    """Returns whether a person is an admin or in finance."""
    return person_id in directory.admins or person_id in directory.finance


def prices_in_force(declared: Sequence[ContractPrice], set_prices: Sequence[SetPrice]) -> list[ContractPrice]:
    """Returns all contract prices: those of teams.yml, and those set in Slack until the file names their model."""
    return [*declared, *(line.contract(until_day=line.replaced_from(declared)) for line in set_prices)]


def parse_rate(field: str, text: str) -> int:
    """Parses dollars per million tokens into pico-dollars per token."""
    match = _RATE.fullmatch(text.strip().replace(",", ""))
    if not match:
        raise FieldRefusal(field, "Write dollars per million tokens, like 0.40 or 15, with at most six decimals.")
    return int(Decimal("".join(part or "" for part in match.groups())) * 1_000_000)


def parse_day(field: str, text: str, *, today: int) -> int:
    """Parses the first day on which a price applies."""
    try:
        day = day_number(date.fromisoformat(text))
    except ValueError as error:
        raise FieldRefusal(field, "Choose the first day on which this price holds.") from error
    if not _FIRST_DAY <= day <= today + MAX_DAYS_AHEAD:
        latest = day_text(today + MAX_DAYS_AHEAD)
        raise FieldRefusal(field, f"Choose a day between {day_text(_FIRST_DAY)} and {latest}.")
    return day


def iso_day(day: int) -> str:
    """Formats a day as `2026-11-01`."""
    return date_of(day).isoformat()


def rate_words(pico: int) -> str:
    """Formats pico-dollars per token as dollars per million tokens, such as `$0.40`."""
    dollars = Decimal(pico) / 1_000_000
    shown = f"{dollars.normalize():f}"
    whole, _, decimals = shown.partition(".")
    return f"${int(whole):,}.{decimals.ljust(2, '0')}"
