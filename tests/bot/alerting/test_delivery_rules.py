"""Delivery rules: audience, quiet hours, the daily cap and escalations."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.alerting.delivery_rules import (
    audience_for,
    delivery_of,
    escalation_due,
    escalation_people,
    is_muted,
    is_obsolete,
    may_change_settings,
    quiet_hours_end,
)
from bot.alerting.severities import Severity
from bot.org.alert_settings import DEFAULT_SETTINGS, AlertSettings
from bot.org.teams import Mode, Role
from bot.periods import MICROS, micros, moment
from tests.bot.acme import ANNA, BEN, CHLOE, DAN, EMI, MIA, PRODUCT, SEARCH, directory

NIGHT = replace(DEFAULT_SETTINGS, quiet_from=22 * 60, quiet_until=7 * 60)
WEEKENDS = replace(NIGHT, quiet_weekends=True)
LUNCH = replace(DEFAULT_SETTINGS, quiet_from=12 * 60, quiet_until=13 * 60 + 30)
SMALL_HOURS = replace(DEFAULT_SETTINGS, quiet_from=30, quiet_until=90)
AT = micros(datetime(2026, 11, 23, 12, tzinfo=UTC))


def at(text: str) -> int:
    return micros(datetime.fromisoformat(text))


@pytest.mark.parametrize(("mode", "who"), [("preview", "finance"), ("announce", "team"), ("govern", "team")])
def test_in_preview_finance_alone_hears(mode: Mode, who: str) -> None:
    assert audience_for(replace(SEARCH, mode=mode)) == who


@pytest.mark.parametrize(
    ("settings", "zone", "when", "ends"),
    [
        (DEFAULT_SETTINGS, "Europe/London", "2026-11-23T03:00+00:00", None),
        (NIGHT, "Europe/London", "2026-11-23T21:59+00:00", None),
        (NIGHT, "Europe/London", "2026-11-23T22:00+00:00", "2026-11-24T07:00+00:00"),
        (NIGHT, "Europe/London", "2026-11-24T06:59+00:00", "2026-11-24T07:00+00:00"),
        (NIGHT, "Europe/London", "2026-11-24T07:00+00:00", None),
        (NIGHT, "Asia/Kolkata", "2026-11-23T17:00+00:00", "2026-11-24T01:30+00:00"),
        (NIGHT, "America/Los_Angeles", "2026-11-23T03:00+00:00", None),
        (LUNCH, "Europe/London", "2026-11-23T12:10+00:00", "2026-11-23T13:30+00:00"),
        (LUNCH, "Europe/London", "2026-11-23T13:30+00:00", None),
        # Clocks in London go forward on 29 March 2026 at 01:00, and back on 25 October 2026 at 02:00.
        (NIGHT, "Europe/London", "2026-03-28T23:00+00:00", "2026-03-29T06:00+00:00"),
        (NIGHT, "Europe/London", "2026-10-24T22:30+00:00", "2026-10-25T07:00+00:00"),
        (SMALL_HOURS, "Europe/London", "2026-03-29T00:45+00:00", "2026-03-29T01:30+00:00"),  # ends in the missing hour
        (SMALL_HOURS, "Europe/London", "2026-10-25T00:10+00:00", "2026-10-25T00:30+00:00"),
        (SMALL_HOURS, "Europe/London", "2026-10-25T00:40+00:00", None),
        (SMALL_HOURS, "Europe/London", "2026-10-25T01:10+00:00", "2026-10-25T01:30+00:00"),  # 01:10 for the second time
        (WEEKENDS, "Europe/London", "2026-11-27T23:00+00:00", "2026-11-30T07:00+00:00"),
        (WEEKENDS, "Europe/London", "2026-11-28T12:00+00:00", "2026-11-30T07:00+00:00"),
        (
            replace(DEFAULT_SETTINGS, quiet_weekends=True),
            "Europe/London",
            "2026-11-29T12:00+00:00",
            "2026-11-30T00:00+00:00",
        ),
        (WEEKENDS, "Europe/London", "2026-11-30T07:00+00:00", None),
    ],
)
def test_quiet_hours_are_those_that_the_teams_clocks_show(
    settings: AlertSettings, zone: str, when: str, ends: str | None
) -> None:
    found = quiet_hours_end(settings, at(when), zone_name=zone)

    assert (None if found is None else moment(found)) == (None if ends is None else datetime.fromisoformat(ends))


@pytest.mark.parametrize(
    ("kind", "severity", "muted", "expected"),
    [
        ("spike", "low", {"spike:low"}, True),
        ("spike", "low", {"spike"}, True),
        ("spike", "low", set(), False),
        ("spike", "medium", {"spike:low"}, False),
        ("spike", "critical", {"spike:low", "spike:medium"}, False),
        ("forecast", "high", {"forecast"}, True),
        ("forecast", "critical", {"forecast"}, False),
        ("threshold", "high", {"threshold:medium"}, False),
    ],
)
def test_kinds_are_muted_and_nothing_critical_is(
    kind: str, severity: Severity, muted: set[str], expected: bool
) -> None:
    assert is_muted(replace(DEFAULT_SETTINGS, muted=frozenset(muted)), kind=kind, severity=severity) == expected


@pytest.mark.parametrize(
    ("severity", "settings", "said_today", "outcome"),
    [
        ("low", DEFAULT_SETTINGS, 0, "said"),
        ("low", DEFAULT_SETTINGS, 4, "said"),
        ("high", DEFAULT_SETTINGS, 5, "summed"),
        ("critical", DEFAULT_SETTINGS, 5, "said"),
        ("high", LUNCH, 0, "held"),
        ("high", LUNCH, 5, "summed"),
        ("critical", LUNCH, 5, "said"),
        ("low", replace(LUNCH, muted=frozenset({"spike:low"})), 5, "muted"),
    ],
)
def test_an_alert_has_its_turn(severity: Severity, settings: AlertSettings, said_today: int, outcome: str) -> None:
    team = replace(SEARCH, alerts=settings)
    noon = at("2026-11-23T12:10+00:00")
    posted_by_day = {team.day_of(noon): said_today}

    assert delivery_of(team, kind="spike", severity=severity, at=noon, posted_by_day=posted_by_day).outcome == outcome


def test_what_waits_for_the_morning_counts_for_the_mornings_day() -> None:
    team = replace(SEARCH, alerts=NIGHT)
    evening = at("2026-11-23T23:00+00:00")
    today = team.day_of(evening)

    assert delivery_of(team, kind="spike", severity="high", at=evening, posted_by_day={today: 5}).outcome == "held"
    assert (
        delivery_of(team, kind="spike", severity="high", at=evening, posted_by_day={today + 1: 5}).outcome == "summed"
    )


@pytest.mark.parametrize(
    ("kind", "is_closed", "untrue"),
    [
        ("threshold", True, True),
        ("threshold", False, False),
        ("spike", False, False),
        ("spike", True, False),
        ("silence", True, False),
        ("overlap", True, False),
        ("cross-check", True, False),
        ("shared rise", True, False),
    ],
)
def test_what_ended_before_it_was_said_is_dropped_unless_the_money_is_gone(
    kind: str, is_closed: bool, untrue: bool
) -> None:
    assert is_obsolete(kind=kind, is_closed=is_closed) == untrue


@pytest.mark.parametrize(
    ("minutes_after", "done", "of", "due"),
    [
        (29, 0, 30, False),
        (30, 0, 30, True),
        (59, 1, 30, False),
        (60, 1, 30, True),
        (999, 2, 30, False),
        (0, 0, 1, False),
        (1, 0, 1, True),
        (999, 0, 0, False),
    ],
)
def test_an_unanswered_alert_is_carried_further_after_so_long_and_twice_as_long(
    minutes_after: int, done: int, of: int, due: bool
) -> None:
    settings = replace(DEFAULT_SETTINGS, escalate_minutes=of)

    assert escalation_due(settings, since=AT, done=done, at=AT + minutes_after * 60 * MICROS) == due


def test_the_managers_are_told_first_then_those_above_and_nobody_twice() -> None:
    assert escalation_people(directory(), SEARCH) == (frozenset({EMI}), frozenset({BEN}))
    assert escalation_people(directory(), PRODUCT) == (frozenset({BEN}), frozenset({CHLOE}))
    same: tuple[tuple[int, int, Role], ...] = (
        (SEARCH.id, BEN, "manager"),
        (PRODUCT.id, BEN, "manager"),
        (directory().root.id, CHLOE, "finance"),
    )
    assert escalation_people(directory(roles=same), SEARCH) == (frozenset({BEN}), frozenset({CHLOE}))
    assert escalation_people(directory(roles=()), SEARCH) == ()


@pytest.mark.parametrize(
    ("person", "may"), [(ANNA, False), (EMI, True), (BEN, True), (CHLOE, True), (DAN, True), (MIA, False)]
)
def test_managers_admins_and_finance_change_settings(person: int, may: bool) -> None:
    assert may_change_settings(directory(), person, SEARCH) == may


@pytest.mark.parametrize(
    ("settings", "when", "ends"),
    [
        (WEEKENDS, "2026-11-27T12:00+00:00", None),  # a Friday
        (WEEKENDS, "2026-11-25T12:00+00:00", None),
        (LUNCH, "2026-11-23T12:00+00:00", "2026-11-23T13:30+00:00"),
        (LUNCH, "2026-11-23T11:59+00:00", None),
        (replace(LUNCH, quiet_until=None), "2026-11-23T12:10+00:00", None),
        (replace(LUNCH, quiet_from=None), "2026-11-23T12:10+00:00", None),
        (replace(LUNCH, quiet_until=12 * 60 + 59), "2026-11-23T12:10+00:00", "2026-11-23T12:59+00:00"),
        (NIGHT, "2026-11-24T06:59:59.999999+00:00", "2026-11-24T07:00+00:00"),
    ],
)
def test_quiet_hours_begin_and_end_on_the_minute(settings: AlertSettings, when: str, ends: str | None) -> None:
    found = quiet_hours_end(settings, at(when), zone_name="UTC")

    assert found == (None if ends is None else at(ends))


@pytest.mark.parametrize(("cap", "outcome"), [(1, "said"), (0, "summed")])
def test_a_day_without_alerts_has_its_cap_ahead(cap: int, outcome: str) -> None:
    team = replace(SEARCH, alerts=replace(DEFAULT_SETTINGS, daily_cap=cap))
    found = delivery_of(team, kind="spike", severity="low", at=AT, posted_by_day={})

    assert (found.outcome, found.at) == (outcome, AT)


def test_a_critical_alert_and_a_muted_one_are_of_this_moment_and_a_held_one_of_the_morning() -> None:
    team = replace(SEARCH, alerts=replace(LUNCH, muted=frozenset({"forecast"})))
    noon = at("2026-11-23T12:10+00:00")

    assert delivery_of(team, kind="spike", severity="critical", at=noon, posted_by_day={}).at == noon
    assert delivery_of(team, kind="forecast", severity="low", at=noon, posted_by_day={}).at == noon
    assert delivery_of(team, kind="spike", severity="low", at=noon, posted_by_day={}).at == at("2026-11-23T13:30+00:00")
