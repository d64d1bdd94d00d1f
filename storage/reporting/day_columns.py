"""Recent days of usage as columns in memory, from which a whole company's figures are summed at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
NAMED = ("tool", "provider", "model", "workflow", "credential", "basis")
"""The names of a series, as columns of `usage_series`."""
DAY, SERIES, CALLS, TOKENS, COST, NOTIONAL = range(6)
"""The rows of `TeamDays.columns`."""
_HALF = 32
_EXACT = 1 << 53
"""Below it a float holds every whole number."""
_EXACT_ROWS = 1 << 20
_WEEK = 7
"""As many halves of 64-bit numbers add up exactly in a float."""


class DaySums(NamedTuple):
    """The calls, tokens and nano-dollars of some rows."""

    calls: int
    tokens: int
    cost_nanos: int
    notional_nanos: int


@dataclass(frozen=True, kw_only=True)
class TeamDays:
    """A team's rows since a day, in the order of their days, as of a version of its totals (see `team_changes_insert`)."""

    first_day: int
    version: int
    newest_hour: int
    rewrites: int
    columns: Ints

    def between(self, first_day: int, end_day: int) -> Ints:
        """Returns the columns of the days in [first_day, end_day)."""
        begin, end = np.searchsorted(self.columns[DAY], (first_day, end_day))
        return self.columns[:, begin:end]


@dataclass
class SeriesNames:
    """The names and people of series by their place, which is the order in which they were added. A series never changes."""

    _places: dict[int, int] = field(default_factory=dict)
    _people: list[int] = field(default_factory=list)
    _names: list[tuple[str, ...]] = field(default_factory=list)
    _coded: dict[tuple[str, ...], "Coded"] = field(default_factory=dict)

    def unknown(self, ids: Ints) -> list[int]:
        """Returns the ids of series that were not added yet."""
        return [i for i in np.unique(ids).tolist() if i not in self._places]

    def add(self, series_id: int, person_id: int, names: Sequence[str]) -> None:
        """Adds a series with its names in the order of `NAMED`; a known one stays."""
        if series_id not in self._places:
            self._places[series_id] = len(self._people)
            self._people.append(person_id)
            self._names.append(tuple(names))

    def places(self, ids: Ints) -> Ints:
        """Returns the places of series by their ids, all known."""
        known, inverse = np.unique(ids, return_inverse=True)
        return np.array([self._places[i] for i in known.tolist()], dtype=np.int64)[inverse]

    def people(self) -> Ints:
        """Returns the person of each series, by place."""
        return np.array(self._people, dtype=np.int64)

    def coded(self, parts: tuple[str, ...]) -> "Coded":
        """Returns the names of some parts and their code for each series, by place. It is kept until there are more series."""
        known = self._coded.get(parts)
        if known is None or len(known.codes) < len(self._names):
            at = [NAMED.index(part) for part in parts]
            code_of: dict[tuple[str, ...], int] = {}
            codes = [code_of.setdefault(tuple(names[i] for i in at), len(code_of)) for names in self._names]
            known = self._coded[parts] = Coded(list(code_of), np.array(codes, dtype=np.int64))
        return known


class Coded(NamedTuple):
    """The names of some parts, and the place among them of each series, by the series' place."""

    names: list[tuple[str, ...]]
    codes: Ints


@dataclass
class RecentDays:
    """The recent days of teams that this process has read, and the names of their series."""

    teams: dict[int, TeamDays] = field(default_factory=dict)
    names: SeriesNames = field(default_factory=SeriesNames)


def exact_sums(at: Ints, values: Ints, size: int) -> list[int]:
    """Returns the exact sums of 64-bit values by their place, beyond 64 bits too."""
    sums = [0] * size
    if len(values) and max(int(values.max()), -int(values.min())) * len(values) < _EXACT:
        whole: list[int] = np.bincount(at, weights=values, minlength=size).astype(np.int64).tolist()
        return whole
    for start in range(0, len(values), _EXACT_ROWS):
        part, where = values[start : start + _EXACT_ROWS], at[start : start + _EXACT_ROWS]
        high = np.bincount(where, weights=part >> _HALF, minlength=size)
        low = np.bincount(where, weights=part & ((1 << _HALF) - 1), minlength=size)
        halves = zip(sums, high.astype(np.int64).tolist(), low.astype(np.int64).tolist(), strict=True)
        sums = [known + (upper << _HALF) + lower for known, upper, lower in halves]
    return sums


def sums_by_day(teams: Mapping[int, TeamDays], *, first_day: int, end_day: int) -> dict[tuple[int, int], int]:
    """Returns nano-dollars by (team, day), of days with any row."""
    parts = [(team_id, part) for team_id, team in teams.items() if (part := team.between(first_day, end_day)).size]
    if not parts:
        return {}
    days = np.concatenate([part[DAY] for _, part in parts])
    start = int(days.min())
    count = int(days.max()) - start + 1
    owners = np.repeat(np.arange(len(parts)), [part.shape[1] for _, part in parts])
    at, size = owners * count + (days - start), len(parts) * count
    sums = exact_sums(at, np.concatenate([part[COST] for _, part in parts]), size)
    used = np.flatnonzero(np.bincount(at, minlength=size)).tolist()
    return {(parts[place // count][0], start + place % count): sums[place] for place in used}


def sums_by_code(teams: Iterable[TeamDays], codes: Ints, *, first_day: int, end_day: int) -> dict[int, DaySums]:
    """Returns sums by the code of their series' place, of codes with any row."""
    parts = [part for team in teams if (part := team.between(first_day, end_day)).size]
    if not parts:
        return {}
    at = codes[np.concatenate([part[SERIES] for part in parts])]
    size = int(codes.max()) + 1
    used = np.flatnonzero(np.bincount(at, minlength=size)).tolist()
    amounts = [
        exact_sums(at, np.concatenate([part[row] for part in parts]), size) for row in range(CALLS, NOTIONAL + 1)
    ]
    return {code: DaySums(*(amount[code] for amount in amounts)) for code in used}


def costs_by_code_and_week(
    teams: Iterable[TeamDays], codes: Ints, *, first_day: int, end_day: int, monday: int
) -> dict[tuple[int, int], int]:
    """Returns nano-dollars by (code, the week's Monday) in one pass. `monday` is that of the first day."""
    parts = [part for team in teams if (part := team.between(first_day, end_day)).size]
    if not parts:
        return {}
    size = int(codes.max()) + 1
    weeks = (np.concatenate([part[DAY] for part in parts]) - monday) // _WEEK
    at = weeks * size + codes[np.concatenate([part[SERIES] for part in parts])]
    count = size * (int(weeks.max()) + 1)
    sums = exact_sums(at, np.concatenate([part[COST] for part in parts]), count)
    used = np.flatnonzero(np.bincount(at, minlength=count)).tolist()
    return {(place % size, monday + _WEEK * (place // size)): sums[place] for place in used}


def joined(known: TeamDays, fresh: TeamDays, *, from_day: int, keep_from: int) -> TeamDays:
    """Returns the known days from `keep_from` on and before `from_day`, with the days read since."""
    first_day = max(known.first_day, keep_from)
    kept = known.between(first_day, from_day)
    columns = np.concatenate([kept, fresh.columns], axis=1)
    return TeamDays(
        first_day=first_day,
        version=fresh.version,
        newest_hour=fresh.newest_hour,
        rewrites=fresh.rewrites,
        columns=columns,
    )
