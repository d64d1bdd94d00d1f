"""Teams' parents by day: a team that moves counts below its new parent from the day of the move on."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple

ALWAYS = 0
"""The first day of a team's first parent."""


class ParentChange(NamedTuple):
    """A team's parent from a local day of the team on."""

    team_id: int
    from_day: int
    parent_id: int


class Span(NamedTuple):
    """The days [first, end) on which a team's usage counts somewhere."""

    team_id: int
    first_day: int
    end_day: int


class Lineage:
    """All parents of all teams, with their days."""

    def __init__(self, changes: Iterable[ParentChange]) -> None:
        self._changes: dict[int, list[ParentChange]] = {}
        for change in sorted(changes):
            self._changes.setdefault(change.team_id, []).append(change)
        self._below: dict[int, list[Span]] = {}
        for own in self._changes.values():
            ends = [*(later.from_day for later in own[1:]), 2**62]
            for change, end in zip(own, ends, strict=True):
                self._below.setdefault(change.parent_id, []).append(Span(change.team_id, change.from_day, end))
        self.days_of_moves = sorted({change.from_day for own in self._changes.values() for change in own} - {ALWAYS})
        """The days on which a team moved, first to last."""

    def parent_on(self, team_id: int, day: int) -> int | None:
        """Returns a team's parent on a day; None if no change of it is known by then."""
        begun = [change.parent_id for change in self._changes.get(team_id, ()) if change.from_day <= day]
        return begun[-1] if begun else None

    def moves_within(self, first_day: int, end_day: int) -> bool:
        """Returns whether a team moved after the first of the days [first, end)."""
        return bisect_right(self.days_of_moves, first_day) < bisect_left(self.days_of_moves, end_day)

    def spans_below(self, team_id: int, first_day: int, end_day: int) -> list[Span]:
        """Returns the days within [first, end) on which each team counted for a team: itself, and whoever was below."""
        spans, waiting = list[Span](), [Span(team_id, first_day, end_day)]
        while waiting:
            above = waiting.pop()
            spans.append(above)
            for below in self._below.get(above.team_id, ()):
                first, end = max(below.first_day, above.first_day), min(below.end_day, above.end_day)
                if first < end:
                    waiting.append(Span(below.team_id, first, end))
        return sorted(spans)

    def below_itself(self) -> ParentChange | None:
        """Returns the first change by which a team would be below itself, if there is one."""
        for change in sorted((c for own in self._changes.values() for c in own), key=lambda c: (c.from_day, c.team_id)):
            visited, above = {change.team_id}, self.parent_on(change.team_id, change.from_day)
            while above is not None:
                if above in visited:
                    return change
                visited.add(above)
                above = self.parent_on(above, change.from_day)
        return None
