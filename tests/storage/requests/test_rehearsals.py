"""A rehearsal of a company's own requests, on both databases: they are played as they were, and nothing is written."""

from sqlalchemy import func, select

from bot.org.teams_yml.policy_file import read_policy_file
from bot.requests.rehearsals.past_asks import MIN_OWN_ASKS
from handlers.context import Context
from handlers.requests.rehearsals.playing import rehearse
from storage.tables.base import metadata
from tests.storage.requests.life.world import PLAYS, World, teams_yml

FINANCE_ALONE = "approvals:\n  - {by: finance}\n"


async def test_a_companys_own_requests_are_played_without_simulated_ones(context: Context) -> None:
    world = World(context)
    await world.opens()
    for number in range(MIN_OWN_ASKS):
        request = await world.asks()
        if number < 3:
            await PLAYS["approve" if number else "deny"](world, request)
    before = await counts(context)
    alone = await rehearse(context, read_policy_file(FINANCE_ALONE), weeks=1)
    whole = await rehearse(context, read_policy_file(teams_yml("emi")), weeks=1)

    assert await counts(context) == before
    assert (len(alone.comparison.asks), alone.comparison.simulated) == (MIN_OWN_ASKS, 0)
    assert {by: tally.requests for by, tally in alone.comparison.now.by_kind().items()} == {"quorum": MIN_OWN_ASKS}
    assert {by: tally.requests for by, tally in alone.comparison.planned.by_kind().items()} == {"finance": MIN_OWN_ASKS}
    assert alone.comparison.pace.everybody is not None
    moved = {whole.told.names[one.person_id]: one.planned - one.now for one in whole.comparison.workloads()}
    assert moved == {"emi@acme.test": MIN_OWN_ASKS, "ben@acme.test": -MIN_OWN_ASKS}


async def counts(context: Context) -> dict[str, int]:
    """Returns the rows of every table."""
    async with context.store.read() as tx:
        return {
            table.name: int((await tx.connection.execute(select(func.count()).select_from(table))).scalar_one())
            for table in metadata.sorted_tables
        }
