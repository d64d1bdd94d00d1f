"""What is unspent of a team that was closed or merged: the entries that hand it on, level by level."""

from itertools import pairwise

from bot.books.ledger import Account, Entry, EntryKind
from bot.money import MAX_AMOUNT_NANOS
from bot.org.teams import Directory, Team
from bot.org.tree.places import successor


def ending_document(team: Team, period: str) -> str:
    """Returns the document of the entries that hand on what a team leaves."""
    return f"end:{team.id}:{period}"


def unspent_path(directory: Directory, team: Team, *, has_budget: frozenset[int]) -> list[Team]:
    """Returns the teams that what is unspent passes: up to the parent of a closed team; of a merged one up to the first
    team above both, and down to the one that took it over. A taker without a budget gets none: its parent keeps the money.
    """
    above = list(directory.ancestors(team))
    taker = successor(directory, team)
    if team.merged_into_id is None or taker.kind != "team":
        return [team, above[0]]
    if taker.id not in has_budget:
        taker = directory.ancestors(taker)[0]
    down = [taker, *directory.ancestors(taker)]
    shared = next(one for one in above if one in down)
    return [team, *above[: above.index(shared) + 1], *reversed(down[: down.index(shared)])]


def ending_entries(path: list[Team], *, period: str, unspent_nanos: int, posted: int, at: int) -> list[Entry]:
    """Returns the entries that move what is unspent along a path: `lapse` on the way up, `allocation` on the way down.

    `posted` is the number of entries of the document so far.
    """
    team, entries = path[0], list[Entry]()
    left = unspent_nanos
    while left > 0:
        moved = min(left, MAX_AMOUNT_NANOS)
        for source, target in pairwise(path):
            kind: EntryKind = "allocation" if target.parent_id == source.id else "lapse"
            entries.append(
                Entry(
                    kind=kind,
                    dedupe_key=f"{ending_document(team, period)}:{posted + len(entries)}",
                    period=period,
                    effective_at=at,
                    from_account=Account(team_id=source.id, period=period, bucket="available"),
                    to_account=Account(team_id=target.id, period=period, bucket="available"),
                    amount_nanos=moved,
                    actor_id=None,
                    reason="merged team" if team.merged_into_id is not None else "closed team",
                    document=ending_document(team, period),
                )
            )
        left -= moved
    return entries
