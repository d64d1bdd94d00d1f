"""What few events have, as it is stored: it comes back as it was."""

from hypothesis import given
from hypothesis import strategies as st

from bot.units import MAX_UNITS, MILLION, UNITS, units_of
from storage.intake.event_columns import conditions_of_text, units_of_text, units_text


@given(st.dictionaries(st.sampled_from(UNITS), st.integers(1, MAX_UNITS * MILLION)))
def test_units_come_back_from_their_text(counts: dict[str, int]) -> None:
    units = tuple(sorted(counts.items()))

    assert units_of_text(units_text(units) if units else "") == units


def test_units_are_stored_as_people_write_them() -> None:
    units = units_of([("seconds", 12.5), ("web_searches", 3)])

    assert units_text(units) == '{"seconds": 12.5, "web_searches": 3}'
    assert conditions_of_text("") == ("", "", False)
    assert conditions_of_text('{"geo": "us", "guess": true}') == ("us", "", True)
