"""Plans of a team's caps: the rooms are together never more than what is available, at any moment of the writes."""

from hypothesis import given
from hypothesis import strategies as st

from bot.crosschecks.cap_plans import PlannedTarget, free_to_raise, is_near, plan_caps
from bot.crosschecks.caps import CENT_NANOS
from bot.crosschecks.gateway_caps import UNLIMITED
from bot.money import NANOS

AMOUNTS = st.integers(0, 10_000 * NANOS)


@st.composite
def targets(draw: st.DrawFn) -> list[PlannedTarget]:
    """Targets as a gateway that follows has them, and such that nobody knows or nobody limits."""
    return [
        PlannedTarget(
            id=number,
            cap_nanos=draw(AMOUNTS | st.none() | st.just(UNLIMITED)),
            spent_nanos=draw(AMOUNTS),
            is_fixed=draw(st.booleans()),
            is_exact=True,
        )
        for number in range(draw(st.integers(1, 5)))
    ]


@given(targets(), AMOUNTS)
def test_rooms_are_together_at_most_what_is_available(given: list[PlannedTarget], available: int) -> None:
    plan = plan_caps(given, available_nanos=available)

    rooms = [max(plan.wanted[t.id] - t.spent_nanos, 0) for t in given if t.id in plan.wanted]
    taken = sum(t.room_nanos for t in given if t.is_fixed and t.cap_nanos not in (None, UNLIMITED))
    assert sum(rooms) <= max(available - taken, 0)
    assert all(cap >= 0 and cap % CENT_NANOS == 0 for cap in plan.wanted.values())
    assert not {t.id for t in given if t.is_fixed} & {*plan.lower, *plan.higher}


@given(targets(), AMOUNTS, st.data())
def test_a_cap_that_does_not_go_down_leaves_the_others_what_is_left(
    given: list[PlannedTarget], available: int, data: st.DataObject
) -> None:
    plan = plan_caps(given, available_nanos=available)
    lowered = {i: plan.wanted[i] for i in plan.lower if data.draw(st.booleans())}
    now = {t.id: lowered.get(t.id, t.cap_nanos) for t in given}
    raised = free_to_raise(plan, given, caps_now=now, available_nanos=available)

    assert raised.keys() <= set(plan.higher)
    spent = {t.id: t.spent_nanos for t in given}
    before = sum(max(cap - spent[i], 0) for i, cap in now.items() if cap is not None and cap != UNLIMITED)
    after_caps = {**now, **raised}
    after = sum(max(cap - spent[i], 0) for i, cap in after_caps.items() if cap is not None and cap != UNLIMITED)
    assert after <= max(available, before)
    assert all(raised[i] > (now[i] or 0) for i in raised)


@given(AMOUNTS, AMOUNTS)
def test_one_target_gets_its_spend_and_all_that_is_available_to_the_cent(spent: int, available: int) -> None:
    plan = plan_caps([PlannedTarget(id=1, cap_nanos=None, spent_nanos=spent)], available_nanos=available)

    assert 0 <= spent + available - plan.wanted[1] < CENT_NANOS


def test_use_decides_two_thirds_and_the_rest_is_even() -> None:
    used = [PlannedTarget(id=n, cap_nanos=0, spent_nanos=spent * NANOS) for n, spent in ((1, 300), (2, 0))]

    assert plan_caps(used, available_nanos=600 * NANOS).wanted == {1: 800 * NANOS, 2: 100 * NANOS}


def test_a_mere_look_leaves_what_is_near_and_writes_all_where_one_is_not() -> None:
    def target(number: int, cap: float) -> PlannedTarget:
        return PlannedTarget(id=number, cap_nanos=int(cap * NANOS), spent_nanos=0, is_exact=False)

    near = plan_caps([target(1, 50.2), target(2, 49.9)], available_nanos=100 * NANOS)
    far = plan_caps([target(1, 51), target(2, 49.9)], available_nanos=100 * NANOS)

    assert (near.lower, near.higher) == ((), ())
    assert (far.lower, far.higher) == ((1,), (2,))
    assert is_near(target(1, 45), 50 * NANOS)
    assert not is_near(target(1, 44.9), 50 * NANOS)
    assert not is_near(target(1, 50.6), 50 * NANOS)


def test_the_lowering_comes_before_the_raising() -> None:
    plan = plan_caps(
        [PlannedTarget(id=n, cap_nanos=cap * NANOS, spent_nanos=0) for n, cap in ((1, 0), (2, 900))],
        available_nanos=100 * NANOS,
    )

    assert (plan.lower, plan.higher) == ((2,), (1,))
