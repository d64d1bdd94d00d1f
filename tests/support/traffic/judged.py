"""The judge of real bodies: whether the books say what the model's API reported, call by call and to the dollar."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.support.traffic.real_bodies import BILLED, Call, RealCase

_SHARE = 1000
"""A cost may be off by a thousandth."""


class Booked(NamedTuple):
    """What the books have of a call."""

    counters: tuple[int, ...]
    nanos: int
    basis: str


def faults_of(case: RealCase, booked: Sequence[Booked]) -> list[str]:
    """Returns what is wrong in the books of a case, in words."""
    found = [call for call in booked if call.basis != "failed" or any(call.counters) or call.nanos]
    if case.tells_sums:
        return list(_faults_of_sums(case.calls, found))
    if len(found) != len(case.calls):
        return [f"{len(found)} calls for {len(case.calls)}: {found}"]
    return list(_faults_of_counters(case.calls, found)) or list(_faults_of_costs(case.calls, found))


def _faults_of_counters(expected: Sequence[Call], found: Sequence[Booked]) -> Iterator[str]:
    right = Counter(call.counters for call in expected if call.counters is not None)
    wrong = Counter(call.counters for call in found)
    missing, strange = list((right - wrong).elements()), list((wrong - right).elements())
    uncounted = sum(call.counters is None for call in expected)
    if missing or len(strange) != uncounted:
        yield f"{', '.join(BILLED)}: {missing} are booked as {strange}"


def _faults_of_costs(expected: Sequence[Call], found: Sequence[Booked]) -> Iterator[str]:
    """Yields wrong costs. The calls are equal but for their costs, so each has the place of its equal."""
    known = {call.counters for call in expected}
    for right, booked in zip(
        sorted(expected, key=lambda call: (call.counters or (), call.nanos or 0)),
        sorted(found, key=lambda call: (call.counters if call.counters in known else (), call.nanos)),
        strict=True,
    ):
        if right.nanos is None:
            if booked.basis not in ("unpriced", "book"):
                yield f"a cost that only a price book can know is booked as {booked}"
        elif abs(booked.nanos - right.nanos) * _SHARE > right.nanos:
            yield f"${right.nanos / 10**9:.9f} is booked as {booked}"


def _faults_of_sums(expected: Sequence[Call], found: Sequence[Booked]) -> Iterator[str]:
    right = [sum(column) for column in zip(*(call.counters or (0,) * len(BILLED) for call in expected), strict=True)]
    booked = [sum(column) for column in zip(*(call.counters for call in found), strict=True)]
    if right != booked:
        yield f"{', '.join(BILLED)}: {right} are booked as {booked}"
    cost, nanos = sum(call.nanos or 0 for call in expected), sum(call.nanos for call in found)
    if abs(nanos - cost) * _SHARE > cost:
        yield f"${cost / 10**9:.9f} is booked as ${nanos / 10**9:.9f}"
