"""Alert quality on Home, for finance, admins and managers."""

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.alerting.alert_quality import AlertQuality
from bot.views.alerting.alert_quality import company_quality_block, managed_quality_blocks, quality_words
from bot.views.blocks import home
from tests.bot.views.examples import ACME, HOSTILE_TEAM, SEARCH
from tests.bot.views.surfaces import all_text

CALM = AlertQuality(alerts=9, answered=7, acknowledged=6, expected=1, not_useful=0, median_seconds=540)
NOISY = AlertQuality(alerts=12, answered=8, acknowledged=4, expected=2, not_useful=2, median_seconds=9_000)
NONE = AlertQuality(alerts=0, answered=0, acknowledged=0, expected=0, not_useful=0, median_seconds=None)


def test_the_companys_alerts(snapshot: SnapshotAssertion) -> None:
    block = company_quality_block(CALM, [(SEARCH, NOISY), (HOSTILE_TEAM, NOISY)], organisation=ACME)

    assert "9 alerts: 6 acknowledged, 1 planned, 0 not useful; median response 9 minutes." in all_text(block)
    assert "Mostly noise: Search, " in all_text(block)
    assert "<!channel>" not in all_text(block)
    assert block == snapshot


def test_the_alerts_of_a_managers_teams(snapshot: SnapshotAssertion) -> None:
    view = home(managed_quality_blocks([(SEARCH, NOISY), (replace(SEARCH, id=4, name="Mobile"), NONE)]))

    assert "4 of 8 answered were noise" in all_text(view)
    assert "*Mobile* No alert." in all_text(view)
    assert view == snapshot


def test_who_manages_nothing_sees_nothing_of_it() -> None:
    assert managed_quality_blocks([]) == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20, "median response under a minute"),
        (60, "median response 1 minute"),
        (7_199, "119 minutes"),
        (7_200, "2 hours"),
    ],
)
def test_the_time_is_said_in_minutes_and_hours(seconds: int, words: str) -> None:
    assert words in quality_words(replace(CALM, median_seconds=seconds))
