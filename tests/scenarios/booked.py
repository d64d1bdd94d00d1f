"""What a database holds of usage, summed plainly, to hold against the sums over a file."""

from sqlalchemy import func, select

from storage.ledger import nano_sums, whole
from storage.store import Store
from storage.tables import teams, usage_days, usage_events, usage_hours
from tests.azure import COUNTERS, Sums


async def booked(database_url: str, *, of: str = "events") -> Sums:
    """The sums over the events, or over the `hours` or `days` of the rollups."""
    table = {"events": usage_events, "hours": usage_hours, "days": usage_days}[of]
    calls = func.count() if of == "events" else func.sum(table.c.calls)
    wanted = (
        select(teams.c.slug, calls, *nano_sums(table.c.cost_nanos), *(func.sum(table.c[name]) for name in COUNTERS))
        .join(teams, teams.c.id == table.c.team_id)
        .group_by(teams.c.slug)
    )
    store = Store(database_url)
    sums = Sums()
    try:
        async with store.read() as tx:
            for slug, count, dollars, rest, *tokens in await tx.connection.execute(wanted):
                sums.calls += int(count)
                sums.calls_by_team[slug] += int(count)
                sums.nanos_by_team[slug] += whole(dollars, rest)
                sums.tokens.update({name: int(n) for name, n in zip(COUNTERS, tokens, strict=True)})
    finally:
        await store.close()
    return sums


async def times_booked(database_url: str) -> dict[str, int]:
    """How often each event id is in the books."""
    store = Store(database_url)
    try:
        async with store.read() as tx:
            rows = await tx.connection.execute(
                select(usage_events.c.event_id, func.count()).group_by(usage_events.c.event_id)
            )
            return {str(event_id): int(count) for event_id, count in rows}
    finally:
        await store.close()
