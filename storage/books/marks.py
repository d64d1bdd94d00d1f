"""Marks: numbers that tell in one pass whether two ways of summing usage agree, without the groups in memory.

Usage agrees with its totals if each place (team, hour or day, series) has the same amounts in both. A mark multiplies the
amounts of a row by a number made of its place, and adds all rows up, modulo a prime. Equal amounts in equal places give
equal marks, in whatever order and pieces. Different ones give equal marks by accident alone, about once in 100 million.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, func, literal_column, select

from storage.tables.base import COUNTER_COLUMNS

PRIME = 1_073_741_789
"""Below 2^30, so that no product or sum of a row leaves 64 bits."""
AMOUNTS = ("calls", *COUNTER_COLUMNS, "cost_nanos", "notional_nanos")
_WEIGHTS = (291827361, 318273645, 498273641, 128374655, 412837465, 229384755, 500127391, 382716253, 192837465)
_TEAM, _BUCKET, _SERIES = 417263541, 229384721, 398271635
_ROUNDS = (77_003_981, 615_298_117)
"""The place's number is squared thrice: differences that cancel out in a linear sum do not in its eighth power."""


def marks(
    source: FromClause, buckets: Sequence[ColumnElement[int]], *conditions: ColumnElement[bool], calls: Any = None
) -> Select[Any]:
    """Returns a query for the number of rows and one mark per bucket, such as the hour. `calls` defaults to the column."""
    return _summed(source, buckets, conditions, calls)


def marks_by(
    group: Sequence[ColumnElement[int]],
    source: FromClause,
    buckets: Sequence[ColumnElement[int]],
    *conditions: ColumnElement[bool],
    calls: Any = None,
) -> Select[Any]:
    """Returns the same query, with a row per group; the groups come first."""
    return _summed(source, buckets, conditions, calls, group)


def _summed(
    source: FromClause,
    buckets: Sequence[ColumnElement[int]],
    conditions: Sequence[ColumnElement[bool]],
    calls: Any,
    group: Sequence[ColumnElement[int]] = (),
) -> Select[Any]:
    columns = source.c
    amounts = (columns["calls"] if calls is None else calls, *(columns[name] for name in AMOUNTS[1:]))
    total: Any = sum(
        ((_mod(amount)) * _number(by) for amount, by in zip(amounts[1:], _WEIGHTS[1:], strict=True)),
        start=amounts[0] * _number(_WEIGHTS[0]),
    )
    places = [
        _mod(_mod(columns.team_id) * _number(_TEAM) + _mod(bucket) * _number(_BUCKET) + _series(columns))
        for bucket in buckets
    ]
    named = [place.label(f"place_{at}") for at, place in enumerate(places)]
    groups = [column.label(f"group_{at}") for at, column in enumerate(group)]
    inner: Any = select(_mod(total).label("amounts"), *named, *groups).select_from(source).where(*conditions)
    for more in _ROUNDS:
        # The offset keeps the database from writing the expression out again at each use.
        rows = inner.offset(0).subquery()
        squares = [_squared(rows.c[name.name], more).label(name.name) for name in named]
        inner = select(rows.c.amounts, *squares, *(rows.c[column.name] for column in groups))
    rows = inner.offset(0).subquery()
    found = [_mod(func.coalesce(func.sum(_mod(_squared(rows.c[n.name], 1) * rows.c.amounts)), 0)) for n in named]
    by = [rows.c[column.name] for column in groups]
    query = select(*by, func.count(), *found)
    return query.group_by(*by) if by else query


def _series(columns: Any) -> Any:
    return _mod(columns.series_id) * _number(_SERIES) + _number(12_345)


def _squared(value: Any, more: int) -> Any:
    return _mod(value * value + _number(more))


def _mod(value: Any) -> Any:
    return value.op("%", precedence=8)(_number(PRIME))


def _number(value: int) -> Any:
    return literal_column(str(value))
