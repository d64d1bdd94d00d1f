"""Budgets: declared funding and allocations of a period, the entries that post them, and a team's standing."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.books.forecasts import Forecast
from bot.books.ledger import Account, Balance, Entry, EntryKind
from bot.money import MAX_AMOUNT_NANOS, usd
from bot.org.teams import Directory, Team
from bot.periods import Period
from bot.refusals import ConfigError


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A team's budget and spend now."""

    team: Team
    period: Period
    today: int
    zone: str
    balance: Balance
    forecast: Forecast
    spent_by_day: tuple[tuple[int, int], ...]
    week_nanos: int
    week_before_nanos: int


def target_budget(team: Team, period: Period) -> int:
    """Returns the base budget of a team in a period, in nano-dollars: 0 before it starts."""
    if team.starts_day is not None and team.starts_day >= period.end_day:
        return 0
    return team.budget_nanos


def target_funding(directory: Directory, period: Period) -> int:
    """Returns the organisation's funding of a period; without declared funding, the sum of its teams' budgets."""
    if directory.organisation.funding_nanos is not None:
        return directory.organisation.funding_nanos
    return sum(target_budget(t, period) for t in directory.children(directory.root))


@dataclass(frozen=True, kw_only=True)
class PostedTotal:
    """The amount that one kind of document has posted to an account so far, and its number of entries."""

    nanos: int
    entries: int


def budget_entries_due(
    directory: Directory,
    *,
    posted: Mapping[tuple[int, str], PostedTotal],
    period: Period,
    at: int,
    actor_id: int | None,
) -> list[Entry]:
    """Returns the entries that bring funding and base budgets of a period from the posted to the declared amounts.

    Entries go top-down, so that a parent has its budget before its children take theirs. The list is empty where the two
    agree, so it can run at any time.
    """
    due: list[Entry] = []
    root = directory.root
    funding = Account(team_id=root.id, period=period.name, bucket="funding")
    available = Account(team_id=root.id, period=period.name, bucket="available")
    nothing = PostedTotal(nanos=0, entries=0)

    def add(team: Team, source: Account, target: Account, declared: int) -> None:
        before = posted.get((team.id, period.name), nothing)
        difference, number = declared - before.nanos, before.entries
        is_more = difference > 0
        kind: EntryKind = "appropriation" if source.bucket == "funding" else "allocation"
        left = abs(difference)
        while left:  # one entry moves at most a billion dollars
            moved = min(left, MAX_AMOUNT_NANOS)
            due.append(
                Entry(
                    kind=kind if is_more else "correction",
                    dedupe_key=f"budget:{team.id}:{period.name}:{number}",
                    period=period.name,
                    effective_at=at,
                    from_account=source if is_more else target,
                    to_account=target if is_more else source,
                    amount_nanos=moved,
                    actor_id=actor_id,
                    reason="declared budget",
                    document=f"budget:{team.id}:{period.name}",
                )
            )
            left, number = left - moved, number + 1

    add(root, funding, available, target_funding(directory, period))
    for team in directory.subtree(root)[1:]:
        assert team.parent_id is not None
        add(
            team,
            Account(team_id=team.parent_id, period=period.name, bucket="available"),
            Account(team_id=team.id, period=period.name, bucket="available"),
            target_budget(team, period),
        )
    return due


def check_budgets_fit(directory: Directory) -> None:
    """Raises ConfigError, one line per fault, if children's budgets exceed their parent's."""
    faults = []
    for team in directory.subtree(directory.root):
        children = directory.children(team)
        promised = sum(t.budget_nanos for t in children)
        is_root = team.kind == "organisation"
        has = directory.organisation.funding_nanos if is_root else team.budget_nanos
        if has is not None and promised > has:
            name = "organisation.funding" if is_root else f"teams[{team.slug}].budget.amount"
            faults.append(f"{name}: {usd(has)} is less than its teams' budgets together, {usd(promised)}")
    if faults:
        raise ConfigError("\n".join(faults))
