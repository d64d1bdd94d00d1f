"""Expected spend: which hours and causes it excludes, during and after."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.alerting.expectations import (
    TEAM_TOTAL,
    WINDOW_HOURS,
    Cause,
    Expectation,
    cause_to_expect,
    combine_excluded,
    excluded_spend,
)
from bot.alerting.spike_facts import SpikeFacts
from bot.periods import DAY_MICROS, HOUR_MICROS
from tests.support.spike_facts import stored_facts

START = 500_000
"""The first expected hour."""
KEY = Cause(dimension="credential", name="ci-7")


def expectation(*, hours: int | None = 48, **changed: object) -> Expectation:
    made = Expectation(
        id=1,
        team_id=3,
        what="launch",
        cause=TEAM_TOTAL,
        from_at=START * HOUR_MICROS,
        until_at=None if hours is None else (START + hours) * HOUR_MICROS,
        limit_nanos=None,
        alert_id=None,
        alert_closed_at=None,
        made_by=1,
        made_at=START * HOUR_MICROS,
        ended_at=None,
        ended_by=None,
    )
    return replace(made, **changed)  # type: ignore[arg-type]  # the fields have its types


def costs(*levels: tuple[int, int, int], usual: int = 10) -> dict[int, int]:
    """Nano-dollars by hour: a usual level from four weeks before, and (first, end, level) after the start."""
    made = dict.fromkeys(range(START - 4 * 168, START), usual)
    for first, end, level in levels:
        made |= dict.fromkeys(range(START + first, START + end), level)
    return made


def after(hours: int) -> int:
    return (START + hours) * HOUR_MICROS


def test_all_above_the_usual_is_aside_while_it_is_expected() -> None:
    found = excluded_spend(expectation(), costs((0, 5, 110)), at=after(5))

    assert found == {START + hour: 100 for hour in range(5)}


def test_hours_before_and_after_are_news() -> None:
    spent = costs((-3, 60, 110))

    found = excluded_spend(expectation(hours=4), spent, at=after(20))
    assert set(found) == {START + hour for hour in range(4)}


def test_the_usual_is_the_same_hour_of_the_weeks_before() -> None:
    spent = costs((0, 2, 500)) | {START - 168: 200, START - 336: 220, START - 504: 90}

    assert excluded_spend(expectation(), spent, at=after(2)) == {START: 300, START + 1: 490}


def test_the_usual_of_a_long_while_is_that_of_the_weeks_before_it_began() -> None:
    spent = costs((0, 400, 110))

    assert set(excluded_spend(expectation(hours=400), spent, at=after(399)).values()) == {100}


def test_no_more_than_the_announced_amount_is_aside() -> None:
    found = excluded_spend(expectation(limit_nanos=250), costs((0, 5, 110)), at=after(5))

    assert found == {START: 100, START + 1: 100, START + 2: 50}


def test_what_an_announced_while_cost_stays_aside_when_it_is_over() -> None:
    spent = costs((0, 48, 110), (48, 100, 10))

    assert len(excluded_spend(expectation(), spent, at=after(100))) == 48


def test_what_goes_on_after_an_announced_while_is_the_new_usual_once_a_day_is_known() -> None:
    spent = costs((0, 100, 110))

    assert len(excluded_spend(expectation(), spent, at=after(60))) == 48
    assert excluded_spend(expectation(), spent, at=after(73)) == {}


@pytest.mark.parametrize(("lasts", "is_usual"), [(240, True), (3, False), (100, False)])
def test_a_planned_step_becomes_the_usual_and_a_planned_burst_does_not(lasts: int, is_usual: bool) -> None:
    planned = expectation(hours=None, alert_id=9, alert_closed_at=after(72))
    spent = costs((0, lasts, 110), (lasts, 300, 10))
    over = after(72) + 7 * DAY_MICROS

    assert (excluded_spend(planned, spent, at=over) == {}) is is_usual


def test_a_planned_spike_is_expected_until_a_week_after_it_closed() -> None:
    running = expectation(hours=None, alert_id=9)
    closed = replace(running, alert_closed_at=after(60))

    assert running.is_in_force(after(10_000))
    assert closed.is_in_force(after(60 + 7 * 24 - 1))
    assert not closed.is_in_force(after(60 + 7 * 24))


def test_one_that_was_taken_back_never_was() -> None:
    taken_back = expectation(ended_at=after(0))

    assert excluded_spend(taken_back, costs((0, 5, 110)), at=after(5)) == {}
    assert not taken_back.is_in_force(after(1))


def test_two_keys_add_up_and_the_same_spend_seen_twice_does_not() -> None:
    other, model = Cause(dimension="credential", name="ci-8"), Cause(dimension="model", name="opus")
    parts: list[tuple[Cause, Mapping[int, int]]] = [
        (KEY, {1: 5, 2: 5}),
        (other, {1: 3}),
        (model, {1: 7}),
        (KEY, {2: 4}),
    ]

    assert combine_excluded(parts) == {1: 8, 2: 5}


def spike(**changed: object) -> SpikeFacts:
    return SpikeFacts.from_facts(stored_facts(observed_nanos=100, **changed))


@pytest.mark.parametrize(
    ("contributors", "cause"),
    [
        ([["credential", "ci-7", 80, True], ["model", "opus", 90, False]], KEY),
        ([["credential", "ci-7", 79, True]], TEAM_TOTAL),
        ([["person", "7", 100, True], ["credential", "ci-7", 80, True]], KEY),
        ([["person", "7", 100, True]], TEAM_TOTAL),
        ([], TEAM_TOTAL),
    ],
)
def test_a_contributor_is_the_cause_if_it_makes_most_of_the_spike(
    contributors: list[list[object]] | None, cause: Cause
) -> None:
    assert cause_to_expect(spike(contributors=contributors)) == cause


def test_a_spike_that_was_found_in_a_part_is_that_parts() -> None:
    facts = spike(part=["credential", "ci-7"], contributors=[["model", "opus", 100, False]])

    assert cause_to_expect(facts) == KEY


def test_the_whole_team_is_a_cause_without_a_name() -> None:
    assert Cause(dimension="", name="") == TEAM_TOTAL
    assert TEAM_TOTAL.is_total
    assert not KEY.is_total


@pytest.mark.parametrize(
    ("changed", "ends"),
    [
        ({}, 48),
        ({"ended_at": after(5)}, 5),
        ({"ended_at": after(50)}, 48),
        ({"alert_closed_at": after(5)}, 48),
        ({"until_at": None}, None),
        ({"until_at": None, "ended_at": after(5)}, 5),
        ({"until_at": None, "alert_closed_at": after(5)}, 5 + 7 * 24),
        ({"until_at": None, "alert_closed_at": after(5), "ended_at": after(6)}, 6),
    ],
)
def test_it_ends_when_announced_or_taken_back_or_a_week_after_its_spike(
    changed: dict[str, object], ends: int | None
) -> None:
    made = expectation(**changed)  # type: ignore[arg-type]  # the fields have its types

    assert made.ends_at == (None if ends is None else after(ends))
    assert made.is_over(after(10_000)) is (ends is not None)


def test_it_holds_from_its_first_moment_until_the_one_before_its_end() -> None:
    made = expectation()

    assert [made.is_in_force(at) for at in (after(0) - 1, after(0), after(48) - 1, after(48))] == [
        False,
        True,
        True,
        False,
    ]
    assert [made.is_over(at) for at in (after(48) - 1, after(48))] == [False, True]


@pytest.mark.parametrize(
    ("hour", "nanos", "found"), [(0, 11, {START: 1}), (0, 10, {}), (0, 9, {}), (1, 11, {START + 1: 1})]
)
def test_a_nano_dollar_above_the_usual_is_aside(hour: int, nanos: int, found: dict[int, int]) -> None:
    assert excluded_spend(expectation(), costs((hour, hour + 1, nanos)), at=after(2)) == found


def test_where_nothing_is_known_the_usual_is_nothing() -> None:
    assert excluded_spend(expectation(), {START: 1}, at=after(1)) == {START: 1}
    assert excluded_spend(expectation(), {START: 1, START - 168: -5, START - 336: -5}, at=after(1)) == {START: 1}


def test_the_hour_that_runs_is_looked_at_and_none_after_it() -> None:
    spent = costs((0, 9, 110))

    assert set(excluded_spend(expectation(), spent, at=after(2))) == {START, START + 1, START + 2}
    assert set(excluded_spend(expectation(hours=2), spent, at=after(2) - 1)) == {START, START + 1}
    assert set(excluded_spend(expectation(hours=2), spent, at=after(2))) == {START, START + 1}


@pytest.mark.parametrize(("limit", "aside"), [(100, {START: 100}), (101, {START: 100, START + 1: 1})])
def test_the_announced_amount_is_counted_to_the_nano_dollar(limit: int, aside: dict[int, int]) -> None:
    assert excluded_spend(expectation(limit_nanos=limit), costs((0, 3, 110)), at=after(2)) == aside


def test_the_usual_of_the_second_week_is_that_of_the_week_before_the_first() -> None:
    """The hours from the start on have no usual of their own; the last hour before it is the week before's."""
    spent = costs((0, 400, 110)) | {START - 168: 60, START - 336: 60, START - 504: 60, START - 1: 70}
    spent |= {START - 169: 70, START - 337: 70}
    found = excluded_spend(expectation(hours=400), spent, at=after(399))

    assert [found[START + hour] for hour in (0, 1, 167, 168, 335, 336)] == [50, 100, 40, 50, 40, 50]


@pytest.mark.parametrize(
    ("hours", "level", "is_usual"),
    [
        (24, 60, True),  # a day, half as much above the usual
        (23, 60, False),
        (24, 59, False),
        (48, 60, True),
    ],
)
def test_what_follows_an_announced_while_is_usual_at_half_of_it_after_a_day(
    hours: int, level: int, is_usual: bool
) -> None:
    spent = costs((0, 48, 110), (48, 48 + hours, level), (48 + hours, 200, 1_000))

    assert (excluded_spend(expectation(), spent, at=after(48 + hours)) == {}) is is_usual


@pytest.mark.parametrize(("late", "is_usual"), [(60, True), (59, False)])
@pytest.mark.parametrize("length", [4, 5])
def test_a_planned_spike_is_usual_at_half_in_its_later_half(length: int, late: int, is_usual: bool) -> None:
    """Of an odd number of hours the one in the middle is of the later half."""
    half = length // 2
    planned = expectation(hours=length, alert_id=9)
    spent = costs((0, half, 110), (half, length, late), (length, 20, 10))

    assert (excluded_spend(planned, spent, at=after(length - 1 + WINDOW_HOURS)) == {}) is is_usual


@pytest.mark.parametrize(
    ("hours", "later", "is_usual"),
    [
        (71, WINDOW_HOURS - 1, False),
        (71, WINDOW_HOURS, True),
        (72, 1, True),
    ],
)
def test_what_lasts_beyond_a_short_planned_spike_is_usual_once_no_window_reaches_into_it(
    hours: int, later: int, is_usual: bool
) -> None:
    spent = costs((0, 400, 110))

    planned = expectation(hours=hours, alert_id=9)
    assert (excluded_spend(planned, spent, at=after(hours - 1 + later)) == {}) is is_usual


@pytest.mark.parametrize("changed", [{}, {"alert_id": 9}])
def test_what_cost_nothing_more_did_not_last(changed: dict[str, object]) -> None:
    nothing = expectation(**changed)  # type: ignore[arg-type]  # the fields have its types
    later = costs((0, 47, 10), (47, 48, 30), (48, 100, 500))

    assert excluded_spend(nothing, costs((0, 48, 10), (48, 100, 500)), at=after(80)) == {}
    assert excluded_spend(expectation(alert_id=9), later, at=after(80)) == {START + 47: 20}


def test_what_is_set_aside_together_is_exact() -> None:
    assert combine_excluded([(KEY, {1: 0}), (TEAM_TOTAL, {2: -1})]) == {1: 0, 2: 0}
