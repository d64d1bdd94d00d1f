"""Budget plans: the day on which a team would have used up another budget."""

from dataclasses import replace

import pytest

from bot.money import NANOS
from bot.org.teams import Directory
from bot.requests.rehearsals.budget_plans import UsedUp, kept_nanos, used_up
from bot.requests.rehearsals.past_asks import PastAsk
from tests.bot.acme import PRODUCT, SEARCH, directory
from tests.bot.requests.rehearsals.test_replays import past

FIRST = 20_454  # 1 January 2026
MONTH = 31


def acme(search: int | None, product: int = 1_000) -> Directory:
    known = directory()
    budgets = {SEARCH.id: search, PRODUCT.id: product}
    teams = tuple(
        replace(team, budget_nanos=None if budgets[team.id] is None else budgets[team.id] * NANOS)  # type: ignore[operator]
        if team.id in budgets
        else team
        for team in known.teams
    )
    return replace(known, teams=teams)


def found(now: Directory, planned: Directory, *, daily: int, asks: tuple[PastAsk, ...] = ()) -> list[UsedUp]:
    spend = {(SEARCH.id, FIRST + day): daily * NANOS for day in range(MONTH)}
    return used_up(now, planned, spend=spend, asks=asks, first_day=FIRST + 10, end_day=FIRST + MONTH)


@pytest.mark.parametrize(
    ("now", "planned", "days"),
    [
        (200, 100, (20, 10)),
        (100, 200, (10, 20)),
        (1_000, 100, (None, 10)),
        (100, 1_000, (10, None)),
        (None, 100, (None, 10)),
        (100, None, (10, None)),
    ],
)
def test_it_names_the_day_on_which_the_spend_passes_the_budget(
    now: int | None, planned: int | None, days: tuple[int | None, int | None]
) -> None:
    (one,) = [hit for hit in found(acme(now), acme(planned), daily=10) if hit.team_id == SEARCH.id]

    assert (one.now_day, one.planned_day) == tuple(None if day is None else FIRST + day for day in days)
    assert one.spent_nanos == 310 * NANOS


def test_a_budget_that_does_not_change_or_is_never_used_up_is_left_out() -> None:
    assert found(acme(100), acme(100), daily=10) == []
    assert found(acme(1_000, 2_000), acme(900, 2_000), daily=10) == []


def test_grants_of_the_period_count_on_both_sides() -> None:
    given = past(1, 50)
    asked = past(2, 70, hours=None)
    (one,) = found(acme(200), acme(100), daily=10, asks=(given, asked))

    assert (one.now_day, one.planned_day) == (FIRST + 25, FIRST + 15)


def test_a_team_keeps_what_the_teams_below_do_not_get() -> None:
    company = acme(300, 1_000)

    assert kept_nanos(company, company.by_id(PRODUCT.id)) == 700 * NANOS
