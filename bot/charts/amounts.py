"""Amounts as charts write them: beside a bar, and along the money axis."""

from bot.money import NANOS, usd_round, usd_short


def money_short(nanos: int) -> str:
    """Returns `$1.2k`, rounded to three digits first, so that 999.6 reads $1k."""
    digits = len(str(abs(nanos)))
    return usd_short(round(nanos, 3 - digits) if digits > 3 else nanos)


def money_label(nanos: int) -> str:
    """Returns `$57`, `$19.30`, `$12,449`, `$3.4M`: rounded as in words, and short from a million on."""
    return money_short(nanos) if abs(nanos) >= 1_000_000 * NANOS else usd_round(nanos).removesuffix(".00")


def money_ticks(low_nanos: int, high_nanos: int) -> tuple[int, ...]:
    """Returns at most six round amounts in nano-dollars between the two, which have zero between them."""
    span = max(high_nanos - low_nanos, 1)
    magnitude = 10 ** max(len(str(span)) - 2, 0)
    step = next(magnitude * n for n in (1, 2, 5, 10, 20, 50) if span <= 5 * magnitude * n)
    return tuple(step * n for n in range(-(-low_nanos // step), high_nanos // step + 1))
