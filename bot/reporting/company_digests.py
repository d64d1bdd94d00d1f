"""The digests above the teams: one for the company, and one for each person who manages a department or several teams."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.org.teams import Directory, Team
from bot.reporting.subtree_reports import SubtreeReport, is_shown


@dataclass(frozen=True, kw_only=True)
class ManagerReader:
    """A person who gets a digest of all that they manage, at nine in this zone."""

    person_id: int
    nodes: tuple[Team, ...]
    zone: str


@dataclass(frozen=True, kw_only=True)
class CompanyDigest:
    """A closed week of the company, or of a manager's teams. `yours` counts the requests that wait for the reader."""

    monday: int
    report: SubtreeReport
    yours: int = 0
    is_shared: bool = False
    """Whether it is for a channel, where each reader sees other requests."""


def managed_nodes(directory: Directory, person_id: int) -> tuple[Team, ...]:
    """Returns the open teams that a person manages, without those below another one of them."""
    return _topmost(
        directory, [team_id for team_id, by, role in directory.roles if (by, role) == (person_id, "manager")]
    )


def _topmost(directory: Directory, team_ids: Iterable[int]) -> tuple[Team, ...]:
    """Returns the open teams among some, without those below another one of them, by name."""
    own = [team for team in map(directory.by_id, team_ids) if team.kind == "team" and not team.has_ended]
    ids = {team.id for team in own}
    found = [team for team in own if not any(above.id in ids for above in directory.ancestors(team))]
    return tuple(sorted(found, key=lambda team: (team.name, team.id)))


def shown_nodes(directory: Directory, nodes: tuple[Team, ...]) -> tuple[Team, ...]:
    """Returns the nodes of which a manager sees any figure: those with an open team that is not in preview."""
    return tuple(
        node
        for node in nodes
        if any(not team.has_ended and is_shown(team, shows_preview=False) for team in directory.subtree(node))
    )


def manager_readers(directory: Directory, *, at: int, without: frozenset[int]) -> tuple[ManagerReader, ...]:
    """Returns everybody who manages a department or several teams and can be reached, except the people `without`, who read
    the company's digest. A single team's digest is in its channel.
    """
    managed: dict[int, list[int]] = {}
    for team_id, person_id, role in directory.roles:
        if role == "manager":
            managed.setdefault(person_id, []).append(team_id)
    readers = []
    for person_id in sorted(directory.reachable(frozenset(managed)) - without):
        nodes = shown_nodes(directory, _topmost(directory, managed[person_id]))
        if len(nodes) > 1 or any(not t.has_ended for node in nodes for t in directory.children(node)):
            readers.append(ManagerReader(person_id=person_id, nodes=nodes, zone=_zone(directory, nodes, at)))
    return tuple(readers)


def _zone(directory: Directory, nodes: tuple[Team, ...], at: int) -> str:
    """Returns the nodes' zone, or the organisation's where they differ."""
    zones = {node.zone_on(at) for node in nodes}
    return zones.pop() if len(zones) == 1 else directory.root.zone_on(at)
