"""Charts that Slack draws itself, within the limits of its block."""

import pytest

from bot.charts.native import native_spend_by_day
from tests.bot.charts.examples import spend


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


def test_slacks_block_gets_a_series_even_without_tools() -> None:
    native = native_spend_by_day(spend(title="Nothing " * 20))

    assert [s["name"] for s in native["series"]] == ["Spend"]
    assert len(native["title"]) == 50
