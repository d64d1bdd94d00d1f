"""Answers to alerts: who may mute, when a snooze ends, and which alerts share a cause."""

from datetime import UTC, datetime

import pytest

from bot.alerting.reactions.alert_answers import (
    SNOOZES,
    Snooze,
    cause_of,
    is_repeated_answer,
    may_mute,
    refuse_if_over,
    snooze_until,
)
from bot.periods import moment, period_of
from bot.refusals import Refusal
from tests.bot.acme import ANNA, BEN, CHLOE, DAN, EMI, MIA, ROLES, SEARCH, directory
from tests.support.spike_facts import stored_facts

NOVEMBER = period_of(20_780, "month")


@pytest.mark.parametrize(
    ("choice", "zone", "ends"),
    [
        ("hour", "UTC", datetime(2026, 11, 23, 11, 30, tzinfo=UTC)),
        ("morning", "Europe/Berlin", datetime(2026, 11, 24, 8, 0, tzinfo=UTC)),
        ("morning", "America/Los_Angeles", datetime(2026, 11, 24, 17, 0, tzinfo=UTC)),
        ("morning", "Asia/Kolkata", datetime(2026, 11, 24, 3, 30, tzinfo=UTC)),
        ("period", "America/Los_Angeles", datetime(2026, 12, 1, 8, 0, tzinfo=UTC)),
    ],
)
def test_a_snooze_ends_on_the_teams_own_clock(choice: Snooze, zone: str, ends: datetime) -> None:
    now = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)

    assert moment(snooze_until(choice, now=now, zone_name=zone, period=NOVEMBER)) == ends


def test_nine_in_the_morning_is_nine_on_the_day_the_clocks_change() -> None:
    evening = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)

    until = snooze_until("morning", now=evening, zone_name="Europe/Berlin", period=period_of(20_750, "month"))

    assert moment(until) == datetime(2026, 10, 25, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("person", [ANNA, EMI, BEN, CHLOE, DAN])
def test_members_managers_finance_and_admins_may_mute(person: int) -> None:
    assert may_mute(directory(), person, SEARCH, in_its_channel=False)


def test_a_stranger_in_the_channel_may_not_mute_where_the_team_names_its_members() -> None:
    assert not may_mute(directory(), MIA, SEARCH, in_its_channel=True)


def test_the_channel_decides_where_a_team_names_no_members() -> None:
    memberless = directory(roles=tuple(role for role in ROLES if role[2] != "member"))

    assert may_mute(memberless, MIA, SEARCH, in_its_channel=True)
    assert not may_mute(memberless, MIA, SEARCH, in_its_channel=False)


def test_the_same_answer_of_the_same_person_is_a_repetition_and_nothing_else_is() -> None:
    asked = [("acknowledged", ANNA), ("acknowledged", BEN), ("expected", ANNA), ("open", None)]

    found = [is_repeated_answer(state=state, answered_by=by, answer="acknowledged", by=ANNA) for state, by in asked]
    assert found == [True, False, False, False]


@pytest.mark.parametrize(
    ("kind", "facts", "cause"),
    [
        (
            "spike",
            stored_facts(contributors=[["credential", "ci-7", 5, True], ["model", "opus", 4, False]]),
            "credential:ci-7",
        ),
        ("spike", stored_facts(contributors=[["person", "7", 9, True], ["model", "opus", 4, False]]), "model:opus"),
        ("spike", stored_facts(contributors=[["person", "7", 9, True]]), "total"),
        ("spike", stored_facts(contributors=[]), "total"),
        ("threshold", {"percent": 80, "period": "2026-11"}, "80"),
        ("forecast", {}, ""),
    ],
)
def test_causes_are_told_apart(kind: str, facts: dict[str, object], cause: str) -> None:
    assert cause_of(kind, facts) == cause


def test_a_snooze_lasts_an_hour_until_the_morning_or_for_the_period() -> None:
    assert SNOOZES == ("hour", "morning", "period")


def test_an_alert_that_is_over_takes_no_answer() -> None:
    refuse_if_over(None)
    for closed_at in (0, 5):
        with pytest.raises(Refusal) as refused:
            refuse_if_over(closed_at)
        assert refused.value.sentence == "This alert is over, so there is nothing to answer any more."
