"""The owner of a key: the person with more than half of its cost."""

import pytest

from bot.alerting.alert_details import may_see_people
from bot.alerting.key_owners import majority_user, usual_of_same_hours
from tests.bot.acme import ANNA, BEN, CHLOE, EMI, SEARCH, directory


@pytest.mark.parametrize(
    ("cost", "owner"),
    [
        ({ANNA: 100}, ANNA),
        ({ANNA: 60, EMI: 40}, ANNA),
        ({ANNA: 50, EMI: 50}, None),
        ({ANNA: 40, EMI: 35, BEN: 25}, None),
        ({0: 100}, None),
        ({0: 60, ANNA: 40}, None),
        ({0: 40, ANNA: 60}, ANNA),
        ({ANNA: 10, EMI: -50}, ANNA),
        ({ANNA: 0}, None),
        ({}, None),
    ],
)
def test_the_owner_is_who_makes_most_of_it(cost: dict[int, int], owner: int | None) -> None:
    assert majority_user(cost) == owner


@pytest.mark.parametrize(
    ("part", "team", "usual"),
    [
        ((5, 90, 7), (9, 99, 9), 34),
        ((0, 0, 9), (9, 9, 9), 3),
        ((8, 0, 0, 0), (9, 0, 0, 0), 8),  # the team began a week ago
        ((8, 0, 0, 0), (9, 0, 9, 0), 2),
        ((-5, -5, -5), (9, 9, 9), 0),
        ((0, 0), (0, 0), 0),
        ((), (), 0),
    ],
)
def test_the_usual_is_the_mean_of_the_weeks_in_which_the_team_is_known(
    part: tuple[int, ...], team: tuple[int, ...], usual: int
) -> None:
    assert usual_of_same_hours(part, team) == usual


@pytest.mark.parametrize(("setting", "seen"), [("none", False), ("self", False), ("managers", True)])
def test_people_are_for_managers_where_the_company_lets_them(setting: str, seen: bool) -> None:
    assert may_see_people(directory(people=setting), EMI, SEARCH) is seen
    assert may_see_people(directory(people=setting), BEN, SEARCH) is seen
    assert not may_see_people(directory(people=setting), ANNA, SEARCH)
    assert not may_see_people(directory(people=setting), CHLOE, SEARCH)
