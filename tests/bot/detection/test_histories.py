"""Teams' hours in memory: sums by hour, what is new, and since when two states differ."""

import numpy as np
import pytest

from bot.detection.histories import Histories, History, Ints, PartKind, SpendPart, by_hour, first_difference
from tests.bot.spend import Of, dollars, histories_of


def ints(*values: int) -> Ints:
    return np.array(values, dtype=np.int64)


def history(*rows: tuple[int, int]) -> History:
    """A history of (hour, nano-dollars)."""
    hours, nanos = (ints(*(row[place] for row in rows)) for place in (0, 1))
    return History(
        first_hour=0, version=1, newest_hour=99, rewrites=0, hours=hours, series=np.zeros_like(hours), nanos=nanos
    )


def test_rows_are_summed_by_hour_from_the_first_to_the_last_asked_for() -> None:
    rows = history((9, 1), (10, 2), (10, 3), (12, 4), (13, 5))

    assert by_hour(rows.hours, rows.nanos, 10, 3).tolist() == [5, 0, 4]
    assert rows.by_hour(9, 1).tolist() == [1]
    assert by_hour(rows.hours, rows.nanos, 10, 3).dtype == np.int64


@pytest.mark.parametrize(
    ("after", "since"),
    [
        ([(10, 5), (12, 7)], None),
        ([(10, 2), (10, 3), (12, 7)], None),  # the same sum of other rows
        ([(10, 6), (12, 7)], 10),
        ([(10, 5), (12, 8)], 12),
        ([(10, 5), (11, 1), (12, 8)], 11),
        ([(8, 1), (10, 5), (12, 7)], 8),
        ([(10, 5), (12, 7), (20, 1)], 20),
        ([], 10),
    ],
)
def test_two_states_differ_since_their_first_other_hour(after: list[tuple[int, int]], since: int | None) -> None:
    before = history((10, 5), (12, 7))

    assert first_difference(before, history(*after)) == since
    assert first_difference(history(*after), before) == since


def test_states_without_an_hour_do_not_differ() -> None:
    assert first_difference(history(), history()) is None
    assert first_difference(history(), history((3, 1))) == 3


NAMES: dict[PartKind, str] = {"credential": "k", "workflow": "", "model": "m", "tool": "t", "person": "7"}


def test_a_series_is_added_once() -> None:
    histories = Histories()
    histories.add_series(40, NAMES, team_id=3)
    histories.add_series(40, {**NAMES, "model": "other"}, team_id=3)
    histories.add_series(41, {**NAMES, "model": "n"}, team_id=3)

    assert histories.unknown_series(ints(41, 39, 40, 42, 42)) == [39, 42]
    assert histories.places(ints(41, 40, 41)).tolist() == [1, 0, 1]
    assert histories.places(ints(41)).dtype == histories.places(ints()).dtype == np.int64


def test_parts_are_those_with_a_name_of_the_kinds_asked_for() -> None:
    histories = histories_of({Of(credential="k", model="m"): dollars(1, 2), Of(model="n"): dollars(4, 8)})

    assert histories.parts_of(3, ("credential", "model")) == [
        SpendPart(3, "credential", "k"),
        SpendPart(3, "model", "m"),
        SpendPart(3, "model", "n"),
    ]
    workflows: tuple[PartKind, ...] = ("workflow",)
    assert histories.parts_of(3, workflows) == []
    first = histories.teams[3].newest_hour - 1
    assert histories.part_costs(SpendPart(3, "model", "x"), first_hour=first, count=2).tolist() == [0, 0]


def test_a_parts_hours_leave_out_what_is_of_another_part_as_well() -> None:
    histories = histories_of({Of(credential="k", model="m"): dollars(1, 2), Of(model="m"): dollars(4, 8)})
    model, key = SpendPart(3, "model", "m"), SpendPart(3, "credential", "k")
    first = histories.teams[3].newest_hour - 1

    assert histories.part_costs(model, first_hour=first, count=2).tolist() == dollars(5, 10).tolist()
    assert histories.part_costs(model, first_hour=first, count=2, without=[key]).tolist() == dollars(4, 8).tolist()
    assert histories.part_costs(SpendPart(3, "model", "x"), first_hour=first, count=2).tolist() == [0, 0]


def test_totals_are_of_the_teams_and_hours_asked_for() -> None:
    histories = histories_of({Of(team_id=3): dollars(1, 2, 3), Of(team_id=4): dollars(10, 20, 30)})
    first = histories.teams[3].newest_hour - 1

    assert histories.totals([4, 3], first_hour=first, count=2).tolist() == [
        dollars(20, 30).tolist(),
        dollars(2, 3).tolist(),
    ]
    assert histories.totals([4, 3], first_hour=first - 1, count=2)[1].tolist() == dollars(1, 2).tolist()
    assert histories.totals([], first_hour=first, count=2).shape == (0, 2)


@pytest.mark.parametrize(("floor", "names"), [(3, ["k", "m", "n"]), (3.01, ["k", "m"]), (5.01, ["m"]), (8.01, [])])
def test_parts_cost_at_least_a_floor_in_the_last_hours(floor: float, names: list[str]) -> None:
    """Of the last two hours: key k 5 dollars, model m 8 with the key's and its own, model n 3."""
    spend = {
        Of(credential="k", model="m"): dollars(90, 2, 3),
        Of(model="m"): dollars(0, 2, 1),
        Of(model="n"): dollars(0, 0, 3),
    }
    histories = histories_of(spend)
    first = histories.teams[3].newest_hour - 2
    parts, nanos = histories.parts([3], first_hour=first, count=3, recent=2, floor_dollars=floor)

    assert sorted(part.name for part in parts) == names
    assert nanos.shape == (len(names), 3)
    by_name = {part.name: row.tolist() for part, row in zip(parts, nanos, strict=True)}
    if "m" in names:
        assert by_name["m"] == dollars(90, 4, 4).tolist()
    if "k" in names:
        assert by_name["k"] == dollars(90, 2, 3).tolist()


@pytest.mark.parametrize(("floor", "rows"), [(3, [dollars(1, 2).tolist()]), (3.01, [])])
def test_parts_have_the_hours_asked_for_alone(floor: float, rows: list[list[int]]) -> None:
    histories = histories_of({Of(model="m", tool=""): dollars(50, 1, 2, 60)})
    first = histories.teams[3].newest_hour - 2

    _, nanos = histories.parts([3], first_hour=first, count=2, recent=2, floor_dollars=floor)
    assert nanos.tolist() == rows
