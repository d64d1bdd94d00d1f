"""The figures of run-out forecasts: a change of any weight, share or bound moves one of them."""

from datetime import date
from typing import Any

import pytest

from bot.books.forecasts import RunOutForecast, forecast_run_out
from bot.books.ledger import Balance
from bot.money import NANOS
from bot.periods import day_number, period_of

NOVEMBER = period_of(day_number(date(2026, 11, 1)))
FIRST = NOVEMBER.first_day
WEEK = (100, 130, 80, 120, 95, 20, 35)
"""Dollars of the days of a week from Monday on."""
NOISE = (0, 7, -12, 18, -5, 11, -20, 3, 25, -9, 14)


def foretold(
    *,
    left: int = 850,
    known: int = 28,
    day: int = 19,
    noise: int = 1,
    today_spent: int = 0,
    lumps: dict[int, int] | None = None,
) -> RunOutForecast:
    """The forecast on a day of November for so many dollars left, with so many days known; `lumps` are dollars by days back."""
    today = FIRST + day - 1
    spent = {d: (WEEK[(d + 3) % 7] + noise * NOISE[d % 11]) * NANOS for d in range(today - known, today)}
    spent |= {today - back: dollars * NANOS for back, dollars in (lumps or {}).items()}
    spent |= {today: today_spent * NANOS} if today_spent else {}
    funds = Balance(allocated_nanos=(left + 5_000) * NANOS, charged_nanos=4_500 * NANOS, held_nanos=500 * NANOS)
    found = forecast_run_out(funds, spent_by_day=spent, today=today, period=NOVEMBER)
    assert found is not None
    return found


def in_november(day: int | None) -> int | None:
    return None if day is None else day - FIRST + 1


@pytest.mark.parametrize(
    ("known", "figures"),
    [
        pytest.param({}, (0.684226, 26, 30, None, 5_461_086_178_793), id="four-weeks"),
        pytest.param(
            {"left": 1900, "known": 35, "day": 8},
            (0.44233, 25, None, None, 6_392_684_120_792),
            id="five-weeks-of-which-four-count",
        ),
        pytest.param({"noise": 0}, (0.659234, 26, 30, None, 5_447_330_983_995), id="days-without-noise"),
        pytest.param({"noise": 3}, (0.679226, 26, 29, None, 5_488_704_728_002), id="noisy-days"),
        pytest.param({"left": 900, "known": 7}, (0.566333, 27, 30, None, 5_454_626_239_153), id="a-week"),
        pytest.param({"left": 900, "known": 10}, (0.57123, 27, 30, None, 5_456_423_353_940), id="ten-days"),
        pytest.param({"today_spent": 40}, (0.609196, 27, 30, None, 5_421_086_178_793), id="a-part-of-today-is-spent"),
        pytest.param(
            {"today_spent": 400}, (0.45342, 27, None, None, 5_347_905_851_983), id="today-is-dearer-than-usual"
        ),
        pytest.param({"today_spent": -40}, (0.684226, 26, 30, None, 5_461_086_178_793), id="a-correction-today"),
        pytest.param({"lumps": {3: 900, 4: 700}}, (0.902411, 24, 26, 30, 5_767_563_887_327), id="two-odd-working-days"),
        pytest.param(
            {"day": 20, "lumps": {5: 900, 12: 333}},
            (0.731939, 27, 29, None, 5_491_579_436_158),
            id="two-odd-weekend-days",
        ),
        pytest.param({"lumps": {3: -900}}, (0.460896, 27, None, None, 5_353_737_005_565), id="a-corrected-day"),
        pytest.param(
            {"left": 1700, "lumps": {1: 300, 2: 310, 6: 290, 5: 40}},
            (0.27264, 27, None, None, 5_995_591_157_235),
            id="a-new-level-of-working-days",
        ),
        pytest.param(
            {"left": 1700, "lumps": {3: 300, 4: 310, 10: 290}},
            (0.14313, 30, None, None, 5_839_092_071_677),
            id="a-new-level-of-weekends",
        ),
        pytest.param(
            {"left": 900, "known": 11, "lumps": {3: 300}},
            (0.836849, 25, 27, None, 5_734_216_196_826),
            id="three-weekend-days-alone",
        ),
        pytest.param({"left": 90, "day": 30}, (0.672107, 30, 30, None, 4_600_246_785_565), id="the-last-day"),
        pytest.param({"left": 2300, "day": 1}, (0.572695, 20, 28, None, 7_025_401_582_807), id="the-first-day"),
    ],
)
def test_a_months_past_gives_these_figures(known: dict[str, Any], figures: tuple[float, Any, Any, Any, int]) -> None:
    """The chance, the early, the middle and the late day of November, and the period's end in nano-dollars."""
    found = foretold(**known)
    days = tuple(in_november(day) for day in (found.early_day, found.middle_day, found.late_day))

    assert found.chance == pytest.approx(figures[0], abs=1e-6)
    assert found.end_nanos == pytest.approx(figures[4], abs=2)
    assert days == figures[1:4]


@pytest.mark.parametrize(
    ("left", "early", "middle", "late"),
    [
        (300, 22, 23, 24),
        (350, 23, 23, 24),
        (400, 23, 24, 25),
        (450, 23, 24, 25),
        (500, 24, 25, 26),
        (550, 24, 25, 27),
        (600, 24, 26, 27),
        (650, 25, 26, 29),
        (700, 25, 27, 30),
        (750, 26, 27, None),
        (800, 26, 28, None),
        (850, 26, 30, None),
        (900, 27, 30, None),
        (950, 27, None, None),
        (1000, 27, None, None),
        (1050, 29, None, None),
        (1100, 29, None, None),
        (1150, 30, None, None),
        (1200, 30, None, None),
        (1250, None, None, None),
        (1300, None, None, None),
        (1350, None, None, None),
        (1400, None, None, None),
        (1450, None, None, None),
        (1500, None, None, None),
        (1550, None, None, None),
    ],
)
def test_the_more_is_left_the_later_it_runs_out(
    left: int, early: int | None, middle: int | None, late: int | None
) -> None:
    """On the 19th of November, with the same four weeks behind it."""
    found = foretold(left=left)

    assert [in_november(day) for day in (found.early_day, found.middle_day, found.late_day)] == [early, middle, late]
