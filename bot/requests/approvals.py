"""Approval routes: who decides a budget request, who pays, and how much is held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.books.ledger import Balance
from bot.org.teams import Directory, Team
from bot.requests.policies import (
    DEFAULT_RULE,
    PERIOD_TERMS,
    ApprovalRule,
    Approver,
    RequestTerms,
    rule_for,
)
from bot.requests.splits import NOTHING_EARLIER, Earlier


@dataclass(frozen=True, kw_only=True)
class Deciding:
    """Some of the deciders of a request: `needed` of these people approve. Finance stands in where too few are left."""

    who: Approver
    people: frozenset[int]
    needed: int = 1
    has_stand_ins: bool = False


@dataclass(frozen=True, kw_only=True)
class ApprovalRoute:
    """The route of a request: its deciders, its payer, and the nano-dollars held meanwhile.

    Without a `payer` nothing is held, and finance decides. With `is_unreached` no message reaches any of the deciders.
    `rule` is the line of the policy that applies, `groups` are those who decide by it, and `needed` is the number of
    approvals. Where the line approves by itself, nobody decides. `stands_in` has the person that a delegate among the
    deciders decides for, and `away` those who would decide if they were there, with the moment until which they are away,
    if it is known. `escalated` joined as nobody decided in time.
    """

    deciders: frozenset[int]
    payer: Team | None
    held_nanos: int
    by_finance: bool
    is_unreached: bool = False
    stands_in: Mapping[int, int] = field(default_factory=dict)
    away: Mapping[int, int | None] = field(default_factory=dict)
    escalated: frozenset[int] = frozenset()
    rule: ApprovalRule = field(default=DEFAULT_RULE, compare=False)
    groups: tuple[Deciding, ...] = field(default=(), compare=False)
    passed_over: tuple[tuple[Team, int], ...] = field(default=(), compare=False)
    """The teams below the payer that lack the amount, with the nano-dollars that they have available."""

    @property
    def needed(self) -> int:
        """Returns the number of approvals that decide the request."""
        return sum(group.needed for group in self.groups) or 1

    @property
    def is_auto(self) -> bool:
        return self.rule.auto is not None

    @property
    def asks_directly(self) -> bool:
        """Whether its deciders may not be in the team's channel, so that each of them gets the card."""
        return self.by_finance or any(g.who != "team_manager" or g.has_stand_ins for g in self.groups)


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
    terms: RequestTerms = PERIOD_TERMS,
    earlier: Earlier = NOTHING_EARLIER,
    moves_budget: bool = True,
) -> ApprovalRoute:
    """Returns the route of a request by the first line of the policy that fits it. A request that moves no budget, for the
    cap of a person or a key, needs no payer."""
    rule = rule_for(
        rules,
        directory=directory,
        team=team,
        amount_nanos=amount_nanos,
        is_paid=payer is not None or not moves_budget,
        terms=terms,
        earlier=earlier,
    )
    return route_by(
        rule,
        directory=directory,
        team=team,
        asker_id=asker_id,
        amount_nanos=amount_nanos,
        payer=payer,
        moves_budget=moves_budget,
    )


def route_by(
    rule: ApprovalRule,
    *,
    directory: Directory,
    team: Team,
    asker_id: int,
    amount_nanos: int,
    payer: Team | None,
    moves_budget: bool = True,
) -> ApprovalRoute:
    """Returns the route of a request by a line of the policy.

    The deciders are those whom the line names, without the asker, in any of their records, and without people whom no
    message reaches. Managers of the asking team are joined by those of the payer and, if all of them are unreachable, by
    those of the nearest team above. Budget of a team that is not above moves only if that team's managers, or those above
    it, agree. Where too few are left, finance stands in. Without a payer the amount is new funding: finance decides in
    place of managers, and beside others. If no message reaches anybody of all these, the request waits for those whom
    teams.yml names.

    If there is a payer, the whole amount is held until the decision.
    """
    own = directory.records_of(asker_id)
    approvers = rule.approvers
    if payer is None and moves_budget and "finance" not in dict(approvers):
        managers_alone = len(approvers) == 1 and approvers[0][0] in MANAGERS
        approvers = (("finance", 1),) if managers_alone else (*approvers, ("finance", 1))
    if rule.auto is not None:
        approvers = ()
    elif is_given(directory, team, payer) and not {who for who, _ in approvers} & {*MANAGERS, "finance"}:
        approvers = (*approvers, ("team_manager", 1))
    named = [
        (who, needed, _named(directory, who, rule, team=team, payer=payer, own=own) - own) for who, needed in approvers
    ]
    finance = directory.finance - own
    groups = [_reached_group(directory, who, needed, people, finance) for who, needed, people in named]
    deciders = frozenset[int]().union(*(group.people for group in groups))
    is_unreached = bool(groups) and not deciders
    if is_unreached:
        groups = [Deciding(who=who, people=people or finance, needed=needed) for who, needed, people in named]
        deciders = frozenset[int]().union(*(group.people for group in groups))
    managed = any(
        people & group.people for (who, _, people), group in zip(named, groups, strict=True) if who != "finance"
    )
    return ApprovalRoute(
        deciders=deciders,
        payer=payer,
        held_nanos=amount_nanos if payer is not None else 0,
        by_finance=bool(groups) and not managed,
        is_unreached=is_unreached,
        rule=rule,
        groups=tuple(groups),
    )


MANAGERS = frozenset({"team_manager", "parent_manager"})


def is_given(directory: Directory, team: Team, payer: Team | None) -> bool:
    """Whether the budget comes from a team that is not above."""
    return payer is not None and payer not in directory.ancestors(team)


def _reached_group(
    directory: Directory, who: Approver, needed: int, people: frozenset[int], finance: frozenset[int]
) -> Deciding:
    """Returns those of a group whom a message reaches; with finance, where they are too few."""
    reached = directory.reachable(people)
    if len(reached) >= needed:
        return Deciding(who=who, people=reached, needed=needed)
    return Deciding(who=who, people=reached | directory.reachable(finance), needed=needed, has_stand_ins=True)


def _named(
    directory: Directory, who: Approver, rule: ApprovalRule, *, team: Team, payer: Team | None, own: frozenset[int]
) -> frozenset[int]:
    """Returns the people whom a line names, the asker among them."""
    if who == "finance":
        return directory.finance
    if who == "admins":
        return directory.admins
    if who == "people":
        return rule.people
    if payer is not None and is_given(directory, team, payer):
        givers = directory.people_with("manager", payer)
        return (
            givers if directory.reachable(givers) - own else givers | _nearest_managers(directory, payer, without=own)
        )
    paying = directory.people_with("manager", payer) if payer is not None else frozenset[int]()
    if who == "parent_manager":
        return _nearest_managers(directory, team, without=own) | paying
    managers = directory.people_with("manager", team) | paying
    if directory.has_lost_managers(team):
        managers |= _nearest_managers(directory, team)
    return managers


def _nearest_managers(directory: Directory, team: Team, *, without: frozenset[int] = frozenset()) -> frozenset[int]:
    """Returns the reachable managers of the nearest team above that has any, other than these people."""
    levels = (directory.reachable(directory.people_with("manager", above)) for above in directory.ancestors(team))
    return next((level for level in levels if level - without), frozenset())


def may_decide(person_id: int, *, asker_id: int, deciders: frozenset[int], directory: Directory) -> bool:
    """Whether a person may decide a request: its deciders and finance, never the asker in any of their records."""
    return person_id not in directory.records_of(asker_id) and (person_id in deciders or person_id in directory.finance)


def may_overrule(route: ApprovalRoute) -> bool:
    """Whether finance may decide a request in place of its deciders: where one manager would."""
    return route.needed == 1 and all(group.who in (*MANAGERS, "finance") for group in route.groups)
