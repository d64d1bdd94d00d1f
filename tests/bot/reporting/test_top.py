"""Words after `top`, and the days they compare."""

from datetime import date

import pytest

from bot.periods import date_of, day_number
from bot.refusals import Refusal
from bot.reporting.top import TopQuery, TopSpan, compare_period_so_far, days_of, parse_top_query


@pytest.mark.parametrize(
    ("typed", "part", "span"),
    [
        ("", "tool", "7d"),
        ("tools", "tool", "7d"),
        ("models 30d", "model", "30d"),
        ("30d models", "model", "30d"),
        ("MTD Workflows", "workflow", "mtd"),
        ("  mtd  ", "tool", "mtd"),
        ("model", "model", "7d"),
    ],
)
def test_part_and_days_come_in_any_order_and_have_defaults(typed: str, part: str, span: str) -> None:
    assert parse_top_query(typed) == TopQuery(part=part, span=span)  # type: ignore[arg-type]  # the table's words


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("people", "ranks no people"),
        ("users 30d", "ranks no people"),
        ("90d", "`7d`, `30d` or `mtd`"),
        ("tools of anna", "`tools`, `models` or `workflows`"),
    ],
)
def test_people_are_not_ranked_and_other_words_are_refused(typed: str, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        parse_top_query(typed)


@pytest.mark.parametrize(
    ("span", "today", "first", "before", "before_end"),
    [
        ("7d", "2026-11-23", "2026-11-17", "2026-11-10", "2026-11-17"),
        ("30d", "2026-11-23", "2026-10-25", "2026-09-25", "2026-10-25"),
        ("mtd", "2026-11-23", "2026-11-01", "2026-10-01", "2026-10-24"),
        ("mtd", "2026-11-01", "2026-11-01", "2026-10-01", "2026-10-02"),
        ("mtd", "2026-03-31", "2026-03-01", "2026-02-01", "2026-03-01"),
        ("mtd", "2027-01-15", "2027-01-01", "2026-12-01", "2026-12-16"),
    ],
)
def test_days_include_today_and_are_compared_with_as_many_before(
    span: TopSpan, today: str, first: str, before: str, before_end: str
) -> None:
    now = day_number(date.fromisoformat(today))
    days = days_of(span, today=now)

    assert days.end_day == now + 1
    found = (days.first_day, days.before_day, days.before_end)
    assert tuple(date_of(day).isoformat() for day in found) == (first, before, before_end)


def test_a_periods_days_so_far_are_never_compared_with_its_own() -> None:
    days = compare_period_so_far(100, 90, today=130)

    assert (days.first_day, days.end_day, days.before_day, days.before_end) == (100, 131, 90, 100)
