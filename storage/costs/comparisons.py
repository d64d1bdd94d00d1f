"""Calls that both their sender and we priced: both totals by provider, model and the cause of a difference."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, union_all

from bot.costs.comparisons import PriceDisagreement, with_causes
from bot.costs.pricing import GUESS
from bot.periods import DAY_MICROS
from storage.queries.sums import nano_sums, whole
from storage.tables.intake import usage_adjustments, usage_events, usage_series
from storage.transaction import OpenTransaction

_OURS = ("contract", "book", "unpriced")


class Span(NamedTuple):
    """The calls to compare: by the local day that they count on, or by their moment."""

    first_day: int
    end_day: int
    is_utc: bool = False


async def compared(tx: OpenTransaction, span: Span, *, with_unpriced: bool = False) -> list[PriceDisagreement]:
    """Returns both totals of calls, the largest difference first.

    A sender's figure stays with its event, so adjusting rows count it where they move the call.
    """
    event, row, series = usage_events.c, usage_adjustments.c, usage_series.c
    is_of = and_(event.occurred_at == row.occurred_at, event.source_id == row.source_id, event.key_hash == row.key_hash)
    sides = (
        (_sums(literal(1), event).select_from(usage_events.join(usage_series, series.id == event.series_id)), event),
        (
            _sums(row.calls, row).select_from(
                usage_adjustments.join(usage_events, is_of).join(usage_series, series.id == row.series_id)
            ),
            row,
        ),
    )
    bases = _OURS if with_unpriced else _OURS[:2]
    both = union_all(*(_within(part, table, span).where(_is_priced(table, bases)) for part, table in sides)).subquery()
    names = (both.c.provider, both.c.model, both.c.cause, both.c.detail)
    rows = await tx.connection.execute(
        select(
            *names,
            func.sum(both.c.calls),
            *nano_sums(both.c.ours),
            *nano_sums(both.c.theirs),
            *nano_sums(both.c.booked),
        ).group_by(*names)
    )
    return with_causes(
        PriceDisagreement(
            provider=found[0],
            model=found[1],
            cause=found[2],
            detail=found[3],
            calls=int(found[4]),
            ours_nanos=whole(*found[5:7]),
            theirs_nanos=whole(*found[7:9]),
            booked_nanos=whole(*found[9:11]),
        )
        for found in rows
    )


def _within(part: Select[Any], table: Any, span: Span) -> Select[Any]:
    margin = 0 if span.is_utc else 2
    first, end = (span.first_day - margin) * DAY_MICROS, (span.end_day + margin) * DAY_MICROS
    part = part.where(table.occurred_at >= first, table.occurred_at < end, usage_events.c.reported_nanos > 0)
    return part if span.is_utc else part.where(table.local_day >= span.first_day, table.local_day < span.end_day)


def _is_priced(table: Any, bases: tuple[str, ...]) -> ColumnElement[bool]:
    basis = usage_series.c.basis
    return or_(basis.in_(bases), and_(basis.in_(("reported", "book+reported")), table.book_nanos.is_not(None)))


def _sums(calls: ColumnElement[int], table: Any) -> Select[Any]:
    """Returns each side's cost columns: ours is the list price where the sender's cost was booked."""
    series, event = usage_series.c, usage_events.c
    listed = func.coalesce(table.book_nanos, 0) * calls
    reason = table.cost_reason
    cause = case(
        (series.basis == "unpriced", "unpriced"),
        (series.basis == "contract", "contract"),
        (reason.like("tier %"), "tier"),
        (reason.like("%geo %"), "geography"),
        (reason.not_in(("", GUESS)), "unit"),
        (event.tier != "", "tier"),
        (or_(event.conditions.like('%"geo"%'), event.conditions.like('%"region"%')), "geography"),
        (event.conditions.like('%"guess"%'), "guess"),
        (or_(event.units != "", event.parts != ""), "unit"),
        else_="price",
    )
    detail = case(
        (series.basis.in_(("unpriced", "contract")), ""),
        (reason.like("tier %"), func.substr(reason, 6)),
        (reason.not_in(("", GUESS)), reason),
        else_=event.tier,
    )
    return select(
        series.provider,
        series.model,
        calls.label("calls"),
        cause.label("cause"),
        detail.label("detail"),
        case((series.basis.in_(_OURS), table.cost_nanos), else_=listed).label("ours"),
        (event.reported_nanos * calls).label("theirs"),
        table.cost_nanos.label("booked"),
    )
