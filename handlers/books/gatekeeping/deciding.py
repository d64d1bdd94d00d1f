"""The decisions of one transaction that reserves: it locks what they count on, and each counts those before it."""

from collections.abc import Iterable
from typing import Any

from bot.books.allowances import Allowance, Lender, unknown_team
from bot.books.gatekeeping.calls import Call
from bot.books.gatekeeping.parts import Labels, labels_kept
from bot.books.gatekeeping.reservations import Ask, Reservation, until_of
from bot.books.gatekeeping.team_budgets import TeamBudget, lender_of
from bot.books.ledger import Account
from bot.money import usd_exact
from bot.org.teams import Team
from handlers.books.gatekeeping.calls import AskedCall, call_of
from handlers.books.gatekeeping.team_budgets import read_team_budgets
from handlers.scope import Scope


class Deciding:
    """Decides reservations one after the other."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._calls: dict[Ask, Call] = {}
        self._teams: dict[int, Team] = {}
        self._budgets: dict[int, TeamBudget] = {}

    @property
    def now(self) -> int:
        return self._scope.at

    def team_id(self, ask: Ask) -> int:
        """Returns the team's id; of a slug that no team has, that of unattributed usage."""
        team = self._scope.directory.by_slug(ask.team)
        return team.id if team is not None else self._scope.directory.unattributed.id

    async def lock(self, asks: Iterable[Ask]) -> None:
        """Locks the accounts of the teams that reserve, and of those that lend to them, until the transaction ends."""
        directory = self._scope.directory
        for ask in asks:
            asked = AskedCall(ask.workflow, ask.tool, ask.model, ask.user)
            self._calls[ask] = call_of(self._scope.rulebook, asked)
            team = directory.by_slug(ask.team)
            if team is None:
                continue
            self._teams[team.id] = team
            if self._calls[ask].priority == "protected" and team.parent_id is not None:
                parent = directory.by_id(team.parent_id)
                self._teams |= {relative.id: relative for relative in (parent, *directory.children(parent))}
        await self._scope.tx.ledger.wait_for(
            Account(team_id=team.id, period=directory.period_at(team, self._scope.at).name, bucket="available")
            for team in self._teams.values()
        )

    async def read(self) -> None:
        """Reads the budgets of the locked accounts."""
        self._budgets = await read_team_budgets(self._scope, list(self._teams.values()))

    def decide(self, ask: Ask) -> Allowance:
        """Returns the decision; one that is not `deny` still has to be counted."""
        budget = self._budgets.get(self.team_id(ask))
        if budget is None:
            root = self._scope.directory.root
            period = self._scope.directory.period_at(root, self._scope.at)
            return unknown_team(ask.team, period=period, zone=root.zone_on(self._scope.at))
        call = self._calls[ask]
        return budget.decide(call, lender=self._lender(budget, call), need_nanos=ask.max_nanos)

    def _lender(self, budget: TeamBudget, call: Call) -> Lender | None:
        parent = self._budgets.get(budget.team.parent_id or 0)
        if call.priority != "protected" or parent is None:
            return None
        others = (b for b in self._budgets.values() if b.team.parent_id == parent.team.id and b is not budget)
        return lender_of(parent, others)

    def labels(self, ask: Ask) -> Labels:
        """Returns the labels that a reservation keeps."""
        budget = self._budgets.get(self.team_id(ask))
        if budget is None:
            return Labels("", "", "", 0)
        call = self._calls[ask]
        own = (min(part.person_ids) for part in budget.parts if part.kind == "person" and part.has_call(call))
        return labels_kept(budget.parts, call, next(own, 0))

    def count(self, reservation: Reservation, nanos: int) -> None:
        """Counts what a reservation takes, or gives back, for the decisions that follow."""
        budget = self._budgets.get(reservation.team_id)
        if budget is not None and budget.period.name == reservation.period:
            r = reservation
            budget.reserve(Labels(r.tool, r.model, r.workflow, r.person_id), nanos)

    def until(self, ask: Ask) -> int:
        return until_of(self._scope.at, ask.ttl_seconds)

    def after(self, ask: Ask) -> dict[str, Any]:
        """Returns what is left beside a reservation that was just counted."""
        budget = self._budgets.get(self.team_id(ask))
        if budget is None:
            return {}
        return {"available_usd": usd_exact(budget.left_nanos), "reserved_usd": usd_exact(budget.reserved_nanos)}

    def repeated(self, ask: Ask, reservation: Reservation) -> dict[str, Any]:
        """Returns the answer to a request that came before: the same decision, with the figures of now."""
        decided = self.decide(ask).to_json()
        reason = "This request came before with the same Idempotency-Key: it is the same reservation."
        return {**decided, "decision": reservation.decision, "reason": reason, **self.after(ask)}
