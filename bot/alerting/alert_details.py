"""The details of a spike: its hours beside their usual, its parts beside theirs, and people only where that is allowed."""

from dataclasses import dataclass

from bot.org.teams import Directory, Team

SMALLEST_GROUP = 5
"""Fewer people than this are not told apart."""


@dataclass(frozen=True, kw_only=True)
class HourLine:
    """An hour since 1970 with its nano-dollars and the band of what is usual for it."""

    hour: int
    cost_nanos: int
    low_nanos: int
    high_nanos: int


@dataclass(frozen=True, kw_only=True)
class PartLine:
    """A part of the spike beside what it usually costs in as many hours."""

    dimension: str
    name: str
    cost_nanos: int
    usual_nanos: int


@dataclass(frozen=True, kw_only=True)
class AlertDetails:
    """Everything that the details of a spike show. `people` are (mention, nano-dollars), None where they are not shown;
    `own_nanos` is what of it is the viewer's own."""

    team: Team
    alert_id: int
    severity: str
    from_hour: int
    window_hours: int
    observed_nanos: int
    usual_nanos: int
    hours: tuple[HourLine, ...]
    parts: tuple[PartLine, ...]
    people: tuple[tuple[str, int], ...] | None
    people_note: str
    own_nanos: int
    answered: str | None


def may_see_people(directory: Directory, viewer_id: int, team: Team) -> bool:
    """Figures of others are for the team's managers, and only if the organisation lets them."""
    return directory.organisation.people == "managers" and directory.manages(viewer_id, team)
