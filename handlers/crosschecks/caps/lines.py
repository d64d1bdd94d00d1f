"""The lines about a team's caps that cards and Home show: one per target, as it stands in this transaction."""

from bot.crosschecks.gateway_caps import GatewayCap
from bot.org.teams import Team
from bot.views.crosschecks.caps import ShownCap, cap_line
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
