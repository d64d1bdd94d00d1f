"""Parsing of a team's alert settings."""

from dataclasses import replace

import pytest

from bot.org.alert_settings import (
    CAP_FIELD,
    DAILY_CAPS,
    DEFAULT_SETTINGS,
    FROM_FIELD,
    THRESHOLDS_FIELD,
    UNTIL_FIELD,
    Destination,
    parse_choice,
    parse_quiet_hours,
    parse_thresholds,
    settings_of,
)
from bot.refusals import FieldRefusal


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", None),
        ("   ", None),
        ("80", (80,)),
        ("100, 50,80%", (50, 80, 100)),
        ("80% 80%", (80,)),
        ("1;200", (1, 200)),
    ],
)
def test_thresholds_are_whole_percents(typed: str, expected: tuple[int, ...] | None) -> None:
    assert parse_thresholds(typed) == expected


@pytest.mark.parametrize("typed", ["0", "201", "80.5", "-80", "eighty", "٨٠", "1,2,3,4,5,6,7,8,9", "9999"])
def test_other_thresholds_are_refused_at_their_field(typed: str) -> None:
    with pytest.raises(FieldRefusal) as refused:
        parse_thresholds(typed)
    assert refused.value.field == THRESHOLDS_FIELD


def test_quiet_hours_are_both_or_neither() -> None:
    assert parse_quiet_hours("none", "none") == (None, None)
    assert parse_quiet_hours("1320", "420") == (1320, 420)


@pytest.mark.parametrize(
    ("begin", "end", "field"),
    [
        ("1320", "none", UNTIL_FIELD),
        ("none", "420", FROM_FIELD),
        ("", "", FROM_FIELD),
        ("420", "420", UNTIL_FIELD),
        ("425", "420", FROM_FIELD),
    ],
)
def test_half_of_quiet_hours_is_refused_at_the_other_half(begin: str, end: str, field: str) -> None:
    with pytest.raises(FieldRefusal) as refused:
        parse_quiet_hours(begin, end)
    assert refused.value.field == field


@pytest.mark.parametrize("text", ["", "4", "-1", "many"])
def test_a_number_that_no_menu_offers_is_refused(text: str) -> None:
    with pytest.raises(FieldRefusal):
        parse_choice(CAP_FIELD, text, among=DAILY_CAPS)


def test_settings_are_kept_whole() -> None:
    settings = replace(
        DEFAULT_SETTINGS,
        thresholds=(50, 100),
        quiet_from=1320,
        quiet_until=420,
        quiet_weekends=True,
        daily_cap=3,
        muted=frozenset({"spike:low"}),
        escalate_minutes=0,
        alerts_destination=Destination(ref="C1", state="linked"),
    )

    kept = settings_of(settings.to_json(), alerts_destination=settings.alerts_destination, approvals_destination=None)

    assert kept == settings
