"""Teams as a tree of bars: each line has the spend and the budget of a team with all teams below it."""

from collections.abc import Sequence

from bot.books.budgets import Standing
from bot.periods import long_day_text
from bot.reporting.concerns import spent_of
from bot.views.bars import Bar
from bot.views.books.budgets import has_budget

INCLUDES = "A team's line includes the teams below it."


def tree_rows(standings: Sequence[Standing]) -> list[Bar]:
    """Returns a line per team: the largest first, each followed by those below it. The lines of the first level add up to
    what all of them spent."""
    listed = {s.team.id for s in standings}
    below: dict[int | None, list[Standing]] = {}
    for standing in standings:
        above = standing.team.parent_id if standing.team.parent_id in listed else None
        below.setdefault(above, []).append(standing)
    is_one_period = len({s.period for s in standings}) == 1
    sums: dict[int, tuple[int, int, int]] = {}

    def add_up(standing: Standing) -> tuple[int, int, int]:
        """Returns what is spent, what of it before the budgets' first days, and the budgets."""
        parts = [(spent_of(standing), standing.balance.uncounted_nanos, _budget_of(standing))]
        parts += [add_up(child) for child in below.get(standing.team.id, ())]
        spent, uncounted, given = (sum(column) for column in zip(*parts, strict=True))
        if standing.subtree is not None and is_one_period:  # days before a move count for the department of then
            spent = standing.subtree.charged_nanos + uncounted
        sums[standing.team.id] = (spent, uncounted, given)
        return sums[standing.team.id]

    rows: list[Bar] = []

    def list_below(parent: int | None, depth: int) -> None:
        for standing in sorted(below.get(parent, ()), key=lambda s: (-sums[s.team.id][0], s.team.name)):
            spent, _, given = sums[standing.team.id]
            note = "" if given else budget_note(standing)
            rows.append(
                Bar(
                    name=standing.team.name,
                    used_nanos=spent,
                    whole_nanos=given or None,
                    depth=depth,
                    note=note,
                    has_no_price=spent == 0 and standing.has_no_price,
                )
            )
            list_below(standing.team.id, depth + 1)

    for standing in below.get(None, ()):
        add_up(standing)
    list_below(None, 0)
    return rows


def _budget_of(standing: Standing) -> int:
    return max(0, standing.balance.allocated_nanos) if has_budget(standing) else 0


def budget_note(standing: Standing) -> str:
    """Returns why a team has no bar: what became of its budget, or that there is none."""
    team, balance = standing.team, standing.balance
    if team.mode == "announce":
        return "no budget shown"
    if balance.budget == "later" and team.starts_day is not None:
        return f"budget begins on {long_day_text(team.starts_day)}"
    if not has_budget(standing):
        return "no budget declared"
    return "budget handed to its teams" if balance.handed_nanos > 0 else "a budget of $0"
