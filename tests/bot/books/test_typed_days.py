"""Days as people type them."""

from datetime import date

import pytest

from bot.books.typed_days import parse_day

MONDAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("today", MONDAY),
        ("Now", MONDAY),
        (" tomorrow ", date(2026, 12, 1)),
        ("monday", MONDAY),
        ("Fri", date(2026, 12, 4)),
        ("2026-12-31", date(2026, 12, 31)),
        ("1 Dec", date(2026, 12, 1)),
        ("dec 24", date(2026, 12, 24)),
        ("1st january", date(2027, 1, 1)),
        ("29 Feb", date(2028, 2, 29)),
        ("29 november", date(2027, 11, 29)),
    ],
)
def test_a_typed_day_is_the_next_one_it_names(typed: str, day: date) -> None:
    assert parse_day(typed, MONDAY) == day


@pytest.mark.parametrize("typed", ["", "soon", "2026-13-01", "31 Feb", "30 smarch", "12/24", "٣ Dec 5"])
def test_other_texts_name_no_day(typed: str) -> None:
    assert parse_day(typed, MONDAY) is None
