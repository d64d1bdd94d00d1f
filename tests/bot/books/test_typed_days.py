"""Days and times as people type them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.books.typed_days import TypedDay, parse_day, read_day

MONDAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("today", MONDAY),
        ("Now", MONDAY),
        ("tonight", MONDAY),
        (" tomorrow ", date(2026, 12, 1)),
        ("the day after tomorrow", date(2026, 12, 2)),
        ("monday", MONDAY),
        ("Fri", date(2026, 12, 4)),
        ("this friday", date(2026, 12, 4)),
        ("on friday", date(2026, 12, 4)),
        ("friday next week", date(2026, 12, 11)),
        ("2026-12-31", date(2026, 12, 31)),
        ("1 Dec", date(2026, 12, 1)),
        ("31 dec.", date(2026, 12, 31)),
        ("31 December 2026", date(2026, 12, 31)),
        ("the 3rd of January", date(2027, 1, 3)),
        ("dec 24", date(2026, 12, 24)),
        ("December 24th, 2027", date(2027, 12, 24)),
        ("1st january", date(2027, 1, 1)),
        ("3 sept", date(2027, 9, 3)),
        ("29 Feb", date(2028, 2, 29)),
        ("29 november", date(2027, 11, 29)),
        ("the 15th", date(2026, 12, 15)),
        ("30th", MONDAY),
        ("31st", date(2026, 12, 31)),
        ("in 3 days", date(2026, 12, 3)),
        ("in a week", date(2026, 12, 7)),
        ("two weeks from now", date(2026, 12, 14)),
        ("in 3 months", date(2027, 2, 28)),
        ("end of week", date(2026, 12, 6)),
        ("the end of the week", date(2026, 12, 6)),
        ("end of month", MONDAY),
        ("eom", MONDAY),
        ("month end", MONDAY),
        ("end of next month", date(2026, 12, 31)),
        ("end of the quarter", date(2026, 12, 31)),
        ("end of the year", date(2026, 12, 31)),
        ("end of january", date(2027, 1, 31)),
        ("end of february 2028", date(2028, 2, 29)),
        ("next week", date(2026, 12, 7)),
        ("next month", date(2026, 12, 1)),
    ],
)
def test_a_typed_day_is_the_next_one_it_names(typed: str, day: date) -> None:
    assert parse_day(typed, MONDAY) == day


@pytest.mark.parametrize(
    ("typed", "day", "minute"),
    [
        ("tomorrow 5pm", date(2026, 12, 1), 17 * 60),
        ("friday at 17:30", date(2026, 12, 4), 17 * 60 + 30),
        ("31 dec 9 a.m.", date(2026, 12, 31), 9 * 60),
        ("2026-12-31 08:05", date(2026, 12, 31), 8 * 60 + 5),
        ("noon", MONDAY, 12 * 60),
        ("12am", MONDAY, 0),
        ("tomorrow by 12 pm", date(2026, 12, 1), 12 * 60),
        ("tomorrow midnight", date(2026, 12, 1), 0),
    ],
)
def test_a_time_is_understood_with_its_day(typed: str, day: date, minute: int) -> None:
    assert read_day(typed, MONDAY) == TypedDay(day, minute=minute)
    assert parse_day(typed, MONDAY) is None, "a whole day has no time: a form confirms it"


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("next week", date(2026, 12, 11)),
        ("next month", date(2026, 12, 31)),
        ("next friday", date(2026, 12, 11)),
    ],
)
def test_the_end_of_something_that_may_mean_several_days_is_vague(typed: str, day: date) -> None:
    assert read_day(typed, MONDAY, is_end=True) == TypedDay(day, is_vague=True)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "soon",
        "2026-13-01",
        "31 Feb",
        "30 smarch",
        "12/24",
        "٣ Dec 5",
        "tomorrow 25:00",
        "friday 13pm",
        "mayor 3",
        "0th",
        "in 99 weekss",
    ],
)
def test_other_texts_name_no_day(typed: str) -> None:
    assert read_day(typed, MONDAY) is None


@given(
    typed=st.one_of(
        st.text(max_size=40),
        st.lists(
            st.sampled_from(
                [
                    "next",
                    "this",
                    "last",
                    "end",
                    "of",
                    "the",
                    "month",
                    "week",
                    "year",
                    "in",
                    "3",
                    "999",
                    "days",
                    "dec",
                    "31",
                    "31st",
                    "feb",
                    "friday",
                    "5pm",
                    "at",
                    "noon",
                    "2026-12-31",
                    "9999",
                ]
            ),
            max_size=6,
        ).map(" ".join),
    ),
    today=st.dates(min_value=date(2020, 1, 1), max_value=date(2060, 12, 31)),
    is_end=st.booleans(),
)
def test_any_text_is_a_coming_day_or_none(typed: str, today: date, is_end: bool) -> None:
    found = read_day(typed, today, is_end=is_end)

    if found is not None and not any(part.isdigit() and len(part) == 4 for part in typed.replace("-", " ").split()):
        assert today <= found.day <= today + timedelta(days=366 * 90)
        assert found.minute is None or 0 <= found.minute < 1440
