"""Running sums: each token is booked once, whatever is lost, repeated, late or begun again."""

from collections.abc import Iterable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intake.running_sums import SumState, advanced, event_of
from bot.usage import Labels, RunningSum, UsageEvent

EVENT = UsageEvent(
    key=b"", fingerprint=b"", event_id="input", occurred_at=0, labels=Labels(model="m"), uncached_input=0, cache_read=0,
    cache_write_5m=0, cache_write_1h=0, output=0, reasoning=0, reported_nanos=None, failed=False, gateway_cache=False,
    notional=False,
)  # fmt: skip
RUNNING = RunningSum(stream=b"s", counter="output", value=0, at=0, event=EVENT)


def booked(values: Iterable[tuple[int, int]]) -> list[UsageEvent]:
    """Returns the events of values at times, each booked before the next comes."""
    state, events = SumState(), []
    for value, at in values:
        after = advanced(state, value, at)
        if after is not None:
            events.append(event_of(RUNNING, after))
            state = after.settled
    return events


@pytest.mark.parametrize(
    ("values", "used"),
    [
        ([(100, 1)], [100]),
        ([(100, 1), (150, 2), (170, 3)], [100, 50, 20]),
        ([(100, 1), (170, 3)], [100, 70]),
        ([(100, 1), (100, 1), (100, 2)], [100]),
        ([(170, 3), (100, 1), (150, 2)], [170]),
        ([(100, 1), (30, 2), (40, 3)], [100, 30, 10]),
        ([(100, 1), (0, 2), (40, 3)], [100, 40]),
        ([(100, 1), (30, 2), (100, 3), (20, 4)], [100, 30, 70, 20]),
        ([(0, 1)], []),
    ],
)
def test_what_was_used_is_the_difference_to_what_is_booked(values: list[tuple[int, int]], used: list[int]) -> None:
    events = booked(values)

    assert [event.output for event in events] == used
    assert len({event.key for event in events}) == len(events)


def test_a_step_that_may_be_booked_already_stays_the_same_event() -> None:
    claimed = advanced(SumState(), 100, 1)
    assert claimed is not None

    again = advanced(claimed, 150, 2)

    assert again == claimed
    assert event_of(RUNNING, claimed) == event_of(RUNNING, claimed)
    assert (event_of(RUNNING, claimed).occurred_at, claimed.settled) == (1, SumState(100, 1))
    after = advanced(claimed.settled, 150, 2)
    assert after is not None
    assert event_of(RUNNING, after).output == 50


@given(st.lists(st.integers(0, 10**9), max_size=12), st.randoms(use_true_random=False), st.data())
def test_any_order_with_repeats_and_losses_never_books_more_than_a_counter_has(
    used: list[int], shuffled: Random, data: st.DataObject
) -> None:
    values = [(sum(used[: at + 1]), at + 1) for at in range(len(used))]
    sent = [*values, *values]
    shuffled.shuffle(sent)
    kept = data.draw(st.lists(st.sampled_from(sent), max_size=20)) if sent else []

    assert sum(event.output for event in booked(kept)) == max((value for value, _ in kept), default=0)
    assert sum(event.output for event in booked([*kept, *values])) == sum(used)
