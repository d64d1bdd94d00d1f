"""Simulated requests: the same for each seed, in working hours, in figures that people use."""

import random

import pytest

from bot.money import NANOS
from bot.org.teams import Team
from bot.periods import HOUR_MICROS, day_start, local_day, micros
from bot.requests.rehearsals.past_asks import PastAsk
from bot.requests.rehearsals.simulations import pretty, simulated_asks, usual_amount
from tests.bot.acme import ANNA, PRODUCT, SEARCH, directory

FIRST_DAY = 20_500


def simulated(seed: int = 1, number: int = 50) -> list[PastAsk]:
    def payer(team: Team, amount_nanos: int) -> Team | None:
        return PRODUCT if amount_nanos < 1_000 * NANOS else None

    return simulated_asks(
        directory(), number=number, first_day=FIRST_DAY, end_day=FIRST_DAY + 28, seed=seed, payer_of=payer
    )


def test_a_seed_makes_the_same_requests_each_time() -> None:
    assert simulated() == simulated()
    assert simulated() != simulated(seed=2)


def test_members_ask_on_working_days_within_working_hours() -> None:
    for ask in simulated():
        day = local_day(ask.at, "UTC")
        hour = (ask.at - micros(day_start(day, "UTC"))) / HOUR_MICROS
        assert (day + 3) % 7 < 5
        assert 9 <= hour <= 17
        assert (ask.team_id, ask.person_id) in {(SEARCH.id, ANNA), (PRODUCT.id, 2)}
        assert ask.is_simulated


@pytest.mark.parametrize(
    ("dollars", "figure"), [(0.2, 1), (1, 1), (1.2, 1.5), (87, 100), (1_001, 1_500), (6_000, 7_500), (9_000, 10_000)]
)
def test_amounts_are_figures_that_people_use(dollars: float, figure: float) -> None:
    assert pretty(dollars * NANOS) == figure * NANOS


def test_half_of_the_amounts_are_below_a_tenth_of_the_budget() -> None:
    chance = random.Random(1)
    amounts = sorted(usual_amount(chance, 10_000 * NANOS) for _ in range(501))

    assert amounts[250] == 1_000 * NANOS
