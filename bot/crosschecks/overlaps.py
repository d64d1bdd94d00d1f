"""Two metering sources that seem to report the same calls, told apart from two that are merely alike.

Ids of different layers rarely meet (a gateway's, the provider's response, a span), so calls are compared by what they are:
the model, the whole input and the output, within five seconds. A content that a source has more than once says nothing
(health checks, embeddings of one size), and neither does a tiny call. Chance makes a pair of innocent sources share a
content now and then, at any distance in time; a doubled call has its twin at once. So a pair has to have many twins, they
have to be a good part of the smaller source, and most of what the two share has to be twins.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from bot.costs.model_names import plain_model
from bot.periods import MICROS

NEAR_MICROS = 5 * MICROS
MIN_TOKENS = 100
"""Calls of fewer tokens are not compared: many of them are alike."""
MIN_TWINS = 20
MIN_SHARE_PERCENT = 20
"""Of the smaller source's calls that say something."""
MIN_NEAR_PERCENT = 75
"""Of the contents that both have. Chance spreads them over the whole time looked at."""
REPEAT_AFTER_DAYS = 30


class ComparedCall(NamedTuple):
    """A booked call, as far as it is compared. `tokens_in` is the whole input, cached or not."""

    source_id: int
    at: int
    model: str
    tokens_in: int
    tokens_out: int
    cost_nanos: int
    team_id: int = 0
    """Where it counts; two of a pair are compared whatever their teams are."""


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Two sources, `first_id` the smaller one: how many of its `calls` have a twin in the other, and what these cost in it."""

    first_id: int
    second_id: int
    twins: int
    calls: int
    cost_nanos: int


_TwinPair = tuple[ComparedCall, ComparedCall]


def overlaps(calls: Iterable[ComparedCall]) -> list[Overlap]:
    """The pairs of sources that seem to report the same calls."""
    return [found for found, _ in _found(calls)]


def double_reported_calls(calls: Iterable[ComparedCall]) -> list[ComparedCall]:
    """The calls that a larger source reports as well, each once however many do."""
    found: dict[int, ComparedCall] = {}
    for overlap, twins in _found(calls):
        found |= {id(call): call for both in twins for call in both if call.source_id == overlap.first_id}
    return list(found.values())


def _found(calls: Iterable[ComparedCall]) -> list[tuple[Overlap, list[_TwinPair]]]:
    """The pairs of sources, each with its twins."""
    contents: dict[tuple[str, int, int], dict[int, ComparedCall]] = {}
    repeated: set[tuple[str, int, int]] = set()
    for call in calls:
        if call.tokens_in + call.tokens_out < MIN_TOKENS:
            continue
        content = (plain_model(call.model), call.tokens_in, call.tokens_out)
        if contents.setdefault(content, {}).setdefault(call.source_id, call) is not call:
            repeated.add(content)
    telling: dict[int, int] = {}
    shared: dict[tuple[int, int], list[_TwinPair]] = {}
    for content, by_source in contents.items():
        if content in repeated:
            continue
        for source_id in by_source:
            telling[source_id] = telling.get(source_id, 0) + 1
        for pair in combinations(sorted(by_source), 2):
            shared.setdefault(pair, []).append((by_source[pair[0]], by_source[pair[1]]))
    judged = (_judged(pair, both, telling) for pair, both in sorted(shared.items()))
    return [found for found in judged if found is not None]


def _judged(
    pair: tuple[int, int], both: list[_TwinPair], telling: dict[int, int]
) -> tuple[Overlap, list[_TwinPair]] | None:
    twins = [calls for calls in both if abs(calls[0].at - calls[1].at) <= NEAR_MICROS]
    small, large = sorted(pair, key=lambda source_id: (telling[source_id], source_id))
    count = len(twins)
    if (
        count < MIN_TWINS
        or count * 100 < telling[small] * MIN_SHARE_PERCENT
        or count * 100 < len(both) * MIN_NEAR_PERCENT
    ):
        return None
    cost = sum(call.cost_nanos for calls in twins for call in calls if call.source_id == small)
    return Overlap(first_id=small, second_id=large, twins=count, calls=telling[small], cost_nanos=cost), twins
