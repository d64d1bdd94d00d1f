"""Allocations: how a manager hands a budget out to the teams below, from what is left of it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.books.grant_ends import EndKind
from bot.books.ledger import Balance
from bot.money import parse_budget, usd
from bot.org.teams import Directory, Team
from bot.periods import Period, PeriodKind
from bot.refusals import FieldRefusals, Refusal
from bot.text import plain, spaced


@dataclass(frozen=True, kw_only=True)
class Spend:
    """What a team and all teams below it have spent in the period, and are expected to have spent at its end."""

    spent_nanos: int
    forecast_nanos: int
    has_no_price: bool = False
    """Whether nothing is known of the cost: all their usage lacks a price."""


@dataclass(frozen=True, kw_only=True)
class TeamShare:
    """One team's share of the budget of the team above. `balance` is its own; `spend` is None if it is not to be seen."""

    team: Team
    balance: Balance
    handed_base_nanos: int
    """The budgets that the teams below it are declared to have."""
    spend: Spend | None = None

    @property
    def base_nanos(self) -> int | None:
        """Returns the budget per period; None if there is none."""
        return self.team.budget_nanos

    @property
    def extra_nanos(self) -> int:
        """Returns what the team has in this period beside its budget: grants and approved requests."""
        return max(0, self.balance.received_nanos - self.balance.base_nanos)

    @property
    def promised_nanos(self) -> int:
        """Returns what the team has promised: to the teams below it, and in holds."""
        return max(0, self.balance.handed_nanos) + self.balance.held_nanos


@dataclass(frozen=True, kw_only=True)
class Allocator:
    """A team whose budget is handed out, with its period, its balance, and the share of each team below."""

    team: Team
    period: Period
    balance: Balance
    shares: tuple[TeamShare, ...]
    kind: PeriodKind
    base_nanos: int | None
    """Its own budget per period, or the organisation's funding; None if none is declared."""
    spend: Spend | None = None
    """With all teams below it; None if that is not to be seen."""

    @property
    def has_limit(self) -> bool:
        """Whether budgets come out of declared money. Undeclared funding is the sum of what the organisation hands out."""
        return self.team.kind == "team" or self.base_nanos is not None

    @property
    def left_nanos(self) -> int:
        """Returns what is left to hand out of the whole period's budget, whether it is released to the team yet or not."""
        return max(0, self.balance.left_nanos)

    @property
    def seen(self) -> str:
        """Returns a short mark of all budgets, which changes with each of them."""
        figures = [self.period.name, *((s.team.id, s.base_nanos, s.balance.received_nanos) for s in self.shares)]
        return hashlib.blake2b(repr(figures).encode(), digest_size=8).hexdigest()


def may_allocate(directory: Directory, person_id: int, team: Team) -> bool:
    """Whether a person may hand out a team's budget: its managers and those above it, and finance. The organisation's is
    finance's alone. In preview only finance sees figures, so others can't."""
    if team.has_ended:
        return False
    if person_id in directory.finance:
        return True
    return team.kind == "team" and team.mode != "preview" and directory.manages(person_id, team)


def allocating_teams(directory: Directory, person_id: int) -> tuple[Team, ...]:
    """Returns the teams with teams below whose budget a person hands out: those that they manage by name; for finance
    the organisation."""
    parents = {team.parent_id for team in directory.open_teams}
    named = [
        team
        for team in directory.open_teams
        if team.id in parents and person_id in directory.people_with("manager", team) and team.mode != "preview"
    ]
    return (directory.root, *named) if person_id in directory.finance else tuple(named)


def open_children(directory: Directory, team: Team) -> tuple[Team, ...]:
    """Returns the teams directly below that are neither closed nor merged."""
    return tuple(child for child in directory.children(team) if not child.has_ended)


def parse_typed(typed: Mapping[int, str], allocator: Allocator) -> dict[int, int]:
    """Returns the amounts that differ from the present budgets, by team id.

    Raises FieldRefusals, by team id, for what is no amount, for a field that was emptied, and for a team that is not below
    this one. $0 is an amount: a team that may spend nothing.
    """
    shares = {share.team.id: share for share in allocator.shares}
    amounts: dict[int, int] = {}
    faults: dict[str, str] = {}
    for team_id, text in typed.items():
        share = shares.get(team_id)
        if share is None:
            faults[str(team_id)] = f"That team is not below {plain(allocator.team.name)} any more. Open the form again."
        elif spaced(text) == shown_amount(share.base_nanos):
            continue
        elif not spaced(text):
            faults[str(team_id)] = (
                "Type an amount. With 0 the team has a budget of $0; teams.yml can take a budget away."
            )
        else:
            try:
                amounts[team_id] = parse_budget(text)
            except Refusal as refusal:
                faults[str(team_id)] = refusal.sentence
    if faults:
        raise FieldRefusals(faults)
    return {team_id: nanos for team_id, nanos in amounts.items() if nanos != shares[team_id].base_nanos}


def shown_amount(nanos: int | None) -> str:
    """Returns a budget as its field shows it; empty if there is none."""
    return "" if nanos is None else usd(nanos)


def check_allocation(allocator: Allocator, amounts: Mapping[int, int], *, lasting: EndKind) -> None:
    """Raises FieldRefusals, by team id, for new budgets that can't be: more than is left, less than a team has promised,
    or, for a while only, less than before."""
    faults: dict[str, str] = {}
    grows = {s.team.id: amounts.get(s.team.id, s.base_nanos or 0) - (s.base_nanos or 0) for s in allocator.shares}
    for share in allocator.shares:
        if fault := _share_fault(share, amounts, lasting, allocator.kind):
            faults[str(share.team.id)] = fault
    if together := _together_fault(allocator, grows, lasting):
        for team_id, more in grows.items():
            if more > 0:
                faults.setdefault(str(team_id), together)
    if faults:
        raise FieldRefusals(faults)


def _share_fault(share: TeamShare, amounts: Mapping[int, int], lasting: EndKind, kind: PeriodKind) -> str:
    if share.team.id not in amounts:
        return ""
    new, base, team = amounts[share.team.id], share.base_nanos or 0, plain(share.team.name)
    if lasting != "open":
        if new < base:
            return f"For a while a budget can only grow. Type more than {usd(base)}, or choose “From this {kind} on”."
        return ""
    least = max(share.promised_nanos - share.extra_nanos, share.handed_base_nanos)
    if new < min(base, least):
        held = f" and holds {usd(share.balance.held_nanos)}" if share.balance.held_nanos else ""
        given = max(share.balance.handed_nanos, share.handed_base_nanos)
        return f"{team} gave {usd(given)} to its teams{held}. Its budget can't be less than {usd(min(base, least))}."
    return ""


def _together_fault(allocator: Allocator, grows: Mapping[int, int], lasting: EndKind) -> str:
    """Returns why budgets can't grow so much together; empty if they can."""
    team, more = plain(allocator.team.name), sum(grows.values())
    if more <= 0 or not allocator.has_limit:
        return ""
    if more > allocator.left_nanos:
        return f"{team} has {usd(allocator.left_nanos)} left to hand out. These budgets grow by {usd(more)} together."
    has, instead = allocator.base_nanos or 0, f"choose “This {allocator.kind} only”"
    together = sum(share.base_nanos or 0 for share in allocator.shares) + more
    if lasting == "open" and together > has:
        return (
            f"{team} has {usd(has)} in each {allocator.kind} to come, and its teams would have {usd(together)} together. "
            f"Type less, or {instead}."
        )
    return ""


def pages_of(shares: Sequence[TeamShare], size: int) -> list[Sequence[TeamShare]]:
    """Returns the shares of each page of a form; one empty page if there are none."""
    return [shares[start : start + size] for start in range(0, len(shares), size)] or [()]
