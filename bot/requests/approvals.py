"""Who may decide a budget request, out of whose budget it is paid, and how much may be set aside for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.books.ledger import Balance
from bot.org.teams import Directory, Team


@dataclass(frozen=True, kw_only=True)
class ApprovalRule:
    """One line of `policy.approvals`: up to this amount (None: any), this kind of person decides."""

    up_to_nanos: int | None
    by: Literal["team_manager", "finance"]


DEFAULT_APPROVAL_RULES = (ApprovalRule(up_to_nanos=None, by="team_manager"),)
"""Where no policy is declared, managers decide about any amount there is money for."""


@dataclass(frozen=True, kw_only=True)
class ApprovalRoute:
    """Where a request goes: the people who may decide it, who pays, and what is held meanwhile.

    `payer` is None if nobody has the money: then nothing is held and finance decides.
    """

    deciders: frozenset[int]
    payer: Team | None
    held_nanos: int
    by_finance: bool


def manager_limit(rules: Sequence[ApprovalRule]) -> int | None:
    """The most that managers may grant: None for no limit, 0 if the policy leaves nothing to them."""
    limits = [rule.up_to_nanos for rule in rules if rule.by == "team_manager"]
    if not limits:
        return 0
    return None if None in limits else max(limit for limit in limits if limit is not None)


def payer_of(directory: Directory, *, team: Team, amount_nanos: int, balances: Mapping[int, Balance]) -> Team | None:
    """The nearest ancestor that has the amount, else the organisation if it has; None if nobody does.

    `balances` are those of the team's ancestors by team id.
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
) -> ApprovalRoute:
    """Decides who decides. Deciders are the asking team's managers and the payer's, within what the policy leaves to
    managers; never the asker. If that is nobody, or nobody has the money, finance decides (never the asker either).

    Where a payer was found the whole amount is held: whoever decides may grant it, or the request would go to finance.
    """
    finance = directory.finance - {asker_id}
    limit = manager_limit(rules)
    managers: frozenset[int] = frozenset()
    if payer is not None and (limit is None or amount_nanos <= limit):
        managers = directory.people_with("manager", team) | directory.people_with("manager", payer)
        managers -= {asker_id}
    held = amount_nanos if payer is not None else 0
    return ApprovalRoute(deciders=managers or finance, payer=payer, held_nanos=held, by_finance=not managers)


def may_decide(person_id: int, *, asker_id: int, deciders: frozenset[int], directory: Directory) -> bool:
    """Whether a person may decide a request: a decider or finance, and never the one who asked."""
    return person_id != asker_id and (person_id in deciders or person_id in directory.finance)
