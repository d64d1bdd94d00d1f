"""Words for spans, their comparisons, and the ends of half-open spans: one wording everywhere."""

from datetime import UTC, datetime

import pytest

from bot.periods import Calendar, micros
from bot.reporting.figures import BasisUse, shares_of, spend_of_shares
from bot.reporting.spans import SpanKind, days_span, month_span, span_of, week_span
from bot.views.wording import (
    before_words,
    cost_words,
    days_words,
    in_span_words,
    range_words,
    span_words,
    spend_change_words,
    until_words,
    zone_words,
)
from tests.bot.views.examples import MONDAY, PERIOD, TODAY, dollars, share


@pytest.mark.parametrize(
    ("kind", "words", "within", "before"),
    [
        ("today", "today so far", "today so far", "the day before"),
        ("7d", "last 7 full days", "in the last 7 full days", "the 7 days before"),
        ("30d", "last 30 full days", "in the last 30 full days", "the 30 days before"),
        ("this_week", "this week so far", "this week so far", "the same days of last week"),
        ("last_week", "last week", "last week", "the week before"),
        ("week", "16–22 Nov", "in 16–22 Nov", "the week before"),
        ("month", "November 2026 so far", "in November 2026 so far", "the same days of October 2026"),
        ("last_month", "October 2026", "in October 2026", "September 2026"),
        ("period", "November 2026 so far", "in November 2026 so far", "the same days of October 2026"),
    ],
)
def test_a_span_is_called_the_same_everywhere(kind: SpanKind, words: str, within: str, before: str) -> None:
    span = span_of(kind, today=TODAY, period=PERIOD, calendar=Calendar(), zone="UTC")

    assert (span_words(span), in_span_words(span), before_words(span)) == (words, within, before)


def test_given_days_and_months_have_their_names() -> None:
    three = days_span(MONDAY, MONDAY + 3, zone="UTC")

    assert (span_words(three), before_words(three)) == ("16–18 Nov", "the 3 days before")
    assert before_words(days_span(MONDAY, MONDAY + 1, zone="UTC")) == "the day before"
    assert span_words(month_span(TODAY, zone="UTC")) == "November 2026"
    assert days_words(MONDAY, MONDAY + 1) == "16 Nov"
    assert days_words(MONDAY - 17, MONDAY + 3) == "30 Oct – 18 Nov"
    assert days_words(MONDAY + 40, MONDAY + 60) == "26 Dec – 14 Jan"
    assert days_words(MONDAY - 380, MONDAY + 15) == "1 Nov 2025 – 30 Nov 2026"


def test_a_change_without_complete_days_before_is_no_percentage() -> None:
    week = week_span(MONDAY, zone="UTC")
    shares = (share("Codex", 400, 100),)

    assert spend_change_words(spend_of_shares(week, shares)) == "4 times the week before"
    late = spend_of_shares(week, shares, first_day=MONDAY - 3)
    assert spend_change_words(late) == "no full comparison yet: first usage 13 Nov"


def test_days_before_whose_usage_has_no_price_are_not_nothing() -> None:
    unpriced = BasisUse("Codex", "unpriced", 3, 900, 0)
    (known,) = shares_of([BasisUse("Codex", "book", 1, 10, 5)], [unpriced])
    spend = spend_of_shares(week_span(MONDAY, zone="UTC"), (known,))

    assert spend_change_words(spend) == "with no price yet for the week before"
    assert not known.is_new


@pytest.mark.parametrize(
    ("at", "zone", "words"),
    [
        ("2026-12-01T00:00", "UTC", "until 30 Nov"),
        ("2026-12-01T08:00", "America/Los_Angeles", "until 30 Nov"),
        ("2026-11-29T18:15", "Asia/Kathmandu", "until 29 Nov"),
        ("2026-03-29T23:00", "Europe/London", "until 29 Mar"),  # the day of the change has 23 hours
        ("2027-01-01T00:00", "UTC", "until 31 Dec"),
    ],
)
def test_an_end_at_midnight_is_spoken_as_the_last_day(at: str, zone: str, words: str) -> None:
    assert until_words(micros(datetime.fromisoformat(at).replace(tzinfo=UTC)), zone=zone) == words


def test_an_end_within_a_day_is_spoken_as_its_moment_and_another_year_is_named() -> None:
    noon = micros(datetime(2026, 12, 1, 12, tzinfo=UTC))
    january = micros(datetime(2027, 1, 16, tzinfo=UTC))

    assert until_words(noon, zone="UTC").endswith("|1 Dec at 12:00 UTC>")
    assert until_words(january, zone="UTC", today=TODAY) == "until 15 Jan 2027"


def test_small_words() -> None:
    assert range_words(dollars(5_120), dollars(5_860)) == " ($5,120–$5,860)"
    assert range_words(dollars(500.1), dollars(500.2)) == ""
    assert (cost_words(0, has_no_price=True), cost_words(0, has_no_price=False)) == ("no price yet", "$0.00")
    assert [zone_words(z) for z in ("Europe/London", "America/New_York", "UTC", "Etc/UTC")] == [
        "London time",
        "New York time",
        "UTC",
        "UTC",
    ]
