"""The times of decisions, and the teams that are shown alone."""

from bot.periods import HOUR_MICROS
from bot.requests.waiting.decision_times import QUICK_MICROS, DecidedRequest, by_team, decision_times


def took(*micros: int, team: int = 1) -> list[DecidedRequest]:
    return [DecidedRequest(team_id=team, worked_micros=one) for one in micros]


def test_the_median_and_the_quick_ones_count_people_alone() -> None:
    found = decision_times(
        took(QUICK_MICROS, QUICK_MICROS + 1, HOUR_MICROS), automatic=7, expired=1, waiting_since=[30, 10, 20]
    )

    assert found.decided == 3
    assert found.median_micros == QUICK_MICROS + 1
    assert found.quick_share == 1 / 3
    assert (found.automatic, found.expired, found.waiting, found.oldest_at) == (7, 1, 3, 10)


def test_without_decisions_there_is_no_median() -> None:
    found = decision_times([], automatic=2, expired=0, waiting_since=[])

    assert (found.median_micros, found.quick_share, found.oldest_at) == (None, None, None)


def test_a_team_with_few_decisions_is_not_shown_alone() -> None:
    assert set(by_team([*took(1, 2, 3, 4, 5, team=1), *took(1, 2, 3, 4, team=2)])) == {1}
