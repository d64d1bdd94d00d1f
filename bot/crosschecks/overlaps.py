"""Overlaps: two metering sources that appear to report the same calls.

Ids of different layers rarely match: a gateway's, the provider's response, a span. So calls are compared by model, whole
input and output within five seconds. A content that one source has twice proves nothing (health checks, embeddings of one
size), nor does a tiny call. By chance, innocent sources share a content now and then, at any time distance; a
double-reported call has its twin at once. So an overlap needs many twins, a good part of the smaller source's calls, and
twins among most shared contents.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from bot.costs.model_names import plain_model
from bot.periods import MICROS

NEAR_MICROS = 5 * MICROS
MIN_TOKENS = 100
"""Calls with fewer tokens are not compared, because many are alike."""
MIN_TWINS = 20
MIN_SHARE_PERCENT = 20
"""Of the smaller source's comparable calls."""
MIN_NEAR_PERCENT = 75
"""Of the contents that both sources have. Chance spreads these over the whole time compared."""
REPEAT_AFTER_DAYS = 30


class ComparedCall(NamedTuple):
    """A booked call with the fields that are compared. `tokens_in` is the whole input, cached or not."""

    source_id: int
    at: int
    model: str
    tokens_in: int
    tokens_out: int
    cost_nanos: int
    team_id: int = 0
    """The team it counts for; twins are compared across teams."""


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Two overlapping sources, `first_id` the smaller. `twins` of its `calls` have a twin in the other source and cost
    `cost_nanos` in the smaller.
    """

    first_id: int
    second_id: int
    twins: int
    calls: int
    cost_nanos: int


_TwinPair = tuple[ComparedCall, ComparedCall]


def overlaps(calls: Iterable[ComparedCall]) -> list[Overlap]:
    """Returns the pairs of sources that appear to report the same calls."""
    return [overlap for overlap, _ in _overlapping_pairs(calls)]


def double_reported_calls(calls: Iterable[ComparedCall]) -> list[ComparedCall]:
    """Returns the calls that a larger source also reports, each once."""
    doubled: dict[int, ComparedCall] = {}
    for overlap, twins in _overlapping_pairs(calls):
        doubled |= {id(call): call for both in twins for call in both if call.source_id == overlap.first_id}
    return list(doubled.values())


def _overlapping_pairs(calls: Iterable[ComparedCall]) -> list[tuple[Overlap, list[_TwinPair]]]:
    """Returns the overlapping pairs of sources, each with its twins."""
    contents: dict[tuple[str, int, int], dict[int, ComparedCall]] = {}
    repeated: set[tuple[str, int, int]] = set()
    for call in calls:
        if call.tokens_in + call.tokens_out < MIN_TOKENS:
            continue
        content = (plain_model(call.model), call.tokens_in, call.tokens_out)
        if contents.setdefault(content, {}).setdefault(call.source_id, call) is not call:
            repeated.add(content)
    comparable: dict[int, int] = {}
    shared: dict[tuple[int, int], list[_TwinPair]] = {}
    for content, by_source in contents.items():
        if content in repeated:
            continue
        for source_id in by_source:
            comparable[source_id] = comparable.get(source_id, 0) + 1
        for pair in combinations(sorted(by_source), 2):
            shared.setdefault(pair, []).append((by_source[pair[0]], by_source[pair[1]]))
    judged = (_judged(pair, both, comparable) for pair, both in sorted(shared.items()))
    return [overlap for overlap in judged if overlap is not None]


def _judged(
    pair: tuple[int, int], both: list[_TwinPair], comparable: dict[int, int]
) -> tuple[Overlap, list[_TwinPair]] | None:
    twins = [calls for calls in both if abs(calls[0].at - calls[1].at) <= NEAR_MICROS]
    small, large = sorted(pair, key=lambda source_id: (comparable[source_id], source_id))
    count = len(twins)
    if (
        count < MIN_TWINS
        or count * 100 < comparable[small] * MIN_SHARE_PERCENT
        or count * 100 < len(both) * MIN_NEAR_PERCENT
    ):
        return None
    cost = sum(call.cost_nanos for calls in twins for call in calls if call.source_id == small)
    return Overlap(first_id=small, second_id=large, twins=count, calls=comparable[small], cost_nanos=cost), twins
