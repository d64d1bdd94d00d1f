"""The tree of teams at a moment: where teams are, which have ended, and who follows them."""

from dataclasses import replace

from bot.org.teams import Directory, Team
from bot.periods import day_start, micros


def as_of(directory: Directory, at_micros: int) -> Directory:
    """Returns the directory with each team below its parent of a moment, and the teams that have ended by then."""

    def then(team: Team) -> Team:
        if team.kind != "team":
            return team
        day = team.day_of(at_micros)
        parent_id = directory.lineage.parent_on(team.id, day) or team.parent_id
        has_ended = team.closed_day is not None and team.closed_day <= day
        if (parent_id, has_ended) == (team.parent_id, team.has_ended):
            return team
        return replace(team, parent_id=parent_id, has_ended=has_ended)

    return replace(directory, teams=tuple(map(then, directory.teams)))


def next_change(directory: Directory, at_micros: int) -> int | None:
    """Returns the next moment at which a team moves or ends, if there is one."""
    days = [(directory.by_id(change.team_id), change.from_day) for change in directory.parent_changes]
    days += [(team, team.closed_day) for team in directory.real_teams if team.closed_day is not None]
    begins = [(team, day, micros(day_start(day, team.timezone))) for team, day in days if day > 0]
    moments = (micros(day_start(day, team.zone_on(near))) for team, day, near in begins)
    return min((moment for moment in moments if moment > at_micros), default=None)


def successor(directory: Directory, team: Team) -> Team:
    """Returns who takes a team's usage now: the team itself, or, once it has ended, the team it was merged into, else its
    parent. Above a team of the first level is only the organisation: its usage is unattributed."""
    while team.has_ended:
        above = team.merged_into_id or team.parent_id
        assert above is not None, "a team has a parent"
        team = directory.by_id(above)
    return directory.unattributed if team.kind == "organisation" else team


def merged_into(directory: Directory, team: Team) -> Team:
    """Returns the team that a merged one became by now; any other team itself."""
    while team.has_ended and team.merged_into_id is not None:
        team = directory.by_id(team.merged_into_id)
    return team
