"""The clocks at their edges: the machine's in UTC, the demo's ahead of it, and signatures by real time."""

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time
from slack_sdk.signature import SignatureVerifier

from bot.clock import ShiftedClock, SystemClock, wall_seconds
from handlers.slack.signatures import signature_fault

LEAP_DAY = "2028-02-29T23:59:59Z"


@freeze_time(LEAP_DAY)
def test_the_machines_clock_is_read_in_utc() -> None:
    assert SystemClock().now() == datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)


def test_a_shifted_clock_keeps_its_lead_and_never_runs_back() -> None:
    monday = datetime(2028, 3, 6, 9, tzinfo=UTC)
    with freeze_time(LEAP_DAY) as frozen:
        clock = ShiftedClock()
        clock.jump_to(monday)
        clock.jump_to(monday - timedelta(days=1))
        assert clock.now() == monday

        frozen.tick(timedelta(hours=1))
        assert clock.now() == monday + timedelta(hours=1)


@pytest.mark.parametrize(
    ("seconds", "is_accepted"),
    [(-301, False), (-300, True), (0, True), (300, True), (301, False)],
    ids=["too-far-ahead", "just-ahead", "now", "just-old", "too-old"],
)
def test_slacks_signature_holds_for_five_minutes_either_way(seconds: int, is_accepted: bool) -> None:
    """Signed by Slack's own SDK."""
    body = b"command=%2Ftokens"
    with freeze_time(LEAP_DAY) as frozen:
        stamp = str(int(wall_seconds()))
        signature = SignatureVerifier("secret").generate_signature(timestamp=stamp, body=body)
        frozen.tick(timedelta(seconds=seconds))
        headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": str(signature)}
        fault = signature_fault(headers, body, secret="secret", now_seconds=wall_seconds())

    assert (fault is None) == is_accepted
