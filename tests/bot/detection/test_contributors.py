"""What a spike's dollars went to: which parts are named, beside which usual, and which are new."""

import numpy as np
import pytest

from bot.alerting.alerts import Contributor
from bot.detection.contributors import contributors
from bot.detection.histories import Ints, SpendPart, costs_of_same_hours, mean_of_same_hours
from tests.bot.spend import DAY, WEEK

START, END = 1_000_200, 1_000_202
"""The hours of the spike; series begin 200 hours before it."""
FIRST = START - 200


def part(name: str) -> SpendPart:
    return SpendPart(3, "credential", name)


def series(*, before: int = 0, spike: int, since: int = 0) -> Ints:
    """Nano-dollars an hour: so many from an hour on, and so many in each of the spike's two hours."""
    nanos = np.zeros(300, dtype=np.int64)
    nanos[since:200] = before
    nanos[200:202] = spike
    return nanos


def named(spend: dict[str, Ints], *, known_from: int = FIRST, most: int = 4) -> tuple[Contributor, ...]:
    return contributors(
        [part(name) for name in spend],
        by_hour=lambda one: spend[one.name],
        first_hour=FIRST,
        from_hour=START,
        end_hour=END,
        known_from=known_from,
        most=most,
    )


def test_a_part_is_named_with_its_cost_and_its_usual() -> None:
    assert named({"a": series(before=3, spike=10)}) == (
        Contributor(dimension="credential", name="a", cost_nanos=20, usual_nanos=6, first_hour=None),
    )


@pytest.mark.parametrize(("since", "is_new"), [(175, False), (176, True), (199, True)])
def test_a_part_is_new_if_it_cost_nothing_until_a_day_before(since: int, is_new: bool) -> None:
    (found,) = named({"a": series(before=3, spike=10, since=since)})

    assert found.first_hour == (FIRST + since if is_new else None)


def test_a_part_whose_first_cost_is_a_nano_dollar_is_as_old_as_it() -> None:
    old = series(spike=10)
    old[150] = 1

    assert named({"a": old})[0].first_hour is None


def test_a_part_at_its_usual_is_left_out_and_the_next_one_is_not() -> None:
    assert named({"a": series(before=10, spike=10)}) == ()
    assert [c.name for c in named({"a": series(before=10, spike=10), "b": series(before=10, spike=11)})] == ["b"]


def test_a_part_has_at_least_a_twentieth_of_the_largest() -> None:
    spend = {"a": series(spike=1_000), "b": series(spike=50), "c": series(spike=49)}

    assert [c.name for c in named(spend)] == ["a", "b"]
    assert [c.name for c in named({"a": series(spike=10_000), "b": series(spike=499)})] == ["a"]


def test_four_parts_are_named_or_as_many_as_asked_for() -> None:
    spend = {name: series(spike=spike) for name, spike in zip("abcdef", (60, 50, 40, 30, 20, 10), strict=True)}

    by_itself = contributors(
        [part(name) for name in spend],
        by_hour=lambda one: spend[one.name],
        first_hour=FIRST,
        from_hour=START,
        end_hour=END,
        known_from=FIRST,
    )
    assert [c.name for c in by_itself] == ["a", "b", "c", "d"]
    assert [c.name for c in named(spend, most=5)] == ["a", "b", "c", "d", "e"]
    assert named({}) == ()


def test_the_usual_is_of_hours_in_which_the_team_is_known() -> None:
    spend = {"a": series(before=3, spike=10)}

    assert named(spend, known_from=START - WEEK)[0].usual_nanos == 6
    assert named(spend, known_from=START - DAY + 1)[0].usual_nanos == 0
    assert named(spend, known_from=FIRST - 500)[0].usual_nanos == 6


@pytest.mark.parametrize(("known_from", "usual"), [(FIRST - 1, 7), (FIRST, 7), (FIRST + 1, 0)])
def test_the_first_hour_of_all_counts_if_the_team_is_known_in_it(known_from: int, usual: int) -> None:
    """The spike is a week after the first hour: nothing but its own two hours is a week before."""
    nanos = np.zeros(300, dtype=np.int64)
    nanos[0:2] = 3, 4
    nanos[WEEK : WEEK + 2] = 500
    (found,) = contributors(
        [part("a")],
        by_hour=lambda _: nanos,
        first_hour=FIRST,
        from_hour=FIRST + WEEK,
        end_hour=FIRST + WEEK + 2,
        known_from=known_from,
    )

    assert found.usual_nanos == usual


@pytest.mark.parametrize(
    ("start", "hours", "known", "costs"),
    [
        (900, 2, 0, [732 * 2 + 1, 564 * 2 + 1, 396 * 2 + 1, 228 * 2 + 1]),  # four weeks
        (900, 2, 396, [732 * 2 + 1, 564 * 2 + 1, 396 * 2 + 1]),
        (900, 2, 397, [732 * 2 + 1, 564 * 2 + 1]),
        (900, 2, 733, [876 * 2 + 1, 852 * 2 + 1, 828 * 2 + 1, 804 * 2 + 1]),  # four days
        (900, 2, 876, [876 * 2 + 1]),
        (900, 2, 877, []),
        (900, 24, 733, [sum(range(900 - back, 924 - back)) for back in (24, 48, 72, 96)]),
        (900, 25, 733, []),  # a day before overlaps
        (900, 168, 600, [sum(range(732, 900))]),
        (900, 169, 600, []),
    ],
)
def test_the_same_hours_are_those_of_four_weeks_or_else_of_four_days(
    start: int, hours: int, known: int, costs: list[int]
) -> None:
    nanos = np.arange(1_200)

    assert costs_of_same_hours(nanos, start, start + hours, known=known) == costs
    mean = sum(costs) // len(costs) if costs else 0
    assert mean_of_same_hours(nanos, start, start + hours, known=known) == mean


def test_a_mean_is_never_below_nothing() -> None:
    assert mean_of_same_hours(np.full(300, -5), 200, 202, known=0) == 0
