"""Alert quality: counts of answers, their median time, and noise."""

import pytest

from bot.alerting.alert_quality import QUALITY_DAYS, AlertAnswer, quality_by_team, quality_of
from bot.alerting.reactions.alert_opinions import OpinionReason


def answer(
    state: str, seconds: int | None = 60, *, opinions: tuple[OpinionReason, ...] = (), team: int = 1
) -> AlertAnswer:
    return AlertAnswer(team_id=team, state=state, opinions=opinions, seconds=seconds)


def test_answers_are_counted_and_the_time_is_the_median_of_those_given() -> None:
    found = quality_of(
        [
            answer("acknowledged", 60),
            answer("acknowledged", 600, opinions=("late",)),
            answer("expected", 120),
            answer("open", 3_000, opinions=("small", "late")),
            answer("open", None),
            answer("snoozed", 90),
        ]
    )

    assert (found.alerts, found.answered, found.median_seconds) == (6, 5, 120)
    assert (found.acknowledged, found.expected, found.not_useful, found.noise) == (2, 1, 2, 3)
    assert found.reasons == (("late", 2), ("small", 1))


def test_a_planned_alert_that_is_not_useful_is_counted_once() -> None:
    found = quality_of([answer("expected", opinions=("planned",))])

    assert (found.expected, found.not_useful, found.noise) == (0, 1, 1)


def test_without_answers_there_is_no_time() -> None:
    assert quality_of([answer("open", None)]).median_seconds is None
    assert quality_of([]).alerts == 0


@pytest.mark.parametrize(
    ("expected", "acknowledged", "noisy"),
    [(2, 3, True), (1, 4, False), (2, 2, False), (3, 7, True), (2, 5, False), (30, 70, True), (29, 68, False)],
)
def test_three_in_ten_of_at_least_five_answers_are_noise(expected: int, acknowledged: int, noisy: bool) -> None:
    answers = [answer("expected")] * expected + [answer("acknowledged")] * acknowledged

    assert quality_of(answers).is_noisy == noisy


def test_each_team_has_its_own() -> None:
    found = quality_by_team([answer("expected"), answer("open", None, team=2), answer("open", None, team=2)])

    assert {team: quality.alerts for team, quality in found.items()} == {1: 1, 2: 2}


def test_a_month_of_alerts_is_judged() -> None:
    assert QUALITY_DAYS == 30
