"""Which periods are opened and closed when, and which one takes a day's charges."""

from datetime import date

import pytest

from bot.books.closing.period_states import (
    BudgetPeriod,
    PeriodState,
    charged_period,
    periods_to_close,
    periods_to_open,
)
from bot.periods import Calendar, day_number

MONTHS = Calendar()


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


def known(**states: PeriodState) -> dict[str, BudgetPeriod]:
    """Returns periods by name, such as `m2026_10="closed"`."""
    found = {}
    for written, state in states.items():
        period = MONTHS.named(written[1:].replace("_", "-"))
        found[period.name] = BudgetPeriod(
            name=period.name, first_day=period.first_day, end_day=period.end_day, state=state
        )
    return found


@pytest.mark.parametrize(
    ("of", "takes"),
    [
        ("2026-12-05", "2026-12"),
        ("2026-11-30", "2026-11"),
        ("2026-10-31", "2026-11"),
        ("2026-09-01", "2026-11"),
        ("2026-08-31", "2026-08"),  # before the first period of the books: history costs no open budget
        ("2027-01-01", "2027-01"),
    ],
)
def test_a_closed_periods_charges_go_to_the_next_open_one(of: str, takes: str) -> None:
    periods = known(m2026_09="closed", m2026_10="closing", m2026_11="open", m2026_12="open")

    assert charged_period(periods, day(of), MONTHS.period_of).name == takes


def test_a_period_that_passed_while_nobody_ran_is_opened_too() -> None:
    periods = known(m2026_10="closed", m2026_11="open")

    found = periods_to_open(periods, [MONTHS.named("2027-02")], MONTHS.period_of)

    assert [one.name for one in found] == ["2026-12", "2027-01", "2027-02"]


def test_the_first_periods_are_those_that_teams_are_in() -> None:
    """In Auckland it is December already."""
    current = [MONTHS.named("2026-12"), MONTHS.named("2026-11")]

    assert [one.name for one in periods_to_open({}, current, MONTHS.period_of)] == ["2026-11", "2026-12"]
    assert periods_to_open(known(m2026_11="open", m2026_12="open"), current, MONTHS.period_of) == []


def test_another_kind_of_period_follows_within_the_one_before() -> None:
    quarters = Calendar(kind="quarter")
    periods = known(m2026_11="open")

    found = periods_to_open(periods, [quarters.named("2026-Q4")], quarters.period_of)

    assert [one.name for one in found] == ["2026-Q4"]
    assert charged_period(known(m2026_11="closed"), day("2026-11-05"), quarters.period_of).name == "2026-Q4"


@pytest.mark.parametrize(
    ("today", "wait", "due"),
    [
        ("2026-11-30", 0, []),
        ("2026-12-01", 0, ["2026-11"]),
        ("2026-12-03", 3, []),
        ("2026-12-04", 3, ["2026-11"]),
        ("2027-02-01", 0, ["2026-11", "2026-12", "2027-01"]),
    ],
)
def test_a_period_closes_once_its_end_and_the_days_after_it_are_over(today: str, wait: int, due: list[str]) -> None:
    periods = known(m2026_10="closed", m2026_11="open", m2026_12="open", m2027_01="open", m2027_02="open")

    found = periods_to_close(periods, earliest_today=day(today), close_after_days=wait)

    assert [one.name for one in found] == due


def test_a_period_that_was_kept_open_makes_later_ones_wait() -> None:
    periods = known(m2026_11="open", m2026_12="open")
    kept = BudgetPeriod(**{**vars(periods["2026-11"]), "close_after_days": 40})
    periods["2026-11"] = kept

    assert periods_to_close(periods, earliest_today=day("2027-01-02"), close_after_days=0) == []
    found = periods_to_close(periods, earliest_today=day("2027-01-10"), close_after_days=5)
    assert [one.name for one in found] == ["2026-11", "2026-12"]


def test_a_close_that_was_interrupted_is_due_at_once() -> None:
    periods = known(m2026_11="closing", m2026_12="open")

    found = periods_to_close(periods, earliest_today=day("2026-11-20"), close_after_days=9)

    assert [one.name for one in found] == ["2026-11"]


def test_a_calendar_knows_the_periods_that_ended_early() -> None:
    calendar = Calendar(ended_early=(("2026-11", day("2026-11-20")),))

    assert calendar.period_of(day("2026-11-19")).end_day == day("2026-11-20")
    december = calendar.period_of(day("2026-11-20"))
    assert (december.name, december.first_day, december.end_day) == ("2026-12", day("2026-11-20"), day("2027-01-01"))
    assert calendar.period_of(day("2026-12-31")) == december == calendar.named("2026-12")
    assert calendar.next(calendar.named("2026-11")) == december
    assert calendar.before(december) == calendar.named("2026-11")
    assert calendar.named("2026-Q4") == Calendar().named("2026-Q4")
    assert calendar.period_of(day("2027-01-01")) == MONTHS.named("2027-01")
