"""Sums and highest windows of hours, compared with plain counts over hours that cost a few dollars."""

from datetime import UTC, datetime

import numpy as np
import pytest

from bot.detection.detector.spike_hours import DAY, MAX_NANOS, PEAK_DAYS, RECORD_HOURS, WEEK, Cells, Hours
from bot.money import NANOS

FAR = 10**9


def cells(*columns: int, row: int = 0) -> Cells:
    return Cells(np.full(len(columns), row), np.array(columns))


def hours_of(*costs: int, known: int | None = None, first_hour: int = 0) -> Hours:
    return Hours(np.array([costs]), known_hours=np.array([known or len(costs)]), first_hour=first_hour)


def test_negative_hours_are_zero_and_enormous_ones_are_capped() -> None:
    hours = hours_of(-5, 1, MAX_NANOS + 7)

    assert hours.nanos(1, cells(0, 1, 2)).tolist() == [0, 1, MAX_NANOS]
    assert hours.nanos(2, cells(-1, 0, 1)).tolist() == [0, 0, 1]
    assert hours.nanos(3, cells(2)).tolist() == [MAX_NANOS + 1]
    assert hours_of(5, 7).nanos(1, cells(-2, -1, 0, 1)).tolist() == [0, 0, 5, 7]  # before the first column


@pytest.mark.parametrize(("known", "dollars"), [(1, 12.0), (2, 6.0), (24, 0.5), (100, 0.5)])
def test_a_mean_hour_is_of_the_hours_known(known: int, dollars: float) -> None:
    hours = hours_of(*[0] * (DAY - 1), 12 * NANOS, known=known)

    assert hours.mean_hour(1, cells(DAY - 1)).tolist() == [dollars]


@pytest.mark.parametrize(
    ("day", "hour", "width", "back"),
    [
        ((2027, 3, 29), 23, 1, FAR),  # before the last two days of March
        ((2027, 3, 30), 0, 1, 31 * DAY),  # a whole March back
        ((2027, 3, 31), 23, 1, 31 * DAY),
        ((2027, 4, 1), 0, 1, 31 * DAY),
        ((2027, 4, 1), 23, 1, 31 * DAY),
        ((2027, 4, 2), 0, 1, FAR),
        ((2027, 4, 2), 0, 2, 31 * DAY),  # its window begins on the first
        ((2027, 4, 2), 1, 2, FAR),
        ((2027, 4, 2), 22, 24, 31 * DAY),
        ((2027, 4, 2), 23, 24, FAR),
        ((2027, 4, 29), 0, 1, 30 * DAY),
        ((2027, 5, 1), 0, 1, 30 * DAY),
        ((2028, 2, 28), 0, 1, 29 * DAY),
        ((2028, 2, 27), 23, 1, FAR),
    ],
)
def test_the_last_months_end_is_a_month_back_near_one(
    day: tuple[int, int, int], hour: int, width: int, back: int
) -> None:
    first = int(datetime(*day, hour, tzinfo=UTC).timestamp()) // 3600 - 3

    assert hours_of(0, 0, 0, 0, first_hour=first).hours_to_last_month_end(width, cells(3)).tolist() == [back]


COSTS = np.random.default_rng(7).integers(-2, 30, (2, 6 * WEEK)) * NANOS


def window(row: int, end: int, width: int) -> float:
    """Returns the dollars of the window that ends with an hour."""
    return float(np.maximum(COSTS[row, max(0, end - width + 1) : end + 1], 0).sum()) / NANOS


def highest(row: int, ends: range, width: int) -> float:
    return max((window(row, end, width) for end in ends if end >= 0), default=0.0)


@pytest.mark.parametrize("width", [1, 5, 24, 48])
@pytest.mark.parametrize("column", [0, 1, 30, 200, 700, 6 * WEEK - 1])
def test_past_windows_are_those_of_a_plain_count(width: int, column: int) -> None:
    known = np.array([6 * WEEK, 4 * WEEK])
    windows = Hours(COSTS, known_hours=known, first_hour=0).windows(width)
    both = Cells(np.array([0, 1]), np.array([column, column]))
    days = range(max(1, width // DAY), PEAK_DAYS + 1)

    record = [highest(row, range(column - RECORD_HOURS, column - width + 1), width) for row in (0, 1)]
    assert windows.dollars[:, column].tolist() == [window(row, column, width) for row in (0, 1)]
    assert windows.record(both).tolist() == record
    assert windows.records()[:, column].tolist() == record
    assert windows.highest_at_this_time(both).tolist() == [
        max(highest(row, range(column - DAY * day - 1, column - DAY * day + 2), width) for day in days)
        for row in (0, 1)
    ]
    assert windows.highest_at_this_time_of_the_week(both).tolist() == [
        max(highest(row, range(column - WEEK * n - 2, column - WEEK * n + 3), width) for n in (1, 2, 3, 4))
        for row in (0, 1)
    ]
    for row, peaks in enumerate(windows.daily_peaks(both).tolist()):
        age = int(known[row]) - (6 * WEEK - 1 - column)
        wanted = [
            highest(row, range(column - DAY * day - DAY + 1, column - DAY * day + 1), width)
            if age >= DAY * day + DAY
            else None
            for day in days
        ]
        assert [None if np.isnan(peak) else peak for peak in peaks] == wanted


def test_the_first_hour_is_the_earliest_that_a_window_can_end_with() -> None:
    """A week back, ± 2 hours, from the hours about the 166th; before the first column there is nothing."""
    windows = hours_of(5 * NANOS, 9 * NANOS, *[0] * WEEK).windows(1)

    assert windows.highest_at_this_time_of_the_week(cells(165, 166, 167)).tolist() == [0, 5, 9]


@pytest.mark.parametrize("short", [-1, 0, 1, 2])
def test_recent_windows_of_a_past_that_is_short_by_an_hour(short: int) -> None:
    rising = range(RECORD_HOURS + 24 + 30 - 1 - short)
    hours = hours_of(*(hour * NANOS for hour in rising))
    dollars, records = hours.recent(24, 30)

    assert dollars.tolist() == hours.windows(24).dollars[:, -30:].tolist()
    assert records.tolist() == hours.windows(24).records()[:, -30:].tolist()


@pytest.mark.parametrize("last", [1, 2, 30, RECORD_HOURS])
@pytest.mark.parametrize("width", [1, 24])
def test_recent_windows_are_those_of_all(width: int, last: int) -> None:
    hours = Hours(COSTS, known_hours=np.array([1, 1]), first_hour=0)
    dollars, records = hours.recent(width, last)

    assert dollars.tolist() == hours.windows(width).dollars[:, -last:].tolist()
    assert records.tolist() == hours.windows(width).records()[:, -last:].tolist()
