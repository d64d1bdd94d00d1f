"""Shortfalls: accounts that entries would leave with less than they have promised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.books.ledger import EMPTY_BALANCE, Balance, Entry, is_promise
from bot.money import usd
from bot.org.teams import Directory


@dataclass(frozen=True, kw_only=True)
class Shortfall:
    """A team that would have less than it promised, in nano-dollars: to the teams below it, and to pending requests."""

    team_id: int
    period: str
    has_nanos: int
    handed_nanos: int
    held_nanos: int

    @property
    def short_nanos(self) -> int:
        return self.handed_nanos + self.held_nanos - self.has_nanos


def shortfalls(balances: Mapping[int, Balance], entries: Sequence[Entry], *, period: str) -> list[Shortfall]:
    """Returns the teams that the entries of a period would leave short, top-down.

    A team that was short before and gets no shorter may change: its money comes back step by step. Charges do not count:
    a budget may be lowered below what is spent.
    """
    received: dict[int, int] = {}
    handed: dict[int, int] = {}

    def add(amounts: dict[int, int], team_id: int, nanos: int) -> None:
        amounts[team_id] = amounts.get(team_id, 0) + nanos

    for entry in entries:
        if entry.period != period or not is_promise(entry):
            continue
        is_back = entry.kind == "correction"
        above, below = entry.from_account, entry.to_account
        if is_back:
            above, below = below, above
        signed = -entry.amount_nanos if is_back else entry.amount_nanos
        if above.bucket == "available":
            add(handed, above.team_id, signed)
        if below.bucket == "available":
            add(received, below.team_id, signed)
    found = []
    for team_id in dict.fromkeys([*received, *handed]):
        balance = balances.get(team_id, EMPTY_BALANCE)
        after = Shortfall(
            team_id=team_id,
            period=period,
            has_nanos=balance.received_nanos + received.get(team_id, 0),
            handed_nanos=balance.handed_nanos + handed.get(team_id, 0),
            held_nanos=balance.held_nanos,
        )
        was_short = max(0, balance.held_nanos - balance.allocated_nanos)
        if after.short_nanos > was_short:
            found.append(after)
    return found


def shortfall_line(shortfall: Shortfall, directory: Directory) -> str:
    """Returns a shortfall as a fault of teams.yml, with the amount, its causes and what to do."""
    team = directory.by_id(shortfall.team_id)
    is_root = team.kind == "organisation"
    field = "organisation.funding" if is_root else f"teams[{team.slug}].budget.amount"
    promised = []
    if shortfall.handed_nanos > 0:
        promised.append(f"{usd(shortfall.handed_nanos)} is given to its teams")
    if shortfall.held_nanos > 0:
        promised.append(f"{usd(shortfall.held_nanos)} is held for requests")
    steps = ["Raise it"]
    if shortfall.handed_nanos > 0:
        steps.append("lower its teams' budgets")
    if shortfall.held_nanos > 0:
        steps.append("decide the waiting requests first")
    listed = " or ".join((", ".join(steps[:-1]), steps[-1])) if len(steps) > 1 else steps[0]
    return (
        f"{field}: {usd(shortfall.short_nanos)} short in {shortfall.period}. {team.name} would have "
        f"{usd(max(0, shortfall.has_nanos))}, but {' and '.join(promised)}. {listed}."
    )
