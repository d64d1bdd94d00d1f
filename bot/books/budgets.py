"""Budgets: declared funding and allocations of a period, the entries that post them, and a team's standing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from bot.books.closing.releases import released_by
from bot.books.forecasts import Forecast, SpendRate
from bot.books.ledger import Account, Balance, Entry, EntryKind
from bot.books.subtrees import SubtreeFigures
from bot.money import MAX_AMOUNT_NANOS, usd
from bot.org.teams import Directory, Team
from bot.periods import Period
from bot.refusals import ConfigError


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A team's own budget and spend now. `subtree` has the figures with all teams below it, for who may see them."""

    team: Team
    period: Period
    today: int
    zone: str
    balance: Balance
    forecast: Forecast
    spent_by_day: tuple[tuple[int, int], ...]
    week_nanos: int
    week_before_nanos: int
    subtree: SubtreeFigures | None = None
    day_left: float = 1.0
    """The part of today that lies ahead."""
    rate: SpendRate | None = None
    """What it spends per hour just now, where today or yesterday is dear."""
    unpriced_by_day: tuple[tuple[int, int], ...] = ()
    """The tokens without a known price of each day that has any."""

    @property
    def since_day(self) -> int:
        """Returns the first day whose usage counts: the budget's first day, or the period's."""
        return self.balance.since_day or self.period.first_day

    @property
    def usage_nanos(self) -> int:
        """Returns the usage of the period's own days. What is charged may differ by what came late, and by credits."""
        days = range(self.period.first_day, self.period.end_day)
        return sum(nanos for day, nanos in self.spent_by_day if day in days)

    @property
    def first_day(self) -> int | None:
        """Returns the first day with usage if the last two weeks are not complete, so that they can't be compared."""
        first = min((day for day, nanos in self.spent_by_day if nanos), default=None)
        return first if first is not None and first > self.today - 14 else None

    @property
    def unpriced_tokens(self) -> int:
        """Returns the period's tokens without a known price."""
        return self._unpriced(range(self.period.first_day, self.period.end_day))

    @property
    def has_no_price(self) -> bool:
        """Returns whether nothing is known of the period's cost: all its usage lacks a price."""
        return self.balance.charged_nanos + self.balance.uncounted_nanos == 0 < self.unpriced_tokens

    @property
    def week_has_no_price(self) -> bool:
        """Returns the same of the last 7 full days."""
        return self.week_nanos == 0 < self._unpriced(range(self.today - 7, self.today))

    def _unpriced(self, days: range) -> int:
        return sum(tokens for day, tokens in self.unpriced_by_day if day in days)


def target_budget(team: Team, period: Period) -> int:
    """Returns the base budget of a team in a period, in nano-dollars: 0 without one, before the period it starts in, and
    in periods that begin when the team is closed."""
    if team.closed_day is not None and team.closed_day <= period.first_day:
        return 0
    if team.starts_day is not None and team.starts_day >= period.end_day:
        return 0
    return team.budget_nanos or 0


def has_begun(team: Team, today: int) -> bool:
    """Returns whether a team's declared budget is in force on a day."""
    return team.budget_nanos is not None and (team.starts_day is None or team.starts_day <= today)


def counted_balance(
    balance: Balance, *, directory: Directory, team: Team, period: Period, today: int, is_open: bool
) -> Balance:
    """Returns a balance with the state of its budget.

    A budget that has not begun is not there yet, though its period's allocation is posted. A declared budget counts from the
    period's first moment, though its entries are posted a little later: `is_open` is False until then.
    """
    if team.kind != "team":
        return balance
    if not has_begun(team, today):
        granted = replace(balance, allocated_nanos=balance.allocated_nanos - balance.base_nanos)
        if granted.received_nanos > 0:
            return granted
        return replace(granted, budget="none" if team.budget_nanos is None else "later", since_day=None)
    if is_open:
        return balance
    handed = sum(target_budget(child, period) for child in directory.children(team) if not child.has_ended)
    kept = balance.allocated_nanos + target_budget(team, period) - handed
    declared = target_budget(team, period)
    return replace(balance, allocated_nanos=kept, handed_nanos=balance.handed_nanos + handed, base_nanos=declared)


def with_release(
    balance: Balance, *, team: Team, period: Period, at: int, zone: str, used_today_nanos: int = 0
) -> Balance:
    """Returns a balance with what is released by now of the part of the declared budget that the team keeps.

    Grants, transfers and what was carried forward are available at once.
    """
    if balance.budget != "set" or team.kind != "team":
        return balance
    released = released_by(
        team.terms,
        budget_nanos=max(0, min(balance.base_nanos, balance.base_nanos - balance.handed_nanos)),
        first_day=max(balance.since_day or period.first_day, period.first_day),
        end_day=period.end_day,
        at=at,
        zone=zone,
        used_today_nanos=used_today_nanos,
    )
    return replace(balance, released=released)


def target_funding(directory: Directory, period: Period) -> int:
    """Returns the organisation's funding of a period; without declared funding, the sum of its teams' budgets."""
    if directory.organisation.funding_nanos is not None:
        return directory.organisation.funding_nanos
    return sum(target_budget(t, period) for t in directory.children(directory.root) if not t.has_ended)


@dataclass(frozen=True, kw_only=True)
class PostedTotal:
    """The amount that one kind of document has posted to an account so far, and its number of entries.

    `by_payer` has the amount of each team that paid, by id, where a team changed its parent; empty if its parent paid all.
    """

    nanos: int
    entries: int
    by_payer: tuple[tuple[int, int], ...] = ()


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
    numbers = {team.id: posted.get((team.id, period.name), _NOTHING).entries for team in directory.teams}

    def account(team_id: int, bucket: Literal["funding", "available"] = "available") -> Account:
        return Account(team_id=team_id, period=period.name, bucket=bucket)

    def move(team: Team, source: Account, target: Account, difference: int) -> None:
        """Moves a difference to the target, or back if it is negative. One entry moves at most a billion dollars."""
        is_more = difference > 0
        kind: EntryKind = "appropriation" if source.bucket == "funding" else "allocation"
        left = abs(difference)
        while left:
            moved = min(left, MAX_AMOUNT_NANOS)
            due.append(
                Entry(
                    kind=kind if is_more else "correction",
                    dedupe_key=f"budget:{team.id}:{period.name}:{numbers[team.id]}",
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
            left, numbers[team.id] = left - moved, numbers[team.id] + 1

    funded = posted.get((root.id, period.name), _NOTHING).nanos
    wanted = target_funding(directory, period)
    if directory.organisation.funding_nanos is None:  # a team that ended keeps what it got, so that stays funded
        ended = (team for team in directory.children(root) if team.has_ended)
        wanted += sum(posted.get((team.id, period.name), _NOTHING).nanos for team in ended)
    move(root, account(root.id, "funding"), account(root.id), wanted - funded)
    for team in directory.subtree(root)[1:]:
        assert team.parent_id is not None
        if team.has_ended:  # what it got stays until it is handed on
            continue
        before = posted.get((team.id, period.name), _NOTHING)
        paid = dict(before.by_payer) or {team.parent_id: before.nanos}
        for payer_id in sorted(paid.keys() - {team.parent_id}):  # the team has moved: its former parent gets it back
            move(team, account(payer_id), account(team.id), -paid[payer_id])
        difference = target_budget(team, period) - paid.get(team.parent_id, 0)
        move(team, account(team.parent_id), account(team.id), difference)
    return due


_NOTHING = PostedTotal(nanos=0, entries=0)


def check_budgets_fit(directory: Directory) -> None:
    """Raises ConfigError, one line per fault, if children's budgets exceed their parent's."""
    faults = []
    for team in directory.subtree(directory.root):
        if team.has_ended:
            continue
        children = [child for child in directory.children(team) if not child.has_ended]
        promised = sum(t.budget_nanos or 0 for t in children)
        if team.kind == "organisation":
            has, name = directory.organisation.funding_nanos, "organisation.funding"
            if has is None:
                continue
        else:
            has, name = team.budget_nanos, f"teams[{team.slug}].budget.amount"
        if has is None and promised:
            faults.append(f"teams[{team.slug}].budget: is missing, but its teams' budgets together are {usd(promised)}")
        elif has is not None and promised > has:
            set_in_slack = [t.slug for t in (team, *children) if t.set_budget is not None]
            why = (
                f" (set in Slack: {', '.join(set_in_slack)}; --reset-budgets takes the file's)" if set_in_slack else ""
            )
            faults.append(f"{name}: {usd(has)} is less than its teams' budgets together, {usd(promised)}{why}")
    if faults:
        raise ConfigError("\n".join(faults))
