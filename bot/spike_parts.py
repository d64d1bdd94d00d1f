"""One incident per team: what its credentials, models and workflows say is joined to what its total says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bot.detection.spike_hours import HISTORY_HOURS, Ints
from bot.detection.spikes import PART_BAR, SpikeJudgement, judge_many


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a part of a team's cost goes to."""

    dimension: Literal["credential", "model", "workflow"]
    name: str


def judge_parts(series: Mapping[Part, Ints], *, end_hour: int) -> dict[Part, SpikeJudgement]:
    """The last hour of each part: nano-dollars per hour from the part's first cost, each ending before `end_hour`.

    Their bars are a quarter higher than a team's.
    """
    if not series:
        return {}
    rows = np.zeros((len(series), HISTORY_HOURS), dtype=np.int64)
    for row, cost_nanos in zip(rows, series.values(), strict=True):
        kept = cost_nanos[-HISTORY_HOURS:]
        row[HISTORY_HOURS - len(kept) :] = kept
    known = np.array([len(cost_nanos) for cost_nanos in series.values()])
    judged = judge_many(rows, known_hours=known, first_hour=end_hour - HISTORY_HOURS, bar=PART_BAR)
    return dict(zip(series, judged, strict=True))


def speaking(team: SpikeJudgement, parts: Mapping[Part, SpikeJudgement]) -> tuple[SpikeJudgement, Part | None]:
    """The judgement that stands for a team, and the part it is put down to.

    The total speaks if it spikes. It names the part that spikes with the largest excess, if that is half of its own at
    least. If parts alone spike, the one with the largest excess speaks. Keys, models and workflows overlap: of equal
    ones the first dimension that says most, a key before a workflow before a model, is named.
    """
    spiking = [(part, judged) for part, judged in parts.items() if judged.spike]
    if not spiking:
        return team, None
    part, judged = max(spiking, key=lambda found: (found[1].excess_nanos, *_says_most(found[0])))
    if not team.spike:
        return judged, part
    return team, part if judged.excess_nanos * 2 >= team.excess_nanos else None


def _says_most(part: Part) -> Iterable[int]:
    return (("model", "workflow", "credential").index(part.dimension),)
