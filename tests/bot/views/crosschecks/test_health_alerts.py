"""Alerts about a silent source and an unreachable channel, and their ends."""

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.periods import HOUR_MICROS, MICROS, micros
from bot.reporting.reports import SilentSource
from bot.views.crosschecks.health_alerts import route_message, silence_line, silence_message, span_words
from tests.bot.views.examples import HOSTILE, HOSTILE_TEAM, NOW, SEARCH
from tests.bot.views.surfaces import posted

SINCE = micros(NOW)
SILENT = SilentSource(name="gateway-eu", role="meter", since=SINCE, heard_at=None, is_revoked=False)


def shown(source: SilentSource) -> dict[str, object]:
    return posted(silence_message(source, alert_id=7, zone="Europe/London"))


def test_a_silent_source_has_its_start_meaning_and_next_steps(snapshot: SnapshotAssertion) -> None:
    message = shown(SILENT)

    assert "gateway-eu has sent nothing since" in str(message["text"])
    assert "`tokens keys revoke gateway-eu`" in str(message["text"])
    assert message == snapshot


def test_a_source_that_sends_again(snapshot: SnapshotAssertion) -> None:
    message = shown(replace(SILENT, heard_at=SINCE + 5 * HOUR_MICROS))

    assert "it was silent for 5 hours" in str(message["text"])
    assert message == snapshot


def test_a_source_whose_keys_were_revoked(snapshot: SnapshotAssertion) -> None:
    assert shown(replace(SILENT, is_revoked=True)) == snapshot


def test_an_observing_source_with_a_hostile_name(snapshot: SnapshotAssertion) -> None:
    message = shown(replace(SILENT, name=HOSTILE, role="observe"))

    assert "missing as a check alone" in str(message["text"])
    assert message == snapshot
    assert "<!channel>" not in silence_line(replace(SILENT, name=HOSTILE))


@pytest.mark.parametrize("works_since", [None, SINCE + HOUR_MICROS])
def test_a_channel_that_fails_and_one_that_works_again(works_since: int | None, snapshot: SnapshotAssertion) -> None:
    for team in (SEARCH, HOSTILE_TEAM):
        message = route_message(
            team, channel=team.channel_ref, since=SINCE, works_since=works_since, alert_id=8, zone="Europe/London"
        )
        assert posted(message) == snapshot


def test_a_channel_known_by_its_id_is_named_by_slack() -> None:
    message = route_message(SEARCH, channel="C0ALERTS1", since=SINCE, works_since=None, alert_id=8, zone="UTC")

    assert "<#C0ALERTS1> of Search" in message.text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(20, "1 minute"), (2_700, "45 minutes"), (3_600, "1 hour"), (170_000, "47 hours"), (172_800, "2 days")],
)
def test_spans_in_words(seconds: int, words: str) -> None:
    assert span_words(seconds * MICROS) == words
