"""What the books say about a team's caps: what is available, who decided last, or why no cap follows."""

from dataclasses import dataclass

from bot.crosschecks.gateway_caps import CapMark
from bot.periods import Period
from handlers.books.balances import balances_of
from handlers.scope import TeamScope

_WORDS = {
    "request": "an approved budget request",
    "grant": "a grant of budget",
    "transfer": "a transfer",
    "credit": "a credit",
    "budget": "the declared budget",
    "hold": "budget set aside",
    "close": "the close of a period",
    "teams.yml": "an import of teams.yml",
}


@dataclass(frozen=True, kw_only=True)
class CapBudget:
    """A team's budget for its caps. `why_not` is the sentence why no cap follows it; empty if caps do."""

    mark: CapMark
    period: Period
    available_nanos: int
    charged_nanos: int
    why_not: str
    changed_by: str
    because: str


async def cap_budget(scope: TeamScope) -> CapBudget:
    """Returns a team's budget for its caps, as of now in the transaction. The mark is read first: what is decided meanwhile
    makes the caps due again.
    """
    tx, team = scope.tx, scope.team
    mark = await tx.cap_marks.of(team.id)
    period = scope.directory.period_at(team, scope.at)
    balance = (await balances_of(scope, [team], {team.id: period}))[team.id]
    why_not = ""
    if team.mode != "govern":
        why_not = f"{team.name} is in mode {team.mode}, in which budgets stop nobody"
    elif balance.budget != "set":
        why_not = f"{team.name} has no budget yet" if balance.budget == "later" else f"{team.name} has no budget"
    elif team.terms.enforce != "absolute":
        why_not = f"the budget of {team.name} warns, and stops nobody"
    person = await tx.people.by_id(mark.decided_by) if mark.is_decided and mark.decided_by is not None else None
    return CapBudget(
        mark=mark,
        period=period,
        available_nanos=max(balance.available_nanos, 0),
        charged_nanos=balance.charged_nanos,
        why_not=why_not,
        changed_by=(person.slack_id or "tokens") if person is not None else "tokens",
        because=_WORDS.get(mark.document.partition(":")[0], "the books") if mark.is_decided else "the books",
    )
