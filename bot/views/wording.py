"""Figures in words: counts, periods, changes, shares, and a text progress bar."""

import calendar
from collections.abc import Sequence

from bot.books.ledger import Balance
from bot.money import percent, tokens_short, usd, usd_round
from bot.periods import Period, date_of, short_day_text
from bot.reporting.digests import Share
from bot.views.blocks import name

_BAR_CELLS = 10
_MANY_TIMES = 4
"""From this factor on, "five times" reads better than "400% more"."""


def counted(count: int, noun: str) -> str:
    """Formats `1 call` or `2,300 calls`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def requests_waiting(count: int, whom: str) -> str:
    """Formats `1 request is waiting for you`, with whom they wait for."""
    return f"{counted(count, 'request')} {'is' if count == 1 else 'are'} waiting for {whom}"


def period_words(period_name: str) -> str:
    """Formats `2026-11` as `November 2026`, `2026-Q4` as `Q4 2026`, and `2026` as itself."""
    year, _, part = period_name.partition("-")
    if not part:
        return year
    return f"{part} {year}" if part.startswith("Q") else f"{calendar.month_name[int(part)]} {year}"


def last_day_text(period: Period) -> str:
    """Formats the last day of a period, `30 Nov`."""
    return short_day_text(period.end_day - 1)


def week_words(monday: int) -> str:
    """Formats the seven days from a Monday: `16–22 Nov` or `30 Nov – 6 Dec`."""
    first, last = date_of(monday), date_of(monday + 6)
    if first.month == last.month:
        return f"{first.day}–{short_day_text(monday + 6)}"
    return f"{short_day_text(monday)} – {short_day_text(monday + 6)}"


def change_words(now_nanos: int, before_nanos: int, *, before: str) -> str:
    """Formats a change, `18% more than the week before`; `before` names the compared days."""
    if before_nanos <= 0:
        return f"after nothing {before}" if now_nanos > 0 else f"as in {before}"
    if now_nanos == before_nanos:
        return f"the same as {before}"
    if now_nanos >= before_nanos * _MANY_TIMES:
        return f"{now_nanos / before_nanos:.3g} times {before}"
    difference = abs(now_nanos - before_nanos)
    share = percent(difference, before_nanos)
    shown = f"less than {percent(1, 100)}" if share == "0%" else share
    return f"{shown} {'more' if now_nanos > before_nanos else 'less'} than {before}"


def times_words(now_nanos: int, usual_nanos: int) -> str:
    """Formats `177×` or `2.4×`, with one decimal below ten; `usual_nanos` is above zero."""
    times = now_nanos / usual_nanos
    return f"{times:,.0f}×" if times >= 10 else f"{times:.1f}×"


def signed_usd(nanos: int) -> str:
    """Formats `+$120.00` or `-$5.00`."""
    return f"+{usd(nanos)}" if nanos > 0 else usd(nanos)


def part_name(typed: str, *, kind: str = "tool") -> str:
    """Returns a tool's, model's or key's name, escaped, or words for a missing name."""
    return name(typed) if typed.strip() else f"unnamed {kind}"


def share_lines(shares: Sequence[Share], *, total_nanos: int, most: int = 5, kind: str = "tool") -> str:
    """Returns one line per large part with dollars, share and tokens, and one line for the rest."""
    shares = [s for s in shares if s.cost_nanos or s.tokens]
    lines = [
        f"• {part_name(s.name, kind=kind)}: {usd(s.cost_nanos)} ({percent(s.cost_nanos, total_nanos)}), "
        f"{tokens_short(s.tokens)} tokens"
        for s in shares[:most]
    ]
    rest = shares[most:]
    if rest:
        lines.append(f"• {counted(len(rest), 'other')}: {usd(sum(s.cost_nanos for s in rest))}")
    return "\n".join(lines)


def progress_bar(part: int, whole: int) -> str:
    """Returns `▰▰▰▱▱▱▱▱▱▱ 31%`. The bar is full only from 100% on; above it, the number shows the excess."""
    if whole <= 0:
        return "▱" * _BAR_CELLS + " no budget"
    filled = min(_BAR_CELLS, max(0, part * _BAR_CELLS // whole))
    if part > 0 and filled == 0:
        filled = 1
    return "▰" * filled + "▱" * (_BAR_CELLS - filled) + f" {percent(part, whole)}"


def budget_words(balance: Balance) -> str:
    """Formats what is left of a budget, such as `$340.00 available of $1,000.00`, or that there is none."""
    if balance.budget != "set":
        return "no budget now"
    return f"{usd(balance.available_nanos)} available of {usd(balance.allocated_nanos)}"


def a_day(nanos: int) -> str:
    """Formats `$1,670 a day`."""
    return f"{usd_round(nanos)} a day"
