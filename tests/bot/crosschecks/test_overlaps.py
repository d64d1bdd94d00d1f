"""Double-reported calls and merely similar ones, in made-up traffic and in the shape of real traces."""

import random
from collections.abc import Callable
from itertools import combinations

import pytest

from bot.crosschecks.overlaps import (
    MIN_NEAR_PERCENT,
    MIN_SHARE_PERCENT,
    MIN_TOKENS,
    NEAR_MICROS,
    ComparedCall,
    overlaps,
)
from bot.periods import MICROS, micros
from tests.support.traffic.azure import TracedCall as Azure
from tests.support.traffic.azure import _made_up
from tests.support.traffic.azure import calls as azure_calls

GATEWAY, SDK = 1, 2


def traffic(source: int, count: int, *, seed: int, model: str = "gpt-4o", cost: int = 10) -> list[ComparedCall]:
    chance = random.Random(seed)
    return [
        ComparedCall(source, n * 1_000_000, model, chance.randrange(1_000, 50_000), chance.randrange(1, 4_000), cost)
        for n in range(count)
    ]


def again(
    calls: list[ComparedCall], source: int, *, late: int = 1_200_000, model: str = "gpt-4o-2024-08-06"
) -> list[ComparedCall]:
    """Returns the same calls as another layer reports them: a little later, with the model's dated name."""
    return [call._replace(source_id=source, at=call.at + late, model=model) for call in calls]


def test_calls_that_two_sources_report_are_found_with_what_they_cost() -> None:
    gateway = traffic(GATEWAY, 500, seed=1)
    (found,) = overlaps([*gateway, *again(gateway[:200], SDK), *traffic(SDK, 100, seed=2)])

    assert (found.first_id, found.second_id, found.twins, found.calls) == (SDK, GATEWAY, 200, 300)
    assert found.cost_nanos == 200 * 10


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        ("two that have nothing in common", [*traffic(GATEWAY, 500, seed=1), *traffic(SDK, 500, seed=2)]),
        ("too few twins to say", [*traffic(GATEWAY, 500, seed=1), *again(traffic(GATEWAY, 19, seed=1), SDK)]),
        (
            "a small part of the smaller one",
            [*traffic(GATEWAY, 900, seed=1), *again(traffic(GATEWAY, 100, seed=1), SDK), *traffic(SDK, 450, seed=2)],
        ),
        (
            "the same contents an hour later: a batch that runs in two places",
            [*traffic(GATEWAY, 500, seed=1), *again(traffic(GATEWAY, 500, seed=1), SDK, late=3_600 * MICROS)],
        ),
        (
            "other models of the same sizes",
            [*traffic(GATEWAY, 500, seed=1), *again(traffic(GATEWAY, 500, seed=1), SDK, model="gpt-5-mini")],
        ),
        (
            "health checks of both, each a few tokens",
            [ComparedCall(s, n * MICROS, "gpt-4o", 8 + n % 60, 1, 0) for n in range(3_600) for s in (GATEWAY, SDK)],
        ),
        (
            "health checks of both, each of one size",
            [ComparedCall(s, n * MICROS, "gpt-4o", 4_000, 16, 0) for n in range(3_600) for s in (GATEWAY, SDK)],
        ),
        (
            "thirty fixed questions, asked by the probes of both at every full minute",
            [
                ComparedCall(s, (minute * 60 + s) * MICROS, "gpt-4o", 1_000 + question, 50, 0)
                for minute in range(10)
                for question in range(30)
                for s in (GATEWAY, SDK)
            ],
        ),
        (
            "a job that repeats another source's calls later, a third of them by chance at once",
            [
                *(g := traffic(GATEWAY, 500, seed=1)),
                *again(g[:30], SDK),
                *again(g[30:100], SDK, late=900 * MICROS),
            ],
        ),
        ("one source that reports calls twice by itself", [*(g := traffic(GATEWAY, 500, seed=1)), *again(g, GATEWAY)]),
        ("nothing", []),
    ],
)
def test_similar_calls_are_no_overlap(name: str, calls: list[ComparedCall]) -> None:
    assert overlaps(calls) == [], name


@pytest.mark.parametrize("sources", [2, 5])
@pytest.mark.parametrize("trace", [azure_calls, _made_up], ids=["the traces, if they were fetched", "their shape"])
@pytest.mark.timeless
def test_innocent_sources_of_real_traffic_never_look_doubled(trace: Callable[[], list[Azure]], sources: int) -> None:
    """Azure's traces, all as one model (the worst case), are dealt to innocent sources at random, five times.

    Real callers repeat themselves at once, so every pair has some twins: far more than the minimum number (107 of
    13,800), but under a fiftieth of a source, where the minimum is a fifth.
    """
    traced = [c for c in trace() if c.context + c.generated >= MIN_TOKENS]
    for seed in range(5):
        chance = random.Random(seed)
        dealt = [
            ComparedCall(chance.randrange(sources), micros(c.at), "gpt-4o", c.context, c.generated, 0) for c in traced
        ]

        assert overlaps(dealt) == []
        assert twins_by_chance(dealt) * 50 < len(dealt) // sources
        assert MIN_SHARE_PERCENT == 20


def twins_by_chance(calls: list[ComparedCall]) -> int:
    """Returns the twins of the most similar pair without a minimum share."""
    by_content: dict[tuple[int, int], list[ComparedCall]] = {}
    for call in calls:
        by_content.setdefault((call.tokens_in, call.tokens_out), []).append(call)
    pairs: dict[tuple[int, int], int] = {}
    for same in by_content.values():
        if len({call.source_id for call in same}) == len(same):
            for one, other in combinations(sorted(same), 2):
                if abs(one.at - other.at) <= NEAR_MICROS:
                    pairs[one.source_id, other.source_id] = pairs.get((one.source_id, other.source_id), 0) + 1
    return max(pairs.values(), default=0)


def test_real_traffic_that_is_instrumented_twice_is_found_through_the_noise() -> None:
    """The gateway reports every call of a trace, and an SDK a third of them, up to two seconds later."""
    chance = random.Random(3)
    gateway = [ComparedCall(GATEWAY, micros(c.at), "gpt-4o", c.context, c.generated, 5) for c in azure_calls()]
    doubled = [
        call._replace(source_id=SDK, at=call.at + chance.randrange(-2 * MICROS, 2 * MICROS))
        for call in gateway
        if chance.random() < 0.33
    ]

    (found,) = overlaps([*gateway, *doubled])

    assert (found.first_id, found.second_id) == (SDK, GATEWAY)
    assert found.twins > len(doubled) // 2
    assert found.twins * 100 > found.calls * MIN_NEAR_PERCENT
