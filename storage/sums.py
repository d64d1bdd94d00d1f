"""Sums of nano-dollars that stay exact past 64 bits, on both databases."""

from typing import Any

from sqlalchemy import ColumnElement, func, literal_column

from bot.money import NANOS


def nano_sums(column: ColumnElement[int]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Two columns that sum whole dollars and the nanos left over apart: SQLite's sum() ends at 9.2 billion dollars.

    Division and remainder of both databases go towards zero, so `whole(…)` puts them together, negative or not.
    """
    whole_dollars = column.op("/")(literal_column(str(NANOS)))
    rest = column.op("%")(literal_column(str(NANOS)))
    return func.coalesce(func.sum(whole_dollars), 0), func.coalesce(func.sum(rest), 0)


def whole(dollars: Any, rest: Any) -> int:
    """A sum made by `nano_sums`, as Python's unbounded integer."""
    return int(dollars) * NANOS + int(rest)
