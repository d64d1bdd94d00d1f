"""The statement that sums entries and usage of teams in a period, so that both are of the same moment."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, literal, literal_column, or_, select, union_all

from storage.queries.statements import Prepared, many, one
from storage.queries.sums import nano_sums
from storage.tables.books import accounts, entries, periods
from storage.tables.intake import usage_days

TEAMS = many("teams")


@lru_cache(maxsize=64)  # sizes are few
def sums_statement(begins: int, *, has_usage: bool) -> Prepared:
    """Returns the statement of `Ledger._sums`, for some number of budgets that begin within the period."""
    first_day, end_day = one("first_day"), one("end_day")
    ours = (accounts.c.period == one("period"), accounts.c.team_id.in_(TEAMS))
    grouped: tuple[ColumnElement[Any], ...] = (accounts.c.team_id, accounts.c.bucket, literal_column("part"))
    declared, taken_back = entries.c.document.like("budget:%"), entries.c.usage_day.is_(None)
    allocated, corrected = entries.c.kind == "allocation", and_(entries.c.kind == "correction", taken_back)
    given_back = or_(corrected, entries.c.kind == "lapse")
    coming = case((and_(allocated, declared), "base"), (given_back, "handed"), else_="")
    going = case((allocated, "handed"), (corrected, "base"), else_="")
    own = and_(entries.c.usage_day >= first_day, entries.c.usage_day < end_day)
    beside = case((and_(entries.c.usage_day.is_not(None), own), ""), else_="beside usage")
    of_bucket = accounts.c.bucket
    parts: list[Select[*tuple[Any, ...]]] = [
        select(
            accounts.c.team_id,
            accounts.c.bucket,
            case((of_bucket == "available", part), (of_bucket == "spent", beside), else_="").label("part"),
            literal(sign).label("sign"),
            *nano_sums(entries.c.amount_nanos),
        )
        .join(entries, column == accounts.c.id)
        .where(*ours)
        .group_by(*grouped)
        for sign, column, part in ((1, entries.c.to_account_id, coming), (-1, entries.c.from_account_id, going))
    ]
    is_closed = and_(periods.c.name == one("period"), periods.c.state != "open")
    parts.append(
        select(literal(0), literal("is closed"), literal(""), literal(1), literal(0), literal(1)).where(is_closed)
    )
    if has_usage:
        before = [
            and_(
                usage_days.c.team_id == one(f"begins_team_{number}"),
                usage_days.c.local_day < one(f"begins_day_{number}"),
            )
            for number in range(begins)
        ]
        bucket = case((or_(*before), "uncounted"), else_="usage") if before else literal("usage")
        parts.append(
            select(
                usage_days.c.team_id,
                bucket.label("bucket"),
                literal("").label("part"),
                literal(1),
                *nano_sums(usage_days.c.cost_nanos),
            )
            .where(usage_days.c.team_id.in_(TEAMS))
            .where(usage_days.c.local_day >= first_day, usage_days.c.local_day < end_day)
            .group_by(usage_days.c.team_id, literal_column("bucket"))
        )
    return Prepared(union_all(*parts))
