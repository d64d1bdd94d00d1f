"""Money as integer nano-dollars: parsing and formatting."""

import re
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation

from bot.refusals import Refusal
from bot.text import spaced

NANOS = 1_000_000_000
MAX_AMOUNT_NANOS = 1_000_000_000 * NANOS
"""The maximum of one ledger entry, a billion dollars, so that one entry never overflows a bigint."""

MAX_DECIMAL_CHARACTERS = 1_000
"""The longest decimal that is read. OpenAI's have 36 places; a longer text than this is no amount."""
_PLAIN_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,6})?")
_EXACT = Context(prec=MAX_DECIMAL_CHARACTERS + 60)
"""Keeps every digit of the longest decimal, so that it is rounded once."""
_ASKED_AMOUNT = re.compile(
    r"\$?\s*(\d{1,3}(?:,\d{3})+|\d+)(\.\d{1,2})?\s*(k|m)?(?:\s*(?:usd|dollars?))?", re.IGNORECASE
)
_SUFFIX = {"": 1, "k": 1_000, "m": 1_000_000}


def nanos_from_decimal(text: str, *, per_dollar: int = 1) -> int:
    """Parses a decimal into nano-dollars, half-even beyond nine places. Its unit is a dollar, or a part of it, such as
    a cent with `per_dollar=100`.

    Raises ValueError for a value that is not a finite number. Long digits and large exponents are rejected too, because
    converting them to an integer would be a denial of service. A zero is zero with any exponent.
    """
    if len(text) > MAX_DECIMAL_CHARACTERS or not _PLAIN_NUMBER.fullmatch(text):
        raise ValueError(f"is not a decimal number of at most {MAX_DECIMAL_CHARACTERS:,} characters")
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError("is not a decimal number") from error
    if not value or value.adjusted() < -24:
        return 0
    if value.adjusted() > 12:
        raise ValueError("is more than a trillion dollars")
    nanos = _EXACT.multiply(value, Decimal(NANOS // per_dollar))
    return int(nanos.to_integral_value(rounding=ROUND_HALF_EVEN, context=_EXACT))


def parse_amount(text: str) -> int:
    """Parses an amount that a person typed into nano-dollars: `500`, `$1,250.50`, `2k`. Refuses anything else with a
    reason.
    """
    return _parse(text, least_nanos=1, too_small="An amount must be more than zero. Write it like 500 or 1,250.50.")


def parse_budget(text: str) -> int:
    """Parses a typed budget, which may be $0: its team may spend nothing."""
    return _parse(text, least_nanos=0, too_small="A budget is $0 or more. Write it like 500 or 1,250.50.")


def _parse(text: str, *, least_nanos: int, too_small: str) -> int:
    typed = spaced(text)
    match = _ASKED_AMOUNT.fullmatch(typed)
    if not match:
        if typed.startswith(("-", "$-", "−")):
            raise Refusal(too_small)
        raise Refusal("That is not an amount. Write dollars like 500, $1,250.50 or 2k.")
    whole, cents, suffix = match.groups(default="")
    if len(whole) > 15:
        raise Refusal("That is more than a billion dollars. Ask for less.")
    value = Decimal(whole.replace(",", "") + cents) * _SUFFIX[suffix.lower()]
    nanos = int(value * NANOS)
    if nanos < least_nanos:
        raise Refusal(too_small)
    if nanos > MAX_AMOUNT_NANOS:
        raise Refusal("That is more than a billion dollars. Ask for less.")
    return nanos


def usd(nanos: int) -> str:
    """Formats `$1,234.50`: two decimals, half-up. A tiny amount never shows as zero."""
    if 0 < abs(nanos) < NANOS // 200:
        return "under $0.01" if nanos > 0 else "over -$0.01"
    cents = (Decimal(abs(nanos)) / NANOS).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return f"{'-' if nanos < 0 else ''}${cents:,.2f}"


def usd_round(nanos: int) -> str:
    """Formats `$1,235` for headlines: whole dollars from a hundred upwards, two decimals below."""
    if abs(nanos) < 100 * NANOS:
        return usd(nanos)
    dollars = (Decimal(abs(nanos)) / NANOS).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return f"{'-' if nanos < 0 else ''}${dollars:,}"


def usd_short(nanos: int) -> str:
    """Formats `$1.2k` or `$3.4M` for chart axes."""
    dollars = abs(nanos) / NANOS
    sign = "-" if nanos < 0 else ""
    for limit, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if dollars >= limit:
            return f"{sign}${dollars / limit:.3g}{unit}"
    return f"{sign}${dollars:.3g}"


def usd_exact(nanos: int) -> str:
    """Formats `1234.500000000` for exports and machines: nine decimals without a currency sign."""
    whole, rest = divmod(abs(nanos), NANOS)
    return f"{'-' if nanos < 0 else ''}{whole}.{rest:09d}"


def tokens_short(count: int) -> str:
    """Formats a token count as `1.2M`."""
    for limit, unit in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k")):
        if count >= limit:
            return f"{count / limit:.3g}{unit}"
    return str(count)


def percent(part: int, whole: int) -> str:
    """Formats `83%`, or `–` if the whole is zero."""
    if whole <= 0:
        return "–"
    return f"{(Decimal(part) * 100 / Decimal(whole)).quantize(Decimal(1), rounding=ROUND_HALF_UP)}%"
