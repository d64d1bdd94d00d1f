"""The words of an import's answer."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.org.attribution_rules import AttributionRule
from bot.periods import micros
from handlers.org.team_pictures import first_day_words
from tests.bot.views.examples import ACME

LONDONS_FIRST_OF_JULY = micros(datetime(2027, 6, 30, 23, tzinfo=UTC))


@pytest.mark.parametrize(
    ("timezone", "next_timezone", "words"),
    [
        ("Europe/London", "", " from 2027-07-01"),
        ("UTC", "Europe/London", " from 2027-07-01"),
        ("UTC", "", " from 2027-06-30"),
    ],
    ids=["in-force", "from-the-next-period", "never"],
)
def test_a_dated_rule_names_its_first_day_in_the_declared_zone(timezone: str, next_timezone: str, words: str) -> None:
    rule = AttributionRule(kind="tag", pattern="evals*", team_id=2, from_at=LONDONS_FIRST_OF_JULY, dated=True)
    root = replace(ACME, timezone=timezone, next_timezone=next_timezone)

    assert first_day_words(rule, root) == words
    assert first_day_words(replace(rule, dated=False), root) == ""
