"""The teams that a person may ask about: those that they may see, and the one whose channel they ask in."""

from bot.org.teams import Directory, Team
from bot.reporting.asking.asked_names import Names


def teams_to_ask_about(directory: Directory, person_id: int, *, channel_id: str = "") -> tuple[Team, ...]:
    """Returns the teams whose figures a person may be shown in a channel, in the order of the directory."""
    if person_id in directory.finance:
        return directory.real_teams
    own = directory.teams_of(person_id)
    seen = {team.id for team in own}
    managed = [team for team in (directory.root, *own) if (team.id, person_id, "manager") in directory.roles]
    seen.update(below.id for team in managed for below in directory.subtree(team))
    return tuple(
        team for team in directory.real_teams if team.mode != "preview" and (team.id in seen or team.is_at(channel_id))
    )


def names_to_ask_about(directory: Directory, person_id: int, *, channel_id: str = "") -> Names:
    """Returns the names of the teams that a person may ask about, without any parts."""
    teams = teams_to_ask_about(directory, person_id, channel_id=channel_id)
    allowed = {team.id for team in teams}
    former = {slug: directory.by_id(team_id) for slug, team_id in directory.former_slugs if team_id in allowed}
    is_finance = person_id in directory.finance
    return Names(teams=teams, former=former, company=directory.root if is_finance else None)


def may_see_keys(directory: Directory, person_id: int, team: Team) -> bool:
    """Whether a person may see what each key of a team spent: its managers, those above them, finance and admins."""
    return directory.manages(person_id, team) or person_id in directory.finance or person_id in directory.admins
