"""A team's keys, models and workflows are judged with higher bars, and make one incident with its total."""

import numpy as np

from bot.detection.spike_hours import Ints
from bot.detection.spikes import SpikeJudgement, judge
from bot.money import NANOS
from bot.spike_parts import Part, judge_parts, speaking
from tests.bot.detection.test_spikes import MONDAY, WEEK, office, with_dollars

CI = Part(dimension="credential", name="ci-7")
CHAT = Part(dimension="credential", name="chat")
HAIKU = Part(dimension="model", name="haiku")
HOURS = 5 * WEEK + 12


def last(cost: Ints) -> Ints:
    return cost[:HOURS]


def judged(team: Ints, parts: dict[Part, Ints]) -> tuple[SpikeJudgement, Part | None]:
    return speaking(judge(last(team), first_hour=MONDAY), judge_parts(parts, end_hour=MONDAY + HOURS))


def test_a_small_keys_loop_is_seen_in_a_big_team_that_hides_it() -> None:
    big, key = office(weeks=6, dollars_a_day=900.0), office(weeks=6, dollars_a_day=4.0, seed=2)
    looping = with_dollars(key, HOURS - 1, 1, 30)

    judgement, part = judged(big + looping, {CI: last(looping), CHAT: last(big)})

    assert not judge(last(big + looping), first_hour=MONDAY).spike
    assert judgement.spike
    assert part == CI
    assert 28 * NANOS < judgement.excess_nanos < 31 * NANOS


def test_the_total_speaks_and_names_the_part_that_is_most_of_it() -> None:
    chat, key = office(weeks=6), office(weeks=6, dollars_a_day=4.0, seed=2)
    looping = with_dollars(key, HOURS - 1, 1, 150)

    judgement, part = judged(chat + looping, {HAIKU: last(looping), CI: last(looping), CHAT: last(chat)})

    assert judgement == judge(last(chat + looping), first_hour=MONDAY)
    assert part == CI


def test_a_part_has_a_bar_a_quarter_higher() -> None:
    flat = np.full(6 * WEEK, 4 * NANOS)
    alone = with_dollars(flat, HOURS - 1, 1, 6)

    team = judge(last(alone), first_hour=MONDAY)
    part = judge_parts({CI: last(alone)}, end_hour=MONDAY + HOURS)[CI]

    assert team.bar_nanos is not None
    assert part.bar_nanos == round(1.25 * team.bar_nanos)
    assert (team.score >= 1, part.spike) == (team.spike, part.score >= 1.25)
    assert team.score == part.score


def test_an_unremarkable_team_without_parts_is_itself() -> None:
    cost = office(weeks=6)

    judgement, part = judged(cost, {})

    assert not judgement.spike
    assert part is None


def test_a_part_that_is_little_of_a_spike_is_not_blamed_for_it() -> None:
    chat, key = office(weeks=6), office(weeks=6, dollars_a_day=4.0, seed=2)
    team = with_dollars(chat + with_dollars(key, HOURS - 1, 1, 40), HOURS - 1, 1, 400)

    judgement, part = judged(team, {CI: last(with_dollars(key, HOURS - 1, 1, 40))})

    assert judgement.spike
    assert part is None
