"""A model's prices of the package, compiled to whole pico-dollars."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from bot.costs.rates import UNIT_SCALE, Rates

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice

PICOS = 1_000_000_000_000

_PRICED_BY = {
    "uncached_input": ("input_mtok",),
    "cache_read": ("cache_read_mtok", "input_mtok"),
    "cache_write_5m": ("cache_write_5m_mtok", "cache_write_mtok", "input_mtok"),
    "cache_write_1h": ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    "output": ("output_mtok",),
    "reasoning": ("output_reasoning_mtok", "output_mtok"),
}
"""The book's prices for each counter, most specific first. A counter without its own price uses the next one."""
_PART_PRICES = {
    "audio_input": "input_audio_mtok",
    "audio_output": "output_audio_mtok",
    "audio_cache_read": "cache_audio_read_mtok",
    "image_input": "input_image_mtok",
    "image_output": "output_image_mtok",
    "image_cache_read": "cache_image_read_mtok",
    "video_input": "input_video_mtok",
    "video_output": "output_video_mtok",
    "video_cache_read": "cache_video_read_mtok",
}
"""The book's price for each kind of tokens. A kind without its own price has none: that of text is no price for it."""
_UNIT_PRICES = {
    "characters": (("input_mchars", 1_000_000),),
    "code_executions": (("code_executions_kcount", 1_000),),
    "pages": (("input_document_kpages", 1_000),),
    "search_units": (("rerank_searches_kcount", 1_000),),
    "seconds": (("input_audio_hours", 3_600), ("audio_hours", 3_600), ("output_audio_hours", 3_600)),
    "web_searches": (("web_searches_kcount", 1_000),),
}
"""The book's prices for units beside tokens, most specific first, each with the number of units that it is for."""
_LEAST_SECONDS = {("groq", "whisper-large-v3"): 10, ("groq", "whisper-large-v3-turbo"): 10}
"""Models that bill a shorter call as one of so many seconds; the package has it in its code."""


def compiled_of(seller: str, model: str, prices: "ModelPrice") -> Rates:
    """Returns the rates of a seller's model."""
    return compiled(prices, least_seconds=_LEAST_SECONDS.get((seller, model), 0))


def compiled(prices: "ModelPrice", *, least_seconds: int = 0) -> Rates:
    """Returns integer rates from a model's prices (dollars per million tokens, or per so many units), tiers included."""
    from genai_prices.types import TieredPrices

    values = {key: value for key, value in prices.__dict__.items() if value is not None}
    starts = {tier.start for value in values.values() if isinstance(value, TieredPrices) for tier in value.tiers}

    def price(key: str, start: int) -> Decimal:
        value = values[key]
        if not isinstance(value, TieredPrices):
            return Decimal(value)
        return next((tier.price for tier in reversed(value.tiers) if tier.start <= start), value.base)

    def vector(start: int, tiers: tuple[tuple[int, Rates], ...] = ()) -> Rates:
        sold_as = {counter: next((key for key in keys if key in values), None) for counter, keys in _PRICED_BY.items()}
        picos = {counter: _picos(price(key, start), per=1_000_000) for counter, key in sold_as.items() if key}
        reasoning = picos.pop("reasoning", 0)
        extra = reasoning - picos.get("output", reasoning)
        parts = {part: _picos(price(key, start), per=1_000_000) for part, key in _PART_PRICES.items() if key in values}
        units = {
            unit: _picos(price(key, start) * UNIT_SCALE, per=per)
            for unit, keys in _UNIT_PRICES.items()
            for key, per in keys[::-1]
            if key in values
        }
        request = _picos(price("requests_kcount", start), per=1000) if "requests_kcount" in values else 0
        return Rates.of(
            picos,
            reasoning_extra=extra,
            request=request,
            tiers=tiers,
            parts=parts,
            units=units,
            least_seconds=least_seconds,
        )

    return vector(-1, tuple((start, vector(start)) for start in sorted(starts, reverse=True)))


def _picos(dollars: Decimal, *, per: int) -> int:
    """Converts dollars to whole pico-dollars per unit, half-even: a few aggregators publish float noise beyond that."""
    return int((dollars * PICOS / per).to_integral_value(rounding=ROUND_HALF_EVEN))
