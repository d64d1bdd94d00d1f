"""Checks of charges beside their usage: no more than it, and once a day is posted no less."""

from collections.abc import AsyncIterator

from sqlalchemy import select

from bot.books.charges import FIRST_DAY
from bot.money import usd
from storage.books.charges import Charges
from storage.queries.sums import nano_sums, whole
from storage.tables.intake import usage_adjustments
from storage.transaction import OpenTransaction

_LAST_DAY = 10**9


async def charge_faults(tx: OpenTransaction, *, since_day: int | None = None) -> AsyncIterator[str]:
    """Yields each team's day whose charges are above its usage, or below it though the day is posted.

    Until the posting job corrects it, a charge may exceed usage by what adjusting rows took away after it was posted.
    """
    first = FIRST_DAY if since_day is None else since_day
    adjusted = usage_adjustments.c
    taken = {
        (int(team), int(day)): -whole(dollars, rest)
        for team, day, dollars, rest in await tx.connection.execute(
            select(adjusted.team_id, adjusted.local_day, *nano_sums(adjusted.cost_nanos))
            .where(adjusted.cost_nanos < 0, adjusted.local_day >= first)
            .group_by(adjusted.team_id, adjusted.local_day)
        )
    }
    charges = Charges(tx)
    posted = {usage.team_id: usage for usage in await charges.usage()}
    teams = set(posted) | set(await charges.charged_teams())
    for team, day, so_far, total in await charges.due(dict.fromkeys(sorted(teams), (first, _LAST_DAY))):
        usage = posted.get(team)
        is_posted = (
            usage is not None
            and usage.posted is not None
            and (usage.posted.version, usage.posted.rewrites) == (usage.version, usage.rewrites)
            and day < usage.posted.until_day
        )
        if so_far.nanos > total + taken.get((team, day), 0):
            yield f"ledger: team {team}, day {day}: it was charged more than its usage sums to, {usd(so_far.nanos - total)}"
        elif so_far.nanos < total and is_posted:
            yield f"ledger: team {team}, day {day}: {usd(total - so_far.nanos)} of its usage is not charged, though it is posted"
