"""The fate of one request under a policy: which line applies, and who decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.org.teams import Directory, Team
from bot.requests.approvals import route_request
from bot.requests.policies import ApprovalRule
from bot.requests.rehearsals.past_asks import PastAsk

DecidedBy = Literal["auto", "team", "above", "finance", "quorum", "nobody", "refused"]
DECIDED_BY: tuple[DecidedBy, ...] = ("auto", "team", "above", "finance", "quorum", "nobody", "refused")


@dataclass(frozen=True, kw_only=True)
class Fate:
    """How a request would be decided: by whom, by which line of the policy (from 0, None for no line), and how many of the
    deciders are needed."""

    by: DecidedBy
    line: int | None
    deciders: frozenset[int]
    needed: int = 1
    why: str = ""


def fate_of(directory: Directory, rules: Sequence[ApprovalRule], ask: PastAsk, *, payer: Team | None) -> Fate:
    """Returns the fate of a request."""
    team = directory.by_id(ask.team_id)
    if team.mode != "govern":
        return Fate(by="refused", line=None, deciders=frozenset(), why=f"{team.name} is in mode {team.mode}")
    route = route_request(
        directory,
        team=team,
        asker_id=ask.person_id,
        amount_nanos=ask.amount_nanos,
        payer=payer,
        rules=rules,
        moves_budget=ask.ask.moves_budget,
    )
    fitting = (
        index for index, rule in enumerate(rules) if rule.up_to_nanos is None or ask.amount_nanos <= rule.up_to_nanos
    )
    by: DecidedBy = "finance"
    if not route.deciders:
        by = "nobody"
    elif not route.by_finance:
        by = "team" if route.deciders & directory.people_with("manager", team) else "above"
    return Fate(by=by, line=next(fitting, None), deciders=route.deciders)
