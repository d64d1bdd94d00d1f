"""Raises of limits: which count for which part, and how long."""

from dataclasses import replace

import pytest

from bot.books.gatekeeping.limit_raises import LimitRaise, raised_nanos
from bot.books.gatekeeping.parts import Part

EVALS = Part(kind="workflow", pattern="evals", amount_nanos=100)
ANNA = Part(kind="person", pattern="anna@acme.test", amount_nanos=100, person_ids=frozenset({7, 8}))
RAISE = LimitRaise(
    request_id=1,
    team_id=3,
    kind="workflow",
    ref="workflow:evals",
    amount_nanos=40,
    declared_nanos=100,
    period="2026-11",
    ends_at=None,
    made_at=5,
)
UNTIL = replace(RAISE, request_id=2, period="", ends_at=50, amount_nanos=5)
OPEN = replace(RAISE, request_id=3, period="", amount_nanos=1)


@pytest.mark.parametrize(
    ("period", "at", "nanos"), [("2026-11", 10, 46), ("2026-12", 10, 6), ("2026-12", 50, 1), ("2026-11", 50, 41)]
)
def test_each_counts_as_long_as_it_was_granted(period: str, at: int, nanos: int) -> None:
    assert raised_nanos([RAISE, UNTIL, OPEN], EVALS, period=period, at=at) == nanos


def test_a_new_declared_limit_ends_what_was_raised_from_then_on() -> None:
    declared = replace(EVALS, amount_nanos=120)

    assert raised_nanos([RAISE, UNTIL, OPEN], declared, period="2026-11", at=10) == 45


def test_other_parts_and_other_people_get_nothing() -> None:
    own = replace(RAISE, kind="member", ref="8")

    assert raised_nanos([RAISE], replace(EVALS, pattern="evals2"), period="2026-11", at=1) == 0
    assert raised_nanos([RAISE], ANNA, period="2026-11", at=1) == 0
    assert raised_nanos([own], ANNA, period="2026-11", at=1) == 40
    assert raised_nanos([replace(own, ref="9")], ANNA, period="2026-11", at=1) == 0
    assert raised_nanos([own], EVALS, period="2026-11", at=1) == 0
    assert raised_nanos([replace(RAISE, kind="key", ref="workflow:evals")], EVALS, period="2026-11", at=1) == 0
