"""Contract prices and model aliases, made of the stored documents of teams.yml."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from bot.costs.aliases import ModelAlias
from bot.costs.contracts import ContractPrice
from bot.periods import day_number


def contracts_of(stored: Sequence[Mapping[str, Any]] | None) -> list[ContractPrice]:
    """Returns contract prices from the stored `prices` document, whose rates are in pico-dollars per token."""
    return [
        ContractPrice(
            model=line.get("model"),
            provider=line.get("provider"),
            from_day=_day(line.get("from")),
            input_pico=line.get("input_per_mtok"),
            output_pico=line.get("output_per_mtok"),
            cache_read_pico=line.get("cache_read_per_mtok"),
            cache_write_5m_pico=line.get("cache_write_5m_per_mtok"),
            cache_write_1h_pico=line.get("cache_write_1h_per_mtok"),
            discount_ppm=int(Decimal(line["discount"]) * 1_000_000) if line.get("discount") is not None else None,
        )
        for line in stored or []
    ]


def aliases_of(stored: Sequence[Mapping[str, Any]] | None) -> list[ModelAlias]:
    """Returns model aliases from the stored `models` document."""
    return [
        ModelAlias(alias=line["alias"], model=line["model"], from_day=_day(line.get("from"))) for line in stored or []
    ]


def _day(text: str | None) -> int | None:
    return day_number(date.fromisoformat(text)) if text else None
