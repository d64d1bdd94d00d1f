"""Rules of twins: any order, batching and repetition of records ends at the same calls."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.intake.twins.calls import calls_of, fullness, merged, same_key_is_one_call
from bot.intake.twins.grouping import Grouping, in_order
from bot.intake.twins.index import Batch, TwinIndex
from bot.intake.twins.sightings import MOST_END_GAP_MICROS, MOST_START_GAP_MICROS, Sighting, are_twins, sighting_of
from bot.usage import UsageEvent
from tests.bench.twins.simulation import simulate, take
from tests.support.traffic.twins import SECOND, TRACER, outer, parsed, told

MILLISECOND = SECOND // 1_000


def event(record: Any) -> UsageEvent:
    ((_, found),) = parsed(record).events
    return found


def seen(record: Any) -> Sighting:
    found = sighting_of(1, event(record))
    assert found is not None
    return found


@st.composite
def records(draw: st.DrawFn) -> list[Any]:
    """Records of a few calls with equal counts, each call told by one to three instrumentations."""
    found: list[Any] = []
    for call in range(1, draw(st.integers(2, 5))):
        response = f"msg_{call}" if draw(st.booleans()) else ""
        trace = 1_000 * call if draw(st.booleans()) else 0
        found.append(told(call=call, response=response, parent=2 if trace else 0, trace=trace))
        if draw(st.booleans()):
            found.append(outer(call=call, trace=trace))
        if response and draw(st.booleans()):
            found.append(told(TRACER, call=call, span=3, response=response, full=False))
        if response and draw(st.booleans()):
            found.append(
                told(
                    call=call, response=response, parent=2 if trace else 0, trace=trace, gen_ai__usage__output_tokens=7
                )
            )
    return found


@settings(max_examples=60, deadline=None)
@given(records(), st.randoms(use_true_random=False), st.integers(1, 4))
def test_any_order_batching_and_repetition_ends_at_the_same_calls(found: list[Any], random: Any, size: int) -> None:
    def books(bodies: list[list[Any]]) -> tuple[list[UsageEvent], list[list[bytes]]]:
        events = [event for body in bodies for _, event in parsed(*body).events]
        index, grouping = TwinIndex(), Grouping()
        known = set[Sighting]()
        for number, body in enumerate(bodies):
            new = {one for one in (sighting_of(1, event) for _, event in parsed(*body).events) if one is not None}
            take(index, grouping, list(new - known), number)
            known |= new
        groups = sorted(sorted({one.key for one in call}) for call in grouping.calls)
        return sorted(calls_of(events), key=lambda call: call.key), groups

    shuffled = [*found, *random.sample(found, len(found) // 2)]
    random.shuffle(shuffled)
    bodies = [shuffled[at : at + size] for at in range(0, len(shuffled), size)]
    together, groups = books([found])

    assert books(bodies) == (together, groups)
    assert len(together) == len({one.labels.model + str(one.occurred_at // 60_000_000) for one in together})


def test_a_call_has_the_split_of_its_fullest_record_and_what_the_others_alone_know() -> None:
    full = event(told(response="msg_1"))
    thin = event(
        outer(
            full=False, gen_ai__usage__cost=0.5, user__id="anna@acme.test", gen_ai__usage__reasoning__output_tokens=50
        )
    )
    call = merged([thin, full])

    assert merged([full, thin]) == call
    assert (call.cache_write_1h, call.output, call.reasoning, call.reported_nanos) == (600, 200, 50, 500_000_000)
    assert (call.key, call.labels.user, full.labels.user) == (full.key, "anna@acme.test", "")
    assert fullness(full) > fullness(thin)


@pytest.mark.parametrize(
    ("changed", "is_one"),
    [
        ({"output": 300}, True),
        ({"output": 100}, True),
        ({"output": 300, "cache_read": 1}, False),
        ({"uncached_input": 1}, False),
        ({"reported_nanos": 5}, True),
    ],
)
def test_counts_of_one_instrumentation_may_only_grow(changed: dict[str, int], *, is_one: bool) -> None:
    first = event(told(response="msg_1"))
    assert same_key_is_one_call(first, replace(first, **changed)) is is_one
    assert not same_key_is_one_call(replace(first, twin_hint=None), replace(first, **changed))


def test_a_cost_that_falls_is_a_conflict_and_one_of_another_instrumentation_is_none() -> None:
    dear = event(told(response="msg_1", gen_ai__usage__cost=2.0))
    cheap = event(told(response="msg_1", gen_ai__usage__cost=1.0))
    other = event(told(TRACER, response="msg_1", gen_ai__usage__cost=1.0))

    assert not same_key_is_one_call(dear, cheap)
    assert same_key_is_one_call(dear, other)


def test_the_times_of_twins_are_close_at_both_ends() -> None:
    inner = seen(told())
    wide = seen(outer(begins=-(MOST_START_GAP_MICROS + 1) * 1000, lasts=20 * SECOND))
    late = seen(outer(lasts=2 * SECOND + SECOND // 10 + (MOST_END_GAP_MICROS + 1) * 1000))

    assert are_twins(inner, seen(outer()))
    assert not are_twins(inner, wide)
    assert not are_twins(inner, late)
    wrapper = seen(outer())
    assert not are_twins(inner, wrapper._replace(process=2))
    assert not are_twins(inner, wrapper._replace(model=2))
    assert not are_twins(inner, wrapper._replace(tokens_in=2))
    assert not are_twins(inner, wrapper._replace(source=2))
    assert not are_twins(inner, seen(outer())._replace(scope=inner.scope))


def test_an_index_forgets_the_oldest_and_keeps_the_marks_of_responses_longer() -> None:
    index = TwinIndex(recent=4, most=8)
    calls = [
        [seen(told(call=number, response=f"msg_{number}")), seen(told(call=number, span=9, response=f"msg_x{number}"))]
        for number in range(1, 11)
    ]
    for number, call in enumerate(calls):
        index.add(Batch.of(call, token=number, received_at=number))

    def found(call: int) -> list[tuple[int, bool]]:
        asked = Batch.of([seen(told(TRACER, call=call, span=5, response=f"msg_{call}"))], token=99, received_at=0)
        return sorted({(one.token, one.other is None) for one in index.find(asked)})

    assert found(10) == [(9, False)]
    assert found(7) == [(6, True)]
    assert found(1) == []
    assert 9 in index
    assert 0 not in index
    index.age(before=100)
    assert found(10) == [(9, True)]


def test_among_simulated_calls_with_equal_prompts_hardly_any_is_merged_or_missed() -> None:
    found = simulate(calls=4_000, seed=3)

    assert found.twins > 2_000
    assert found.missed * 1_000 <= found.twins
    assert found.merged == 0
    assert found.is_good


def test_a_record_belongs_to_the_call_whose_end_is_nearer_however_late_its_wrapper_handed_over() -> None:
    """Two equal calls of replicas: the first wrapper loaded its modules for most of a second before its call began."""
    first = seen(told(begins=250 * MILLISECOND))
    second = seen(told(span=3, begins=900 * MILLISECOND, lasts=1_590 * MILLISECOND))
    wraps = [
        seen(outer(begins=-650 * MILLISECOND, lasts=2_906 * MILLISECOND)),
        seen(outer(span=4, begins=0, lasts=2_500 * MILLISECOND)),
    ]

    for order in permutations([first, second, *wraps]):
        grouping = Grouping()
        grouping.know([one] for one in order)
        for one in in_order(order):
            grouping.join(one, [other for other in order if other.id != one.id])
        assert {frozenset(member.id for member in call) for call in grouping.calls} == {
            frozenset({first.id, wraps[0].id}),
            frozenset({second.id, wraps[1].id}),
        }
