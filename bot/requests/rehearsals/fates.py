"""The fate of one request under a policy: which line applies, and who decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.org.teams import Directory, Team
from bot.org.tools import Tools
from bot.requests.approvals import ApprovalRoute, route_request
from bot.requests.asked_before import earlier_of, terms_of
from bot.requests.policies import ApprovalRule
from bot.requests.rehearsals.past_asks import PastAsk
from bot.requests.rehearsals.period_requests import PeriodRequests
from bot.requests.splits import NOTHING_EARLIER, Earlier
from bot.requests.votes import can_be_decided

DecidedBy = Literal["auto", "team", "above", "finance", "quorum", "nobody", "refused"]
DECIDED_BY: tuple[DecidedBy, ...] = ("auto", "team", "above", "finance", "quorum", "nobody", "refused")


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What decides requests: the teams and roles, the lines in force, and the tools that conditions are about."""

    directory: Directory
    rules: Sequence[ApprovalRule]
    tools: Tools


@dataclass(frozen=True, kw_only=True)
class Fate:
    """How a request would be decided: by whom, by which line of the policy (from 0, None for no line), and how many of the
    deciders are needed. `moved_up` from a lower line is what counts with earlier requests of the period."""

    by: DecidedBy
    line: int | None
    deciders: frozenset[int]
    needed: int = 1
    moved_up: bool = False
    why: str = ""
    rule: ApprovalRule | None = None


def fate_of(policy: Policy, ask: PastAsk, *, payer: Team | None, earlier: PeriodRequests) -> Fate:
    """Returns the fate of a request, after the earlier ones of its period."""
    directory = policy.directory
    team = directory.by_id(ask.team_id)
    if team.mode != "govern":
        return Fate(by="refused", line=None, deciders=frozenset(), why=f"{team.name} is in mode {team.mode}")
    period = directory.period_at(team, ask.at)
    requests = earlier.counted(period.name, team_id=team.id, person_ids=directory.records_of(ask.person_id), at=ask.at)
    counted = earlier_of(requests, directory=directory, team=team, person_id=ask.person_id, ask=ask.ask, but=ask.id)
    terms = terms_of(ask.ask, period=period, zone=team.zone_on(ask.at), at=ask.at, tools=policy.tools)

    def route(before: Earlier) -> ApprovalRoute:
        return route_request(
            directory,
            team=team,
            asker_id=ask.person_id,
            amount_nanos=ask.amount_nanos,
            payer=payer,
            rules=policy.rules,
            terms=terms,
            earlier=before,
            moves_budget=ask.ask.moves_budget,
        )

    found, alone = route(counted), route(NOTHING_EARLIER)
    return Fate(
        by=_decided_by(directory, team, found),
        line=_line(policy.rules, found.rule),
        deciders=found.deciders,
        needed=found.needed,
        moved_up=found.rule != alone.rule,
        rule=found.rule,
    )


def _line(rules: Sequence[ApprovalRule], rule: ApprovalRule) -> int | None:
    return rules.index(rule) if rule in rules else None


def _decided_by(directory: Directory, team: Team, route: ApprovalRoute) -> DecidedBy:
    if route.is_auto:
        return "auto"
    if not route.deciders or not can_be_decided(route, directory):
        return "nobody"
    if route.needed > 1:
        return "quorum"
    if route.by_finance:
        return "finance"
    return "team" if route.deciders & directory.people_with("manager", team) else "above"
