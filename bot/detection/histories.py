"""Teams' hours of cost in memory, from which totals and parts of many teams are summed at once.

A row is a team's nano-dollars of one UTC hour and series. A part is common to several series: a credential, model or workflow
of a team. Each series has one part of each kind.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.money import NANOS

PartKind = Literal["credential", "workflow", "model", "tool", "person"]
PART_KINDS: tuple[PartKind, ...] = ("credential", "workflow", "model", "tool", "person")
PART_NOUNS: dict[PartKind, str] = {
    "credential": "key", "workflow": "workflow", "model": "model", "tool": "tool", "person": "person",
}  # fmt: skip
JUDGED_KINDS: tuple[PartKind, ...] = ("credential", "workflow", "model")
Ints = NDArray[np.int64]
MAX_NANOS = 9 * 10**15
_WEEK, _DAY = 168, 24


class SpendPart(NamedTuple):
    """A part of a team's spend. A person's name is their number."""

    team_id: int
    kind: PartKind
    name: str


@dataclass(frozen=True, kw_only=True)
class History:
    """A team's rows from an hour on, as of a version of its totals (see storage's `team_changes_insert`)."""

    first_hour: int
    version: int
    newest_hour: int
    rewrites: int
    hours: Ints
    series: Ints
    nanos: Ints

    def by_hour(self, first_hour: int, count: int) -> Ints:
        """Returns the nano-dollars of `count` hours."""
        return by_hour(self.hours, self.nanos, first_hour, count)


def by_hour(hours: Ints, nanos: Ints, first_hour: int, count: int) -> Ints:
    """Returns the exact sums of rows by hour; rows of other hours are left out."""
    inside = (hours >= first_hour) & (hours < first_hour + count)
    sums = np.zeros(count, dtype=np.int64)
    np.add.at(sums, hours[inside] - first_hour, nanos[inside])
    return sums


def _summed(at: Ints, nanos: Ints, *, rows: int, columns: int) -> Ints:
    """Returns sums as a table. Floats add whole numbers exactly up to nine million dollars; an hour is capped there."""
    sums = np.bincount(at, weights=nanos, minlength=rows * columns)
    return np.clip(sums, -MAX_NANOS, MAX_NANOS).astype(np.int64).reshape(rows, columns)


def costs_of_same_hours(nanos: Ints, start: int, end: int, *, known: int) -> list[int]:
    """Returns the cost of the same hours in up to four earlier weeks, or on up to four earlier days, as far as known."""
    for step in (_WEEK, _DAY):
        back = [step * times for times in range(1, 5) if start - step * times >= known]
        if back and step >= end - start:
            return [int(nanos[start - hours : end - hours].sum()) for hours in back]
    return []


def mean_of_same_hours(nanos: Ints, start: int, end: int, *, known: int) -> int:
    """Returns the mean cost of the same hours before; zero where nothing is known."""
    before = costs_of_same_hours(nanos, start, end, known=known)
    return max(0, sum(before) // len(before)) if before else 0


def first_difference(before: History, after: History) -> int | None:
    """Returns the oldest hour in which two states of a team's history differ; None if none does."""
    hours = np.concatenate([before.hours, after.hours])
    if len(hours) == 0:
        return None
    first, count = int(hours.min()), int(hours.max() - hours.min()) + 1
    differ = np.flatnonzero(before.by_hour(first, count) != after.by_hour(first, count))
    return first + int(differ[0]) if len(differ) else None


@dataclass
class Histories:
    """The histories of teams, and the parts of their series."""

    teams: dict[int, History] = field(default_factory=dict)
    _series: dict[int, int] = field(default_factory=dict)
    """A series' place in the codes, by its id in the database."""
    _parts: dict[PartKind, list[SpendPart]] = field(default_factory=lambda: {kind: [] for kind in PART_KINDS})
    _codes: dict[PartKind, list[int]] = field(default_factory=lambda: {kind: [] for kind in PART_KINDS})
    _code_of: dict[SpendPart, int] = field(default_factory=dict)
    _arrays: dict[PartKind, Ints] = field(default_factory=dict)
    """The codes as arrays, rebuilt when they have grown."""

    def unknown_series(self, ids: Ints) -> list[int]:
        """Returns the ids of series that were not added yet."""
        return [i for i in np.unique(ids).tolist() if i not in self._series]

    def add_series(self, series_id: int, names: Mapping[PartKind, str], *, team_id: int) -> None:
        """Adds a series with the names of its parts; a known one stays."""
        if series_id in self._series:
            return
        self._series[series_id] = len(self._series)
        for kind in PART_KINDS:
            part = SpendPart(team_id, kind, names[kind])
            if part not in self._code_of:
                self._code_of[part] = len(self._parts[kind])
                self._parts[kind].append(part)
            self._codes[kind].append(self._code_of[part])

    def places(self, ids: Ints) -> Ints:
        """Returns the places of series by their ids, all known."""
        known, inverse = np.unique(ids, return_inverse=True)
        return np.array([self._series[i] for i in known.tolist()], dtype=np.int64)[inverse]

    def totals(self, team_ids: Sequence[int], *, first_hour: int, count: int) -> Ints:
        """Returns the nano-dollars of (teams, hours)."""
        hours, _, nanos, owners = self._rows(team_ids)
        inside = (hours >= first_hour) & (hours < first_hour + count)
        at = owners[inside] * count + hours[inside] - first_hour
        return _summed(at, nanos[inside], rows=len(team_ids), columns=count)

    def parts(
        self, team_ids: Sequence[int], *, first_hour: int, count: int, recent: int, floor_dollars: float
    ) -> tuple[list[SpendPart], Ints]:
        """Returns the named parts that cost `floor_dollars` in the last `recent` hours, and nano-dollars of (parts, hours)."""
        hours, series, nanos, _ = self._rows(team_ids)
        inside = (hours >= first_hour) & (hours < first_hour + count)
        hours, series, nanos = hours[inside] - first_hour, series[inside], nanos[inside]
        late = hours >= count - recent
        found: list[SpendPart] = []
        tables: list[Ints] = []
        for kind in JUDGED_KINDS:
            codes = self._codes_of(kind)[series]
            size = len(self._parts[kind])
            recent_nanos = np.bincount(codes[late], weights=nanos[late], minlength=size)
            enough = [
                code
                for code in np.flatnonzero(recent_nanos >= floor_dollars * NANOS).tolist()
                if self._parts[kind][code].name
            ]
            row_of = np.full(size, -1, dtype=np.int64)
            row_of[enough] = np.arange(len(enough))
            rows = row_of[codes]
            mine = rows >= 0
            at = rows[mine] * count + hours[mine]
            found += [self._parts[kind][code] for code in enough]
            tables.append(_summed(at, nanos[mine], rows=len(enough), columns=count))
        return found, np.concatenate(tables)

    def part_costs(self, part: SpendPart, *, first_hour: int, count: int, without: Collection[SpendPart] = ()) -> Ints:
        """Returns a part's exact nano-dollars by hour, without rows that are of an excluded part too."""
        history = self.teams[part.team_id]
        mine = self._is_of(part, history)
        for other in without:
            mine &= ~self._is_of(other, history)
        return by_hour(history.hours[mine], history.nanos[mine], first_hour, count)

    def _is_of(self, part: SpendPart, history: History) -> NDArray[np.bool_]:
        code = self._code_of.get(part)
        codes = self._codes_of(part.kind)[history.series]
        return np.asarray(codes == (-1 if code is None else code))

    def _codes_of(self, kind: PartKind) -> Ints:
        """Returns the code of each series' part, by place."""
        codes = self._arrays.get(kind)
        if codes is None or len(codes) < len(self._codes[kind]):
            codes = self._arrays[kind] = np.array(self._codes[kind], dtype=np.int64)
        return codes

    def parts_of(self, team_id: int, kinds: Collection[PartKind]) -> list[SpendPart]:
        """Returns the named parts of a team, of some kinds."""
        places = np.unique(self.teams[team_id].series).tolist()
        found = {self._parts[kind][self._codes[kind][place]] for kind in kinds for place in places}
        return sorted(part for part in found if part.name)

    def _rows(self, team_ids: Sequence[int]) -> tuple[Ints, Ints, Ints, Ints]:
        """Returns hours, series, nano-dollars and the team's index of all rows of some teams."""
        found = [self.teams[team_id] for team_id in team_ids]
        owners = np.repeat(np.arange(len(found)), [len(history.hours) for history in found])
        if not found:
            empty = np.empty(0, dtype=np.int64)
            return empty, empty, empty, owners
        hours, series, nanos = (
            np.concatenate(columns) for columns in zip(*((h.hours, h.series, h.nanos) for h in found), strict=True)
        )
        return hours, series, nanos, owners
