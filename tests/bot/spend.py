"""Teams' hours of spend, made of series, for tests of what is found in them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from bot.detection.detector.spike_hours import HISTORY_HOURS
from bot.detection.histories import Histories, History, Ints, PartKind
from bot.detection.sweeps import SweepView
from bot.money import NANOS

THIS_HOUR = int(datetime(2026, 11, 23, 15, tzinfo=UTC).timestamp()) // 3600
"""A Monday afternoon, still open."""
DAY, WEEK = 24, 168


class Of(NamedTuple):
    """What a series is of."""

    team_id: int = 3
    credential: str = ""
    model: str = "opus"
    workflow: str = ""
    tool: str = "Claude Code"
    person: str = "7"


def histories_of(spend: Mapping[Of, Ints], *, this_hour: int = THIS_HOUR) -> Histories:
    """Histories in which each series has these nano-dollars in the hours up to this one."""
    histories = Histories()
    rows: dict[int, list[tuple[Ints, Ints, Ints]]] = {}
    for series_id, (of, nanos) in enumerate(spend.items(), 100):
        names: dict[PartKind, str] = {
            "credential": of.credential,
            "workflow": of.workflow,
            "model": of.model,
            "tool": of.tool,
            "person": of.person,
        }
        histories.add_series(series_id, names, team_id=of.team_id)
        hours = np.arange(this_hour - len(nanos) + 1, this_hour + 1)
        rows.setdefault(of.team_id, []).append((hours, np.full(len(nanos), series_id), nanos))
    for team_id, parts in rows.items():
        hours, ids, nanos = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        histories.teams[team_id] = History(
            first_hour=this_hour - HISTORY_HOURS + 1,
            version=1,
            newest_hour=this_hour,
            rewrites=0,
            hours=hours,
            series=histories.places(ids),
            nanos=nanos,
        )
    return histories


def view(*, this_hour: int = THIS_HOUR, **changed: Any) -> SweepView:
    return SweepView(
        **{"this_hour": this_hour, "excluded_spend": {}, "shared": (), "silent": (), "expected": {}, **changed}
    )


def dollars(*amounts: float) -> Ints:
    return np.array([round(amount * NANOS) for amount in amounts], dtype=np.int64)


def steady(*, a_day: float, hours: int = HISTORY_HOURS, this_hour: int = THIS_HOUR, seed: int = 1) -> Ints:
    """Office hours (UTC) of weekdays and little else, with noise."""
    at = np.arange(this_hour - hours + 1, this_hour + 1)
    weekday, hour = (at // DAY + 3) % 7, at % DAY
    working = np.where((hour >= 8) & (hour < 18) & (weekday < 5), 1.0, 0.05)
    noise = np.random.default_rng(seed).gamma(25, 1 / 25, size=hours)
    return np.asarray(working * noise * a_day / 10.7 * NANOS, dtype=np.int64)


def plus(nanos: Ints, extra: float, *, back: int = 0, hours: int = 1) -> Ints:
    """So many dollars more in each of some hours, the last of them so many hours ago."""
    changed = nanos.copy()
    end = len(nanos) - back
    changed[end - hours : end] += round(extra * NANOS)
    return changed
