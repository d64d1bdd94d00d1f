"""What is found in many teams' hours: spikes of the whole and of parts, and none in what is no news."""

from typing import Any

import numpy as np
import pytest

from bot.detection.detector.spike_hours import HISTORY_HOURS
from bot.detection.histories import Histories, SpendPart
from bot.detection.sweeps import MAX_HOURS, SpikingHour, find_spiking_hours, judged_costs
from bot.money import NANOS
from tests.bot.spend import DAY, THIS_HOUR, WEEK, Of, dollars, histories_of, plus, steady, view


def found_in(histories: Histories, *, last: int = 2, **changed: Any) -> list[tuple[int, str]]:
    """(hours ago, the part's name or `total`) of what is found in team 3."""
    found = find_spiking_hours(histories, dict.fromkeys(histories.teams, last), view(**changed)).get(3, [])
    return [(THIS_HOUR - f.hour, f.part.name if f.part else "total") for f in found]


def test_a_steady_team_has_no_spike_in_its_last_week() -> None:
    assert found_in(histories_of({Of(): steady(a_day=40)}), last=MAX_HOURS) == []


def test_a_runaway_hour_is_found_while_it_is_open_and_when_it_has_ended() -> None:
    assert found_in(histories_of({Of(): plus(steady(a_day=40), 100)})) == [(0, "total")]
    assert (1, "total") in found_in(histories_of({Of(): plus(steady(a_day=40), 100, back=1)}))


def test_an_hour_that_nobody_judged_in_time_is_found_later() -> None:
    late = histories_of({Of(): plus(steady(a_day=40), 100, back=30)})

    assert found_in(late) == []
    assert (30, "total") in found_in(late, last=40)


def test_a_key_that_runs_away_below_its_teams_bars_is_found_by_itself() -> None:
    """A team of hundreds a day, in which a key of two dollars a day spends 60."""
    spend = {Of(credential="big"): steady(a_day=400), Of(credential="ci-7", model="haiku"): steady(a_day=2, seed=2)}
    quiet = histories_of(spend)
    spend[Of(credential="ci-7", model="haiku")] = plus(spend[Of(credential="ci-7", model="haiku")], 30, hours=2)

    assert found_in(quiet) == []
    assert {name for _, name in found_in(histories_of(spend))} == {"ci-7", "haiku"}


def test_a_new_key_speaks_for_itself_only_if_it_matters_to_its_team() -> None:
    def with_new(amount: float) -> Histories:
        new = np.zeros(HISTORY_HOURS, dtype=np.int64)
        return histories_of({Of(credential="big"): steady(a_day=400), Of(credential="new"): plus(new, amount)})

    assert found_in(with_new(20)) == []
    assert (0, "new") in found_in(with_new(90))


def test_a_model_that_replaces_another_is_no_spike() -> None:
    usual = steady(a_day=100)
    old, new = usual.copy(), np.zeros_like(usual)
    new[-2 * DAY :], old[-2 * DAY :] = usual[-2 * DAY :], 0
    replaced = histories_of({Of(model="opus-4-1"): old, Of(model="opus-4-5"): new})

    assert found_in(replaced, last=49) == []


def test_what_has_no_name_is_no_part() -> None:
    spend = {Of(credential="big"): steady(a_day=400), Of(model="haiku"): plus(steady(a_day=2, seed=2), 30, hours=2)}
    found = find_spiking_hours(histories_of(spend), {3: 2}, view())[3]

    assert {f.part for f in found} == {SpendPart(3, "model", "haiku")}


def test_what_another_team_brought_is_set_aside() -> None:
    moved = histories_of({Of(): plus(steady(a_day=40), 100)})

    assert found_in(moved, excluded_spend={3: {THIS_HOUR: 100 * NANOS}}) == []
    assert found_in(moved, excluded_spend={3: {THIS_HOUR: -100 * NANOS}}) == [(0, "total")]


CI_7 = SpendPart(3, "credential", "ci-7")


def test_a_part_is_judged_without_the_calls_that_were_planned_of_another() -> None:
    """Key ci-7 is planned. Its model would spike with it, as another key raises the team's total meanwhile."""
    usual = steady(a_day=2, seed=2)
    spend = {
        Of(credential="big", model="sonnet"): plus(steady(a_day=400), 40, hours=2),
        Of(credential="ci-7", model="opus"): plus(usual, 40, hours=2),
    }
    aside = {3: {THIS_HOUR: 40 * NANOS, THIS_HOUR - 1: 40 * NANOS}}

    assert "opus" in {name for _, name in found_in(histories_of(spend), excluded_spend=aside)}
    found = found_in(histories_of(spend), excluded_spend=aside, expected={3: frozenset({CI_7})})
    assert not {"opus", "ci-7"} & {name for _, name in found}


def test_the_hours_in_which_a_part_was_planned_are_not_judged_afterwards() -> None:
    spend = {
        Of(credential="big"): steady(a_day=400),
        Of(credential="ci-7"): plus(steady(a_day=2, seed=2), 30, hours=2, back=1),
    }
    aside = {CI_7: {THIS_HOUR - 1: 30 * NANOS, THIS_HOUR - 2: 30 * NANOS}}

    assert "ci-7" in {name for _, name in found_in(histories_of(spend), last=3)}
    assert "ci-7" not in {name for _, name in found_in(histories_of(spend), last=3, set_aside=aside)}


def test_an_hour_that_most_teams_share_counts_as_a_week_before() -> None:
    shared = histories_of({Of(): plus(steady(a_day=40), 100, back=1)})

    assert found_in(shared, shared=[THIS_HOUR - 1], last=20) == []


def test_a_negative_correction_makes_nothing_dear() -> None:
    corrected = steady(a_day=40)
    corrected[-30] = -5_000 * NANOS

    assert found_in(histories_of({Of(): corrected}), last=49) == []


def test_what_a_source_held_back_while_it_was_silent_is_no_spike() -> None:
    """Six hours' worth arrives in the seventh, marked as of then."""
    usual = steady(a_day=400)
    lump = usual.copy()
    lump[-8:-2], lump[-2] = 0, usual[-8:-1].sum()
    histories = histories_of({Of(): lump})

    assert found_in(histories) != []
    assert found_in(histories, silent=[(THIS_HOUR - 7, THIS_HOUR - 1)]) == []


def test_a_spike_after_a_silence_is_one() -> None:
    usual = steady(a_day=400)
    lump = plus(usual, 600, back=1)
    lump[-8:-2] = 0

    found = found_in(histories_of({Of(): lump}), silent=[(THIS_HOUR - 7, THIS_HOUR - 1)])

    assert (1, "total") in found


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.timeless
def test_judging_hour_by_hour_finds_what_judging_all_at_once_does(seed: int) -> None:
    chance = np.random.default_rng(seed)
    nanos = steady(a_day=60, seed=seed)
    for _ in range(6):
        nanos = plus(nanos, float(chance.integers(5, 90)), back=int(chance.integers(0, MAX_HOURS)))
    at_once = {
        (f.hour, f.part, f.window_hours)
        for f in find_spiking_hours(histories_of({Of(): nanos}), {3: MAX_HOURS}, view())[3]
    }
    one_by_one: set[tuple[int, SpendPart | None, int]] = set()
    for back in range(MAX_HOURS):
        this_hour = THIS_HOUR - back
        known = histories_of({Of(): nanos[: len(nanos) - back]}, this_hour=this_hour)
        for f in find_spiking_hours(known, {3: 2}, view(this_hour=this_hour)).get(3, []):
            one_by_one |= {(f.hour, f.part, f.window_hours)} if f.hour == this_hour else set()

    assert {hour for hour, _, _ in one_by_one} == {hour for hour, _, _ in at_once}


def test_teams_are_judged_each_for_itself() -> None:
    spend = {Of(team_id=team): steady(a_day=40, seed=team) for team in range(1, 9)}
    spend[Of(team_id=5)] = plus(spend[Of(team_id=5)], 100)
    found = find_spiking_hours(histories_of(spend), {team: team * 3 for team in range(1, 9)}, view())

    assert list(found) == [5]


@pytest.mark.timeless
def test_very_many_teams_and_parts_are_judged_as_each_alone() -> None:
    """Of 120 teams every seventh has a key that runs away, and every eleventh does so itself, some of them two days ago."""
    spend: dict[Of, Any] = {}
    for team in range(1, 121):
        key = steady(a_day=2, seed=500 + team)
        total = steady(a_day=400, seed=team)
        spend[Of(team_id=team, credential="ci")] = plus(key, 30, hours=2, back=team % 3 * 20) if team % 7 == 0 else key
        spend[Of(team_id=team, credential="big")] = plus(total, 900, back=team % 4 * 12) if team % 11 == 0 else total
    wanted = {team: 49 if team % 2 else 2 for team in range(1, 121)}

    together = find_spiking_hours(histories_of(spend), wanted, view())

    alone: dict[int, list[SpikingHour]] = {}
    for team, last in wanted.items():
        alone |= find_spiking_hours(
            histories_of({of: nanos for of, nanos in spend.items() if of.team_id == team}), {team: last}, view()
        )
    assert together == alone
    assert {found[0].part is None for found in together.values()} == {True, False}
    assert len(together) > 12


def test_no_sum_overflows() -> None:
    """Nine million dollars an hour, five weeks long."""
    huge = histories_of({Of(): dollars(*[9_000_000] * HISTORY_HOURS)})

    assert judged_costs(huge, [3], view()).sum(dtype=object) == 9_000_000 * NANOS * HISTORY_HOURS
    assert found_in(huge) == []


def test_a_team_without_hours_is_none_to_speak_of() -> None:
    empty = histories_of({Of(): np.zeros(WEEK, dtype=np.int64)})

    assert find_spiking_hours(empty, {3: 49}, view()) == {}
