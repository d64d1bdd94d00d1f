"""Approval rules: who decides a budget request, who pays, and how much is held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.books.ledger import Balance
from bot.money import usd_exact
from bot.org.teams import Directory, Team


@dataclass(frozen=True, kw_only=True)
class ApprovalRule:
    """One line of `policy.approvals`: who decides requests up to an amount; None for any amount."""

    up_to_nanos: int | None
    by: Literal["team_manager", "finance"]


DEFAULT_APPROVAL_RULES = (ApprovalRule(up_to_nanos=None, by="team_manager"),)
"""Without a policy, managers decide any amount that a budget above the team can pay."""


@dataclass(frozen=True, kw_only=True)
class ApprovalRoute:
    """The route of a request: its deciders, its payer, and the nano-dollars held meanwhile.

    Without a `payer` nothing is held, and finance decides. With `is_unreached` no message reaches any of the deciders.
    `stands_in` has the person that a delegate among the deciders decides for, and `away` those who would decide if they
    were there, with the moment until which they are away, if it is known. `escalated` joined as nobody decided in time.
    """

    deciders: frozenset[int]
    payer: Team | None
    held_nanos: int
    by_finance: bool
    is_unreached: bool = False
    stands_in: Mapping[int, int] = field(default_factory=dict)
    away: Mapping[int, int | None] = field(default_factory=dict)
    escalated: frozenset[int] = frozenset()


def manager_limit(rules: Sequence[ApprovalRule]) -> int | None:
    """Returns the most that managers may grant, in nano-dollars: None for no limit, 0 if the policy gives them
    nothing."""
    limits = [rule.up_to_nanos for rule in rules if rule.by == "team_manager"]
    if not limits:
        return 0
    return None if None in limits else max(limit for limit in limits if limit is not None)


def policy_words(rules: Sequence[ApprovalRule]) -> str:
    """Returns who may grant how much, as the audit log keeps it beside a decision."""
    limit = manager_limit(rules)
    if limit is None:
        return "managers decide any amount"
    return f"managers decide up to {usd_exact(limit)}, finance above" if limit else "finance decides"


def payer_of(directory: Directory, *, team: Team, amount_nanos: int, balances: Mapping[int, Balance]) -> Team | None:
    """Returns the nearest team above with the whole amount available; None if there is none.

    `balances` are those of the teams above, by team id.
    """
    return next((a for a in directory.ancestors(team) if balances[a.id].available_nanos >= amount_nanos), None)


def route_request(
    directory: Directory,
    *,
    team: Team,
    asker_id: int,
    amount_nanos: int,
    payer: Team | None,
    rules: Sequence[ApprovalRule],
    moves_budget: bool = True,
) -> ApprovalRoute:
    """Returns the route of a request.

    The deciders are the managers of the asking team and of the payer, within the policy's limit for managers, without
    the asker and without people whom no message reaches. If all managers of the asking team are unreachable, those of the
    nearest team above decide too. If that leaves nobody, or there is no payer, finance decides, again without the asker.
    If no message reaches anybody of all these, the request waits for those whom teams.yml names.

    If there is a payer, the whole amount is held until the decision. A request that moves no budget, for the cap of a
    person or a key, needs no payer.
    """
    finance = directory.finance - {asker_id}
    limit = manager_limit(rules)
    managers: frozenset[int] = frozenset()
    if (payer is not None or not moves_budget) and (limit is None or amount_nanos <= limit):
        managers = directory.people_with("manager", team)
        if payer is not None:
            managers |= directory.people_with("manager", payer)
        if directory.has_lost_managers(team):
            managers |= _nearest_managers(directory, team)
        managers -= {asker_id}
    held = amount_nanos if payer is not None else 0
    reached = directory.reachable(managers)
    deciders = reached or directory.reachable(finance)
    is_unreached = not deciders
    deciders = deciders or managers or finance
    by_finance = not (managers if is_unreached else reached)
    return ApprovalRoute(
        deciders=deciders, payer=payer, held_nanos=held, by_finance=by_finance, is_unreached=is_unreached
    )


def _nearest_managers(directory: Directory, team: Team) -> frozenset[int]:
    """Returns the reachable managers of the nearest team above that has any."""
    levels = (directory.reachable(directory.people_with("manager", above)) for above in directory.ancestors(team))
    return next((level for level in levels if level), frozenset())


def may_decide(person_id: int, *, asker_id: int, deciders: frozenset[int], directory: Directory) -> bool:
    """Whether a person may decide a request: its deciders and finance, never the asker."""
    return person_id != asker_id and (person_id in deciders or person_id in directory.finance)
