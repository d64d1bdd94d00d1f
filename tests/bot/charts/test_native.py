"""Charts that Slack draws itself, within the limits of its block."""

from dataclasses import replace

import pytest

from bot.charts.native import native_against_plan, native_spend_by_day
from bot.money import NANOS
from tests.bot.charts.examples import PERIOD_PLAN, spend


@pytest.mark.parametrize("days", [1, 7, 20, 21, 31, 92, 366, 800])
def test_slacks_block_gets_every_dollar_in_at_most_twenty_points(days: int) -> None:
    native = native_spend_by_day(spend(("Claude Code", tuple(range(days))), days=days))
    labels, points = native["categories"], native["series"][0]["data"]

    assert len(labels) <= 20
    assert len(set(labels)) == len(labels)
    assert max(map(len, labels)) <= 20
    assert [point["label"] for point in points] == labels
    assert sum(point["value"] for point in points) == sum(range(days))


def test_a_month_of_days_becomes_its_weeks() -> None:
    native = native_spend_by_day(spend(("Claude Code", (1,) * 25), days=25))

    assert native["categories"] == ["16–22 Nov", "23–29 Nov", "30 Nov – 6 Dec", "7–10 Dec"]
    assert [point["value"] for point in native["series"][0]["data"]] == [7, 7, 7, 4]


def test_slacks_block_gets_six_series_and_the_rest_added_up() -> None:
    native = native_spend_by_day(spend(*((f"Tool {n}", (n,)) for n in range(1, 9)), days=1))

    assert [(s["name"], s["data"][0]["value"]) for s in native["series"]] == [
        ("Tool 1", 1), ("Tool 2", 2), ("Tool 3", 3), ("Tool 4", 4), ("Tool 5", 5), ("Other", 6 + 7 + 8),
    ]  # fmt: skip


def test_names_alike_in_their_first_twenty_characters_stay_apart() -> None:
    long = "Claude Code for the search team"
    native = native_spend_by_day(spend((long, (1,)), (long + " 2", (2,)), ("", (3,)), (" ", (4,)), days=1))

    assert [s["name"] for s in native["series"]] == ["Claude Code for the…", "Claude Code for t… 2", "–", "– 2"]


@pytest.mark.parametrize("days", [2, 20, 30, 31, 92, 366])
@pytest.mark.parametrize("gone", [1, 0.5, 0])
def test_a_plan_has_its_first_day_today_and_its_last(days: int, gone: float) -> None:
    count = max(1, round(days * gone))
    plan = replace(PERIOD_PLAN, end_day=PERIOD_PLAN.first_day + days, spent_nanos=(NANOS,) * count, run_out_day=None)
    native = native_against_plan(replace(plan, plan_nanos=(2 * NANOS,) * days, end_nanos=400 * NANOS))
    labels, (spent, budget) = native["categories"], native["series"]

    assert len(labels) <= 20
    assert len(set(labels)) == len(labels)
    assert "today" in labels
    assert [point["label"] for point in spent["data"]] == labels == [point["label"] for point in budget["data"]]
    assert spent["data"][labels.index("today")]["value"] == count
    assert spent["data"][-1]["value"] == (400 if count < days else count)
    assert budget["data"][-1]["value"] == 2 * days
    assert native["title"] == PERIOD_PLAN.title[:49].rstrip() + "…"


def test_a_plan_without_a_budget_is_one_line() -> None:
    native = native_against_plan(replace(PERIOD_PLAN, budget_nanos=None))

    assert [series["name"] for series in native["series"]] == ["Spent, then expected"]


def test_slacks_block_gets_a_series_even_without_tools() -> None:
    native = native_spend_by_day(spend(title="Nothing " * 20))

    assert [s["name"] for s in native["series"]] == ["Spend"]
    assert len(native["title"]) == 50
