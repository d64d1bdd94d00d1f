"""The two tables of totals, as the check compares them with their events."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, exists, literal_column

from bot.periods import HOUR_MICROS
from storage.tables.books import removed_usage
from storage.tables.intake import usage_days, usage_hours

_HOUR: ColumnElement[int] = literal_column(str(HOUR_MICROS))


class Rollup(NamedTuple):
    """A table of totals, its bucket, and the marks that were kept of removed events."""

    name: str
    table: FromClause
    bucket: str
    kept: ColumnElement[int]

    def of(self, columns: Any) -> Any:
        """Returns the bucket of an event or adjusting row."""
        return columns.local_day if self.bucket == "local_day" else columns.occurred_at.op("/", precedence=8)(_HOUR)

    def is_removed(self, bucket: Any, team_id: Any, horizon: int) -> ColumnElement[bool]:
        """Returns the condition that events of a bucket were removed, some or all."""
        if self.bucket == "hour":
            found: ColumnElement[bool] = bucket < literal_column(str(horizon // HOUR_MICROS))
            return found
        kept = removed_usage.c
        return exists().where(kept.team_id == team_id, kept.local_day == bucket)


ROLLUPS = (
    Rollup("hours", usage_hours, "hour", removed_usage.c.hours_mark),
    Rollup("days", usage_days, "local_day", removed_usage.c.days_mark),
)
