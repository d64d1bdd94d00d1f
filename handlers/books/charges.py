"""Posts the charges of closed days: what changed since the last pass is summed outside of the write transaction."""

from collections.abc import Sequence
from itertools import islice

from bot.books.charges import Posted, TeamUsage, days_to_post
from bot.books.closing.period_states import Known, charged_period
from bot.books.commitments.holds import HoldUse, use_entries
from bot.books.ledger import Entry, PeriodClosed, charge_entries
from bot.org.teams import Directory
from bot.rulebook import Rulebook
from handlers.context import Context
from storage.books.charges import DayCharge

TEAMS_AT_ONCE = 200
ENTRIES_AT_ONCE = 200
"""Entries per transaction, so that usage comes in between two of them."""


async def post_charges(context: Context) -> int:
    """Posts the charges of closed days whose usage changed, and returns the number of entries.

    Today's usage has no entry yet; `available` includes it anyway. A team whose usage or charges change meanwhile stays
    due, and the next pass posts it.
    """
    posted, tried = 0, set[int]()
    while True:
        at = context.now_micros()
        async with context.store.read() as tx:
            rulebook = await context.rulebooks.current(tx)
            today = {team.id: team.day_of(at) for team in rulebook.directory.teams}
            changed = (
                (usage, days)
                for usage in await tx.charges.usage()
                if usage.team_id in today and usage.team_id not in tried
                if (days := days_to_post(usage, today=today[usage.team_id])) is not None
            )
            piece = list(islice(changed, TEAMS_AT_ONCE))
            due = await tx.charges.due({usage.team_id: days for usage, days in piece})
            holds = await tx.holds.uses_of({charge.team_id for charge in due})
            known = await tx.periods.known() if due else {}
        if not piece:
            return posted
        charged = {charge.team_id for charge in due}
        teams = {
            usage.team_id: (usage, usage.posted_until(today[usage.team_id]))
            for usage, _ in piece
            if usage.team_id in charged or must_mark(usage, today=today[usage.team_id])
        }
        try:
            entries = _entries(rulebook.directory, known, due, holds, at=at)
            posted += await _post(context, rulebook, teams, entries, at=at)
        except PeriodClosed:
            return posted  # it began to close meanwhile: the next pass posts to the one after it
        tried |= {usage.team_id for usage, _ in piece}


def must_mark(usage: TeamUsage, *, today: int) -> bool:
    """Returns whether a team without charges due needs a new mark. Usage of the last days needs none: to sum a few days
    again costs less than a write."""
    posted = usage.posted
    return posted is None or (posted.rewrites, posted.until_day) != (usage.rewrites, today)


def _entries(
    directory: Directory, known: Known, due: Sequence[DayCharge], holds: Sequence[HoldUse], *, at: int
) -> list[tuple[int, Entry]]:
    """Returns (team, entry) in order of teams and days. Holds pay for their runs first. The organisation pays for
    unattributed usage.

    Charges of a closed period's days go to the next open one: they are its prior-period charges.
    """
    found: list[tuple[int, Entry]] = []
    closed = {name for name, one in known.items() if one.state != "open"}
    for team_id, day, so_far, total in due:
        posted, number = so_far.nanos, so_far.entries
        for use in holds:
            if use.hold.team_id == team_id and use.hold.period not in closed and (change := use.changes.get(day)):
                paid = use_entries(use.hold, day=day, nanos=change, posted_entries=number, at=at)
                found += [(team_id, entry) for entry in paid]
                posted, number = posted + change, number + len(paid)
        charges = charge_entries(
            spender_id=team_id,
            payer_id=directory.root.id if team_id == directory.unattributed.id else team_id,
            period=charged_period(known, day, directory.organisation.calendar.period_of).name,
            day=day,
            posted_nanos=posted,
            posted_entries=number,
            total_nanos=total,
            at=at,
        )
        found += [(team_id, entry) for entry in charges]
    return found


async def _post(
    context: Context,
    rulebook: Rulebook,
    teams: dict[int, tuple[TeamUsage, Posted]],
    entries: list[tuple[int, Entry]],
    *,
    at: int,
) -> int:
    """Posts entries piece by piece. A team is marked as posted with its last entry; teams without entries come last."""
    last = {team_id: place for place, (team_id, _) in enumerate(entries)}
    posted = 0
    for start in range(0, max(len(entries), 1), ENTRIES_AT_ONCE):
        piece = entries[start : start + ENTRIES_AT_ONCE]
        end = start + len(piece)
        ending = {team_id for team_id, place in last.items() if start <= place < end}
        if end == len(entries):
            ending |= teams.keys() - last.keys()
        touched = {team_id for team_id, _ in piece} | ending
        if not touched:
            continue
        async with context.store.begin() as tx:
            if await context.rulebooks.current(tx) is not rulebook:
                return posted
            free = await tx.charges.unchanged([teams[team_id][0] for team_id in sorted(touched)])
            free -= await tx.holds.teams_with_ended(entry.document for _, entry in piece)
            own = [entry for team_id, entry in piece if team_id in free]
            made = await tx.ledger.post(own, at=at, currency=rulebook.directory.organisation.currency)
            posted += made
            if made == len(own):  # else another process posts some of these days now
                await tx.charges.mark_posted({team_id: teams[team_id][1] for team_id in ending & free})
    return posted
