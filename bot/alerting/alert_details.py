"""The details of a spike: its hours and parts beside their usual cost, and people where the viewer may see them."""

from dataclasses import dataclass

from bot.org.teams import Directory, Team

SMALLEST_GROUP = 5
"""The details never break down a group of fewer people."""


@dataclass(frozen=True, kw_only=True)
class HourLine:
    """One hour since 1970: its cost and its usual band, in nano-dollars."""

    hour: int
    cost_nanos: int
    low_nanos: int
    high_nanos: int


@dataclass(frozen=True, kw_only=True)
class PartLine:
    """One part of a spike: its cost, and its usual cost over as many hours."""

    dimension: str
    name: str
    cost_nanos: int
    usual_nanos: int


@dataclass(frozen=True, kw_only=True)
class AlertDetails:
    """The details of a spike. `people` are (mention, nano-dollars), or None if the viewer may not see them;
    `own_nanos` is the viewer's own share."""

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
    """Whether a viewer may see other people's figures: managers of the team, if the organisation allows it."""
    return directory.organisation.people == "managers" and directory.manages(viewer_id, team)
