"""The ends that a form offers for a grant, as they are typed."""

from datetime import date

import pytest

from bot.books.grant_ends import END_KINDS, KIND_FIELD, EndChoice, EndKind, TypedEnd, parse_end
from bot.books.grants import DAY_FIELD, MAX_DAYS, MEASURE_FIELD, GrantEnd
from bot.money import NANOS
from bot.periods import Calendar, day_number
from bot.refusals import FieldRefusal

NOVEMBER = Calendar().named("2026-11")
TODAY = day_number(date(2026, 11, 20))


@pytest.mark.parametrize(
    ("typed", "last_day"),
    [
        (TypedEnd(kind="period"), date(2026, 11, 30)),
        (TypedEnd(kind="days", measure="1"), date(2026, 11, 20)),
        (TypedEnd(kind="days", measure=" 10  days "), date(2026, 11, 29)),
        (TypedEnd(kind="date", day="2026-12-24"), date(2026, 12, 24)),
        (TypedEnd(kind="date", day="2026-12-24", measure="nonsense"), date(2026, 12, 24)),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/New_York"])
def test_days_are_counted_in_the_teams_zone(typed: TypedEnd, last_day: date, zone: str) -> None:
    end = parse_end(typed).end_for(NOVEMBER, today=TODAY, zone=zone)

    assert end == GrantEnd.before_day(day_number(last_day) + 1, zone)


def test_an_amount_spent_is_an_end() -> None:
    choice = parse_end(TypedEnd(kind="spent", day="2026-12-24", measure="$1.5k"))
    assert choice == EndChoice(kind="spent", spent_nanos=1_500 * NANOS)
    assert choice.end_for(NOVEMBER, today=TODAY, zone="UTC") == GrantEnd(at=None, spent_nanos=1_500 * NANOS)


def test_from_now_on_has_no_end() -> None:
    assert parse_end(TypedEnd(kind="open")).end_for(NOVEMBER, today=TODAY, zone="UTC") is None


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        (TypedEnd(kind=""), KIND_FIELD, "Choose how long"),
        (TypedEnd(kind="for ever"), KIND_FIELD, "Choose how long"),
        (TypedEnd(kind="date"), DAY_FIELD, "Choose the last day"),
        (TypedEnd(kind="date", day="24 Dec"), DAY_FIELD, "Choose the last day"),
        (TypedEnd(kind="days", day="2026-12-24"), MEASURE_FIELD, "Type the number of days"),
        *((TypedEnd(kind="days", measure=text), MEASURE_FIELD, "from 1 to 366") for text in ("0", "-1", "367", "1.5")),
        *((TypedEnd(kind="days", measure=text), MEASURE_FIELD, "from 1 to 366") for text in ("²", "9" * 24, "2 weeks")),
        (TypedEnd(kind="spent"), MEASURE_FIELD, "Type the amount"),
        *((TypedEnd(kind="spent", measure=text), MEASURE_FIELD, "more than zero") for text in ("0", "-5")),
        *(
            (TypedEnd(kind="spent", measure=text), MEASURE_FIELD, "not an amount")
            for text in ("1e99", "NaN", "10 days")
        ),
    ],
)
def test_an_impossible_end_is_refused_at_its_field(typed: TypedEnd, field: str, words: str) -> None:
    with pytest.raises(FieldRefusal) as refused:
        parse_end(typed)

    assert refused.value.field == field
    assert words in refused.value.sentence


@pytest.mark.parametrize("kind", END_KINDS)
def test_a_form_takes_only_what_it_offers(kind: EndKind) -> None:
    with pytest.raises(FieldRefusal):
        parse_end(TypedEnd(kind=kind), offered=[other for other in END_KINDS if other != kind])


def test_the_longest_number_of_days_is_a_year() -> None:
    assert parse_end(TypedEnd(kind="days", measure=str(MAX_DAYS))).days == MAX_DAYS
