"""The owner of a key: the person with more than half of its cost."""

import pytest

from bot.alerting.alert_details import may_see_people
from bot.alerting.key_owners import majority_user, median_of_same_hours
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


def test_the_usual_is_the_middle_week_and_never_below_nothing() -> None:
    assert (
        median_of_same_hours([5, 90, 7]),
        median_of_same_hours([0, 0, 9]),
        median_of_same_hours([-5, -5, -5]),
        median_of_same_hours([]),
    ) == (7, 0, 0, 0)


@pytest.mark.parametrize(("setting", "seen"), [("none", False), ("self", False), ("managers", True)])
def test_people_are_for_managers_where_the_company_lets_them(setting: str, seen: bool) -> None:
    assert may_see_people(directory(people=setting), EMI, SEARCH) is seen
    assert may_see_people(directory(people=setting), BEN, SEARCH) is seen
    assert not may_see_people(directory(people=setting), ANNA, SEARCH)
    assert not may_see_people(directory(people=setting), CHLOE, SEARCH)
