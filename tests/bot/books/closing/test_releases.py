"""Budgets that are released over time: nothing is lost to rounding, in any period and zone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.books.closing.releases import Released, release_words, released_by
from bot.money import NANOS
from bot.org.budget_terms import BudgetTerms, Release
from bot.periods import HOUR_MICROS, PeriodKind, day_number, day_start, micros, period_of

ZONES = ("UTC", "Europe/London", "America/New_York", "Australia/Sydney", "Asia/Kathmandu", "Australia/Lord_Howe")
KINDS: tuple[Release, ...] = ("even", "daily", "weekly")


def released(
    kind: Release, at: datetime, *, budget: int = 1_200 * NANOS, first: date, end: date, zone: str = "UTC"
) -> Released:
    found = released_by(
        BudgetTerms(release=kind),
        budget_nanos=budget,
        first_day=day_number(first),
        end_day=day_number(end),
        at=micros(at),
        zone=zone,
    )
    assert found is not None
    return found


def in_february(at: datetime) -> Released:
    """February 2027 begins on a Monday, and has four weeks."""
    return released("weekly", at, first=date(2027, 2, 1), end=date(2027, 3, 1))


def test_a_week_begins_on_monday_and_says_what_comes_next() -> None:
    found = in_february(datetime(2027, 2, 4, 9, tzinfo=UTC))

    assert found == Released(
        budget_nanos=1_200 * NANOS,
        released_nanos=300 * NANOS,
        next_nanos=300 * NANOS,
        next_at=micros(datetime(2027, 2, 8, tzinfo=UTC)),
        kind="weekly",
    )
    assert found.withheld_nanos == 900 * NANOS
    assert release_words(found, "UTC") == "$300 of $1,200 released; the next $300 on Monday."


@pytest.mark.parametrize(
    ("at", "dollars"),
    [
        (datetime(2027, 2, 1, tzinfo=UTC), 300),
        (datetime(2027, 2, 7, 23, 59, 59, tzinfo=UTC), 300),
        (datetime(2027, 2, 8, tzinfo=UTC), 600),
        (datetime(2027, 2, 22, tzinfo=UTC), 1_200),
        (datetime(2027, 2, 28, 23, 59, tzinfo=UTC), 1_200),
    ],
)
def test_each_monday_releases_a_slice(at: datetime, dollars: int) -> None:
    assert in_february(at).released_nanos == dollars * NANOS


def test_a_first_week_of_two_days_releases_two_days() -> None:
    """May 2027 begins on a Saturday."""
    found = released(
        "weekly",
        datetime(2027, 5, 2, tzinfo=UTC),
        budget=3_100 * NANOS,
        first=date(2027, 5, 1),
        end=date(2027, 6, 1),
    )

    assert (found.released_nanos, found.next_nanos) == (200 * NANOS, 700 * NANOS)


def test_a_day_releases_its_slice_at_its_local_midnight() -> None:
    """In Kathmandu a day begins at 18:15 UTC."""
    before = datetime(2026, 11, 9, 18, 14, 59, tzinfo=UTC)
    november = {"first": date(2026, 11, 1), "end": date(2026, 12, 1)}

    def at(moment: datetime) -> Released:
        return released("daily", moment, budget=30 * NANOS, zone="Asia/Kathmandu", **november)

    assert at(before).released_nanos == 9 * NANOS
    found = at(before + timedelta(seconds=1))
    assert found.released_nanos == 10 * NANOS
    assert release_words(found, "Asia/Kathmandu") == "$10.00 of $30.00 released; the next $1 tomorrow."


@pytest.mark.parametrize(
    ("first", "end", "zone", "hours"),
    [
        (date(2026, 10, 1), date(2026, 11, 1), "Europe/London", 31 * 24 + 1),
        (date(2027, 3, 1), date(2027, 4, 1), "America/New_York", 31 * 24 - 1),
        (date(2026, 10, 1), date(2026, 11, 1), "Australia/Sydney", 31 * 24 - 1),
        (date(2027, 4, 1), date(2027, 5, 1), "Australia/Sydney", 30 * 24 + 1),
        (date(2026, 11, 1), date(2026, 12, 1), "Asia/Kathmandu", 30 * 24),
    ],
)
def test_an_even_release_counts_the_hours_that_a_period_has(first: date, end: date, zone: str, hours: int) -> None:
    start = day_start(day_number(first), zone)
    for passed in (0, 1, hours // 2, hours - 2, hours - 1):
        found = released("even", start + timedelta(hours=passed), budget=hours * NANOS, first=first, end=end, zone=zone)
        assert found.released_nanos == (passed + 1) * NANOS
    assert start + timedelta(hours=hours) == day_start(day_number(end), zone)


@given(
    kinds=st.tuples(st.sampled_from(KINDS), st.sampled_from(["month", "quarter", "year"]), st.sampled_from(ZONES)),
    day=st.integers(day_number(date(2024, 1, 1)), day_number(date(2029, 1, 1))),
    starts_after=st.integers(0, 27),
    budget=st.integers(1, 10**18),
    steps=st.lists(st.integers(0, 500), min_size=1, max_size=8),
)
def test_slices_only_add_up_and_the_last_one_releases_the_rest(
    kinds: tuple[Release, PeriodKind, str], day: int, starts_after: int, budget: int, steps: list[int]
) -> None:
    kind, period_kind, zone = kinds
    period = period_of(day, period_kind)
    first = period.first_day + starts_after
    start, end = (micros(day_start(d, zone)) for d in (first, period.end_day))

    def at(moment: int) -> Released:
        found = released_by(
            BudgetTerms(release=kind),
            budget_nanos=budget,
            first_day=first,
            end_day=period.end_day,
            at=moment,
            zone=zone,
        )
        assert found is not None
        return found

    moment, before = start, 0
    for step in steps:
        found = at(moment)
        assert before <= found.released_nanos <= budget
        if found.next_at is None:
            assert found.released_nanos == budget
            break
        assert moment < found.next_at < end
        assert at(found.next_at).released_nanos == found.released_nanos + found.next_nanos
        assert at(found.next_at - 1).released_nanos == found.released_nanos
        before, moment = found.released_nanos, min(found.next_at + step * HOUR_MICROS, end - 1)
    assert at(end - 1).released_nanos == budget
    assert at(start - 1).released_nanos == 0


def test_without_terms_nothing_is_held_back() -> None:
    assert (
        released_by(BudgetTerms(), budget_nanos=NANOS, first_day=0, end_day=30, at=0, zone="UTC", used_today_nanos=0)
        is None
    )


@pytest.mark.parametrize(("used", "left"), [(0, 50), (20, 30), (50, 0), (80, 0), (-5, 50)])
def test_a_days_limit_leaves_what_the_day_has_not_used(used: int, left: int) -> None:
    found = released_by(
        BudgetTerms(release="weekly", per_day_max_nanos=50 * NANOS),
        budget_nanos=1_200 * NANOS,
        first_day=day_number(date(2027, 2, 1)),
        end_day=day_number(date(2027, 3, 1)),
        at=micros(datetime(2027, 2, 4, 9, tzinfo=UTC)),
        zone="UTC",
        used_today_nanos=used * NANOS,
    )

    assert found is not None
    assert found.day_left_nanos == left * NANOS
    assert release_words(found, "UTC") == (
        f"$300 of $1,200 released; the next $300 on Monday. Today's limit is $50: ${left}.00 left."
    )
