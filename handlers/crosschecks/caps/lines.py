"""The lines about a team's caps that cards and Home show: one per target, as it stands in this transaction."""

from collections.abc import Callable

from bot.crosschecks.gateway_caps import GatewayCap, ShownCap
from bot.org.teams import Team
from bot.views.blocks import name
from bot.views.crosschecks.caps import cap_line
from handlers.scope import Scope, TeamScope
from handlers.slack.callers import called


async def cap_lines(scope: TeamScope) -> tuple[str, ...]:
    """Returns a line per target of a team's gateways, in mrkdwn; none if no gateway follows its budget."""
    zone = scope.team.zone_on(scope.at)
    return tuple(cap_line(shown, zone=zone) for shown in await shown_caps(scope, scope.team))


async def shown_caps(scope: Scope, team: Team) -> list[ShownCap]:
    """Returns what to show of a team's targets. One that is named in teams.yml, and not looked at yet, is new."""
    tx = scope.tx
    rows = await tx.gateway_caps.of_teams([team.id])
    known = {(row.gateway, row.target) for row in rows}
    rows += [
        GatewayCap(id=0, gateway=gateway.name, target=target, team_id=team.id)
        for gateway in scope.rulebook.gateways
        for target in gateway.teams.get(team.slug, ())
        if (gateway.name, target) not in known
    ]
    if not rows:
        return []
    mark = await tx.cap_marks.of(team.id)
    people = await tx.people.by_ids({row.kept_by for row in rows if row.kept_by is not None})
    kinds = {gateway.name: gateway.kind for gateway in scope.rulebook.gateways}
    names = [row.gateway for row in rows]
    return [
        ShownCap(
            row=row,
            kind=kinds.get(row.gateway),
            mark=mark,
            is_one_of_several=names.count(row.gateway) > 1,
            kept_by=called(people[row.kept_by]) if row.kept_by in people else "",
        )
        for row in rows
    ]


_MANY_TRIES = 3


async def caps_to_look_at(scope: Scope) -> tuple[str, ...]:
    """Returns a line per cap that doesn't follow and needs people: refused, changed by hand, or not reached for a while."""
    found = await _shown_in_states(scope, needs_people)
    return tuple(
        f"{name(team.name)}: {cap_line(shown, zone=scope.directory.root.zone_on(scope.at))}" for shown, team in found
    )


async def cap_conflicts(scope: Scope, person_id: int) -> tuple[tuple[ShownCap, Team], ...]:
    """Returns the caps changed by hand that a person may choose about."""
    directory = scope.directory
    is_company = person_id in directory.finance | directory.admins
    found = await _shown_in_states(scope, lambda row: row.state == "conflict")
    return tuple((shown, team) for shown, team in found if is_company or directory.manages(person_id, team))


def needs_people(row: GatewayCap) -> bool:
    return row.state in ("refused", "conflict") or (row.state == "waiting" and row.tries > _MANY_TRIES)


async def _shown_in_states(scope: Scope, wanted: Callable[[GatewayCap], bool]) -> list[tuple[ShownCap, Team]]:
    if not scope.rulebook.gateways:
        return []
    rows = {row.id: row for row in await scope.tx.gateway_caps.all() if wanted(row)}
    teams = [scope.directory.by_id(team_id) for team_id in sorted({row.team_id for row in rows.values()})]
    return [(shown, team) for team in teams for shown in await shown_caps(scope, team) if shown.row.id in rows]
