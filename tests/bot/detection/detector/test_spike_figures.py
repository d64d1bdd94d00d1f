"""The figures of the spike rule on made-up teams: a change of any weight, age, share or bound moves one of them.

`pytest --snapshot-update tests/bot/detection/detector/test_spike_figures.py` rewrites them; read the diff first.
"""

from datetime import UTC, datetime
from itertools import product

import numpy as np
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from bot.detection.detector.spike_hours import Cells, Hours, Ints
from bot.detection.detector.spike_rule import RULES, WIDTHS, window_bars
from bot.detection.spikes import PART_BAR, judge_many
from bot.money import NANOS

MONDAY = int(datetime(2026, 8, 3, tzinfo=UTC).timestamp()) // 3600
DAY, WEEK = 24, 168
BACK = (0, 1, 5, 13, 22, 30, 49, 73, 100, 170, 260, 400)
"""The hours that are judged, counted from the last."""


def office(*, days: int, dollars_a_day: float, weekend: float = 0.2) -> Ints:
    """Office hours with noise from a Monday on, by whole numbers alone, so that every machine makes the same."""
    hours = np.arange(days * DAY)
    working = np.where((hours % DAY >= 9) & (hours % DAY < 18), 100, 8)
    share = np.where(hours // DAY % 7 >= 5, round(weekend * 100), 100)
    noise = 80 + (hours * 7_919 + hours * hours * 31) % 41
    return np.asarray(
        working * share * noise * round(dollars_a_day * 1_000) // 10, dtype=np.int64
    )  # in nano-dollars; the factors come to 10¹⁰


def plus(nanos: Ints, dollars: float, *, back: int = 0, hours: int = 1) -> Ints:
    changed = nanos.copy()
    changed[len(nanos) - back - hours : len(nanos) - back] += round(dollars * 1_000) * NANOS // 1_000
    return changed


STEADY = office(days=42, dollars_a_day=40)
TEAMS = {
    "a steady team": STEADY,
    "an hour far above all": plus(STEADY, 120),
    "four hours at night": plus(STEADY[: 38 * DAY + 5], 22, hours=4),
    "a lone peak two weeks ago": plus(plus(STEADY, 90, back=14 * DAY + 3), 60),
    "a lone peak of a team of 22 days": plus(plus(STEADY[-22 * DAY :], 90, back=10 * DAY + 3), 60),
    "a lone peak of a team of 21 days": plus(plus(STEADY[-22 * DAY + 1 :], 90, back=10 * DAY + 3), 60),
    "a weekly batch": plus(plus(plus(STEADY, 40, back=WEEK), 35, back=2 * WEEK + 1), 55),
    "three days of three times": plus(office(days=45, dollars_a_day=60, weekend=1), 9, hours=60),
    "hundreds an hour": plus(office(days=40, dollars_a_day=4_000), 2_500, hours=3),
    "cents an hour": plus(office(days=40, dollars_a_day=0.5), 6),
    "a batch at each month's end": plus(plus(STEADY[: 28 * DAY + 23], 30, hours=2), 25, back=29),
    "the same batch a month later": plus(plus(office(days=59, dollars_a_day=40), 30, back=30 * DAY + 2, hours=2), 33),
    "a dear Sunday": plus(office(days=49, dollars_a_day=40)[: 48 * DAY + 20], 6, hours=12),
    **{f"a team of {days} days": plus(STEADY[: days * DAY + 12], 70) for days in (2, 3, 4, 6, 9, 14, 19, 28, 29)},
}


@pytest.fixture
def figures(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(JSONSnapshotExtension)


def test_windows_have_these_costs_usuals_and_bars(figures: SnapshotAssertion) -> None:
    """Dollars of each judged window, by team, hours back and width."""
    found = {}
    for name, nanos in TEAMS.items():
        columns = np.array([len(nanos) - 1 - back for back in BACK if back < len(nanos)])
        cells = Cells(np.zeros(len(columns), dtype=np.int64), columns)
        hours = Hours(nanos[None, :], known_hours=np.array([len(nanos)]), first_hour=MONDAY)
        for width in WIDTHS:
            bars = window_bars(hours, width, cells)
            for back, spent, usual, bar, rule in zip(BACK, *(values.tolist() for values in bars), strict=False):
                found[f"{name}, {back} h back, {width} h"] = (
                    f"{spent:.6g} usual {usual:.6g} bar {bar:.6g} {RULES[rule]}"
                )

    assert found == figures


def test_teams_are_judged_with_these_figures(figures: SnapshotAssertion) -> None:
    """The last hours of each team, as a message would have them, and as those of a part with its higher bar."""
    found = {}
    for bar, (name, nanos), back in product((1.0, PART_BAR), TEAMS.items(), BACK[:3]):
        known = nanos[: len(nanos) - back]
        if len(known) == 0:
            continue
        (judged,) = judge_many(known[None, :], known_hours=np.array([len(known)]), first_hour=MONDAY, bar=bar)
        bar_dollars = "none" if judged.bar_nanos is None else f"{judged.bar_nanos / NANOS:.6g}"
        found[f"{name}, {back} h back, bar {bar}"] = (
            f"{'spike' if judged.spike else 'no spike'} {judged.severity} {judged.window_hours} h {judged.rule}"
            f" {judged.observed_nanos / NANOS:.6g} usual {judged.usual_nanos / NANOS:.6g} bar {bar_dollars}"
            f" excess {judged.excess_dollars:.6g} score {judged.score:.6g} times {judged.times_usual or 0:.6g}"
        )

    assert found == figures
