"""The messages of the day's summary and of an escalation."""

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.views.alerting.delivery_rules import escalation_message, grouped_alerts_message, one_line
from tests.bot.views.examples import BEN, HOSTILE, HOSTILE_TEAM, SEARCH
from tests.bot.views.surfaces import all_text, buttons, posted

TEXTS = (
    "Spend of Search is Severity: $640 in 3 hours, where $90 is a usual peak: $550.00 more than usual.",
    "Search has passed 80% of its budget. Search has $2,100 left of $12,000, and runs out on 28 Nov.",
)


def test_the_days_other_alerts_in_one_message(snapshot: SnapshotAssertion) -> None:
    message = posted(grouped_alerts_message(SEARCH, lines=list(enumerate(TEXTS, start=7)), day=20_780))

    assert message["text"].startswith("2 more alerts of Search today: 1. Spend of Search is Severity")
    assert buttons(message) == ["Alert settings"]
    assert message == snapshot


def test_many_others_show_the_newest_and_count_the_rest() -> None:
    message = posted(grouped_alerts_message(SEARCH, lines=[(n, f"Alert {n}") for n in range(1, 31)], day=20_780))

    assert "30. Alert 30" in all_text(message)
    assert "20. Alert 20" not in all_text(message)
    assert "and 20 earlier ones" in all_text(message)


def test_a_hostile_team_and_hostile_alerts_ring_nobody() -> None:
    escaped = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    posted(grouped_alerts_message(HOSTILE_TEAM, lines=[(1, escaped * 3)], day=20_780))
    posted(
        escalation_message(HOSTILE_TEAM, alert_id=9, text=escaped * 3, minutes=30, channel_id="C0SEARCH1", ended=None)
    )


def test_nobody_answered(snapshot: SnapshotAssertion) -> None:
    message = posted(
        escalation_message(SEARCH, alert_id=9, text=TEXTS[0], minutes=30, channel_id="C0SEARCH1", ended=None)
    )

    assert message["text"].startswith("Nobody has answered a critical alert of Search for 30 minutes. Spend of Search")
    assert buttons(message) == ["I'm on it"]
    assert message == snapshot


def test_somebody_answered_after_all(snapshot: SnapshotAssertion) -> None:
    ended = f"{BEN} has answered this critical alert."
    message = posted(escalation_message(SEARCH, alert_id=9, text=TEXTS[0], minutes=0, channel_id="", ended=ended))

    assert buttons(message) == []
    assert message == snapshot


@pytest.mark.parametrize(
    ("mrkdwn", "limit", "shown"),
    [
        ("short", 10, "short"),
        ("two\nlines", 10, "two lines"),
        ("much too long", 8, "much too…"),
        ("a &amp; b", 4, "a…"),
        ("on <!date^1^{date}|Mon> it", 10, "on…"),
        ("by <@U0BEN0001> now", 15, "by <@U0BEN0001>…"),
    ],
)
def test_a_line_is_cut_between_marks(mrkdwn: str, limit: int, shown: str) -> None:
    assert one_line(mrkdwn, limit=limit) == shown
