"""Bars and small curves made of letters, aligned in a font of fixed width."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from bot.money import percent, usd_round
from bot.text import plain
from bot.views.wording import NO_PRICE

_NAME_COLUMNS = 20
_CELLS = 10
_STEPS = "▁▂▃▄▅▆▇█"
_MENTION_MARKS = re.compile("<!?|[>`]")
"""Marks that form a mention or end a code block elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One line: a name, set in by its depth, and how much of a whole is used. Without a whole only the amount is shown."""

    name: str
    used_nanos: int
    whole_nanos: int | None
    depth: int = 0
    note: str = ""
    has_no_price: bool = False
    """Whether nothing is known of the used amount: it is no zero."""


def columns_of(text: str) -> int:
    """Returns how many columns a text takes: two for a wide letter, none for a mark on one."""
    return sum(_columns(letter) for letter in text)


def _columns(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in ("W", "F") else 1


def fitted(text: str, columns: int) -> str:
    """Returns a text of exactly that many columns: cut with an ellipsis, or filled with spaces."""
    if columns_of(text) > columns:
        kept, left = "", columns - 1
        for letter in text:
            left -= _columns(letter)
            if left < 0:
                break
            kept += letter
        text = f"{kept}…"
    return text + " " * (columns - columns_of(text))


def bar_lines(bars: Sequence[Bar]) -> str:
    """Returns the bars below each other: name, bar, share and amounts, each in its column."""
    names = [fitted_name(bar) for bar in bars]
    width = min(_NAME_COLUMNS, max((columns_of(name) for name in names), default=0))
    spent = [NO_PRICE if bar.has_no_price else usd_round(bar.used_nanos) for bar in bars]
    amount = max((len(words) for words in spent), default=0)
    return "\n".join(
        f"{fitted(name, width)}  {_bar(bar)}  {words:>{amount}}{_of(bar)}".rstrip()
        for bar, name, words in zip(bars, names, spent, strict=True)
    )


def fitted_name(bar: Bar) -> str:
    return "  " * bar.depth + plain(_MENTION_MARKS.sub("", bar.name), limit=_NAME_COLUMNS)


def _bar(bar: Bar) -> str:
    if bar.whole_nanos is None or bar.whole_nanos <= 0 or bar.has_no_price:
        return " " * (_CELLS + 5)
    filled = min(_CELLS, max(0, bar.used_nanos * _CELLS // bar.whole_nanos))
    if bar.used_nanos > 0 and filled == 0:
        filled = 1
    return "█" * filled + "░" * (_CELLS - filled) + f" {percent(bar.used_nanos, bar.whole_nanos):>4}"


def _of(bar: Bar) -> str:
    of = f" of {usd_round(bar.whole_nanos)}" if bar.whole_nanos is not None and bar.whole_nanos > 0 else ""
    return f"{of}  {bar.note}" if bar.note else of


def curve(values: Sequence[int]) -> str:
    """Returns one letter per value, as high as its share of the highest; a dot where there is nothing."""
    highest = max(values, default=0)
    if highest <= 0:
        return "·" * len(values)
    return "".join("·" if value <= 0 else _STEPS[min(7, value * 8 // highest)] for value in values)
