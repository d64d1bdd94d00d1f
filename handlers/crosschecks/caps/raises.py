"""Caps of people and keys at gateways: which targets an approved raise has there, and how much it adds."""

from collections.abc import Iterable

from bot.books.gatekeeping.limit_raises import LimitRaise
from bot.crosschecks.caps import CapTarget, GatewaySettings
from bot.crosschecks.gateway_caps import GatewayCap
from bot.org.gateways import PERSONAL_KINDS
from handlers.scope import TeamScope

_USERS = ("claude_gateway", "claude_enterprise", "github")


async def raised_targets(scope: TeamScope) -> dict[tuple[str, CapTarget], int]:
    """Returns by how much caps of people and keys are raised at the gateways of a team, by (gateway, target)."""
    raises = [one for one in await scope.tx.limit_raises.of_teams([scope.team.id]) if one.kind in ("member", "key")]
    period = scope.directory.period_at(scope.team, scope.at).name
    active = [one for one in raises if one.counts(declared_nanos=0, period=period, at=scope.at)]
    people = await scope.tx.people.by_ids(
        {int(one.ref) for one in active if one.kind == "member" and one.ref.isdigit()}
    )
    found: dict[tuple[str, CapTarget], int] = {}
    for one in active:
        person = people.get(int(one.ref)) if one.kind == "member" and one.ref.isdigit() else None
        names = [person.email, person.slack_id] if person is not None else []
        request = await scope.tx.budget_requests.by_id(one.request_id)
        is_answered = request is not None and request.origin == "gateway"
        for gateway in scope.rulebook.gateways:
            if is_answered and gateway.kind == "claude_enterprise":
                continue  # the answer to its request sets the limit there
            for target in _targets(gateway, scope.team.slug, one, names):
                key = (gateway.name, target)
                found[key] = found.get(key, 0) + one.amount_nanos
    return found


def _targets(gateway: GatewaySettings, slug: str, raised: LimitRaise, names: Iterable[str]) -> list[CapTarget]:
    """Returns the targets of a raise at a gateway that has targets of the team."""
    teams = gateway.teams.get(slug, ())
    if not teams:
        return []
    if raised.kind == "key":
        ref = gateway.keys.get(raised.ref, raised.ref)
        return [CapTarget(kind="key", ref=ref)] if gateway.kind == "litellm" else []
    known = [name for name in names if name]
    ref = next((gateway.people[name] for name in known if name in gateway.people), known[0] if known else "")
    if not ref:
        return []
    if gateway.kind == "litellm":
        return [CapTarget(kind="member", ref=ref, member_of=team.ref) for team in teams if team.kind == "team"]
    return [CapTarget(kind="user", ref=ref)] if gateway.kind in _USERS else []


async def add_raised(scope: TeamScope) -> None:
    """Stores the targets of a team's raises that are not known yet, so that they are claimed with the team's others."""
    raised = await raised_targets(scope)
    if raised:
        await scope.tx.gateway_caps.add_missing(raised, team_id=scope.team.id)


async def raised_by_row(scope: TeamScope, rows: Iterable[GatewayCap]) -> dict[int, int]:
    """Returns by how much each claimed cap of a person or key is raised."""
    personal = [row for row in rows if row.target.kind in PERSONAL_KINDS]
    if not personal:
        return {}
    raised = await raised_targets(scope)
    return {row.id: raised.get((row.gateway, row.target), 0) for row in personal}
