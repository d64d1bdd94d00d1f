"""Days of many teams, from this process's memory: only what changed since is read again, in the reader's snapshot."""

from collections.abc import Collection

import numpy as np

from bot.books.charges import RECENT_HOURS
from storage import bulk
from storage.detection.histories import Histories, TeamChange
from storage.reporting.day_columns import NAMED, Ints, RecentDays, SeriesNames, TeamDays, joined
from storage.tables.base import COUNTER_COLUMNS
from storage.transaction import OpenTransaction

MANY_TEAMS = 16
"""Fewer teams are summed by the database: they need no memory, and take milliseconds."""
_READ_AHEAD_DAYS = 64
"""Days before the end of the first ones asked for: those of a month, and of the month before it."""
_KEPT_DAYS = 200
"""Days before the ones asked for, after which days are dropped from memory."""
_CHUNK = 8
"""Teams in one statement: its rows hold up the other requests while they become numbers."""
_COLUMNS = ("team_id", "local_day", "series_id", "calls", "+".join(COUNTER_COLUMNS[:5]), "cost_nanos", "notional_nanos")
_UNUSED = TeamChange(0, 0, 0)
_HOURS_A_DAY = 24


class CompanyDays:
    """The days of teams within one snapshot. A transaction that may write must not use it: it may roll back."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._memory = transaction.memory.of(RecentDays)
        self._changes: dict[int, TeamChange] | None = None
        self._teams: dict[int, TeamDays] = {}
        self._before: dict[int, TeamDays] = {}
        """What was known of teams that are read again. Another request may remember newer days meanwhile."""

    @property
    def names(self) -> SeriesNames:
        """Returns the names of all series that were read."""
        return self._memory.names

    async def of_teams(self, team_ids: Collection[int], *, first_day: int, end_day: int) -> dict[int, TeamDays]:
        """Returns the days of teams since `first_day`, as this snapshot has them: what a process remembers, and what
        changed since. `end_day` tells how far back to read at first."""
        if not self._tx.is_snapshot:
            raise RuntimeError("a transaction that may write reads the tables")
        if self._changes is None:
            self._changes = await Histories(self._tx).changes()
        start = min(first_day, end_day - _READ_AHEAD_DAYS)
        to_read = [
            (team_id, from_day)
            for team_id in sorted(set(team_ids))
            if team_id in self._changes
            and (from_day := self._missing(team_id, first_day=first_day, start=start)) is not None
        ]
        for at in range(0, len(to_read), _CHUNK):
            await self._read(to_read[at : at + _CHUNK], start=start)
        return {team_id: self._teams[team_id] for team_id in team_ids if team_id in self._teams}

    def _missing(self, team_id: int, *, first_day: int, start: int) -> int | None:
        """Returns the first day to read of a team; None if this snapshot's days are known."""
        assert self._changes is not None
        change = self._changes[team_id]
        known = self._teams.get(team_id) or self._memory.teams.get(team_id)
        if known is None or known.first_day > first_day or known.rewrites != change.rewrites:
            return start
        if known.version == change.version:
            self._teams[team_id] = known
            return None
        if known.version > change.version:  # another request's snapshot is newer than this one
            return start
        self._before[team_id] = known
        return max(start, (known.newest_hour - RECENT_HOURS) // _HOURS_A_DAY - 1)  # its local day may be the one before

    async def _read(self, since: list[tuple[int, int]], *, start: int) -> None:
        assert self._changes is not None
        rows = await bulk.numbers_since(self._tx.connection, "usage_days", _COLUMNS, ("team_id", "local_day"), since)
        await self._name(rows[2])
        rows = rows[:, np.lexsort((rows[2], rows[1], rows[0]))]
        columns = np.stack([rows[1], self._memory.names.places(rows[2]), *rows[3:]])
        ids = [team_id for team_id, _ in since]
        begins, ends = (np.searchsorted(rows[0], ids, side=side).tolist() for side in ("left", "right"))
        for (team_id, from_day), begin, end in zip(since, begins, ends, strict=True):
            change = self._changes.get(team_id, _UNUSED)
            fresh = TeamDays(first_day=from_day, **change._asdict(), columns=columns[:, begin:end].copy())
            known = self._before.pop(team_id, None)
            if known is not None:
                fresh = joined(known, fresh, from_day=from_day, keep_from=start - _KEPT_DAYS)
            self._teams[team_id] = fresh
            latest = self._memory.teams.get(team_id)
            if latest is None or latest.version <= fresh.version:
                self._memory.teams[team_id] = fresh

    async def _name(self, series: Ints) -> None:
        """Reads the names of series that are new to this process."""
        names = self._memory.names
        unknown = [(i,) for i in names.unknown(series)]
        rows = await bulk.select(self._tx.connection, "usage_series", ("id", "person_id", *NAMED), ("id",), unknown)
        for series_id, person_id, *named in rows:
            names.add(int(series_id), int(person_id), named)
