"""Both sides of the thresholds of drift, silent sources and overlaps."""

import pytest

from bot.crosschecks.gateways import GatewayTeam, exceeds_tolerance, has_drift_closed
from bot.crosschecks.health import SLOT_MICROS, SLOTS_A_DAY, find_silence
from bot.crosschecks.overlaps import MIN_NEAR_PERCENT, overlaps
from bot.money import NANOS
from bot.periods import MICROS
from tests.bot.crosschecks.test_overlaps import SDK, again, traffic


def drifted(*, cents: int, booked: int) -> GatewayTeam:
    """Returns a gateway team whose gateway counts some cents more than the booked dollars."""
    return GatewayTeam(
        source_id=1,
        gateway_team="team-checkout",
        alias="Checkout",
        spend_nanos=booked * NANOS + cents * NANOS // 100,
        cap_nanos=None,
        resets_at=None,
        seen_at=0,
        base_nanos=0,
        base_at=0,
        booked_nanos=booked * NANOS,
        cost_nanos=booked * NANOS,
        edge_nanos=0,
        settled_nanos=0,
        mark_at=0,
        mark_nanos=0,
        over_since=None,
    )


@pytest.mark.parametrize(
    ("cents", "booked", "opens", "closes"),
    [
        (50, 10, False, True),  # half of the tolerated dollar
        (51, 10, False, False),
        (100, 10, False, False),
        (101, 10, True, False),
        (250, 100, False, True),  # half of five percent
        (251, 100, False, False),
        (500, 100, False, False),
        (501, 100, True, False),
    ],
)
def test_a_drift_opens_over_its_tolerance_and_closes_at_half_of_it(
    cents: int, booked: int, opens: bool, closes: bool
) -> None:
    team = drifted(cents=cents, booked=booked)

    assert exceeds_tolerance(team) is opens
    assert has_drift_closed(team) is closes


MIDNIGHT = 20_500 * SLOTS_A_DAY
"""A slot at which a day begins in UTC."""


def is_silent(*, missing: int, gaps: int) -> bool:
    """Returns whether a steady source is silent after some missing slots. In the last days it had gaps of three slots,
    each at another time of day.
    """
    starts = [MIDNIGHT - (2 + n // 2) * SLOTS_A_DAY + 12 + 4 * n for n in range(gaps)]
    observed = range(MIDNIGHT - 28 * SLOTS_A_DAY, MIDNIGHT + missing + 2)
    active = {slot for slot in observed if slot <= MIDNIGHT} - {at + n for at in starts for n in range(3)}
    now = (MIDNIGHT + missing + 1) * SLOT_MICROS
    return find_silence(active, observed, last_at=MIDNIGHT * SLOT_MICROS, now=now, zone_name="UTC") is not None


@pytest.mark.parametrize(("missing", "silent"), [(1, False), (2, False), (3, True)])
def test_a_steady_source_is_silent_when_over_half_an_hour_is_missing(missing: int, silent: bool) -> None:
    assert is_silent(missing=missing, gaps=0) is silent


@pytest.mark.parametrize(("missing", "silent"), [(6, False), (7, True)])
def test_a_source_is_silent_when_over_three_times_its_rare_gaps_is_missing(missing: int, silent: bool) -> None:
    """A gap of three slots, each missed once in four, is 2.25 slots of usual activity."""
    assert is_silent(missing=missing, gaps=20) is silent


@pytest.mark.parametrize(("near", "found"), [(74, 0), (75, 1)])
def test_calls_are_doubled_when_three_quarters_of_their_twins_are_near_in_time(near: int, found: int) -> None:
    """Each of 100 calls is reported twice, some of them a quarter of an hour later."""
    calls = traffic(1, 100, seed=1)
    twins = [*again(calls[:near], SDK), *again(calls[near:], SDK, late=900 * MICROS)]

    assert len(overlaps([*calls, *twins])) == found
    assert MIN_NEAR_PERCENT == 75


@pytest.mark.parametrize(("twins", "found"), [(19, 0), (20, 1)])
def test_twenty_twins_make_an_overlap(twins: int, found: int) -> None:
    assert len(overlaps([*traffic(1, 100, seed=1), *again(traffic(1, twins, seed=1), SDK)])) == found


@pytest.mark.parametrize(("others", "found"), [(81, 0), (80, 1)])
def test_a_fifth_of_the_smaller_source_makes_an_overlap(others: int, found: int) -> None:
    calls = [*traffic(1, 900, seed=1), *again(traffic(1, 20, seed=1), SDK), *traffic(SDK, others, seed=2)]

    assert len(overlaps(calls)) == found
