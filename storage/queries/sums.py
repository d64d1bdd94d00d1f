"""Sums of nano-dollars that stay exact beyond 64 bits, on both databases."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column

from bot.money import NANOS


@lru_cache(maxsize=128)  # of the tables' columns, which are few
def nano_sums(column: ColumnElement[int]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Returns two columns that sum whole dollars and the remaining nanos separately: SQLite's sum() overflows at 9.2
    billion dollars.

    Division and remainder of both databases round towards zero, so `whole(…)` combines them, negative or not.
    """
    whole_dollars = column.op("/")(literal_column(str(NANOS)))
    rest = column.op("%")(literal_column(str(NANOS)))
    return func.coalesce(func.sum(whole_dollars), 0), func.coalesce(func.sum(rest), 0)


def whole(dollars: Any, rest: Any) -> int:
    """Combines the sums of `nano_sums` into Python's unbounded integer, in nano-dollars."""
    return int(dollars) * NANOS + int(rest)
