"""Targets of gateways: moved and removed ones, whatever became of their last worker, and which team comes first."""

from dataclasses import replace

from bot.crosschecks.caps import CapTarget
from bot.crosschecks.gateway_caps import GatewayCap
from handlers.context import Context
from tests.storage.declared import declared, teams_yml

X = CapTarget(kind="team", ref="x")
Y = CapTarget(kind="team", ref="y")
NOW = 1_000_000


async def teams(context: Context) -> tuple[int, int]:
    await declared(context, teams_yml())
    async with context.store.read() as tx:
        directory = (await context.scope(tx)).directory
    search, mobile = directory.by_slug("search"), directory.by_slug("mobile")
    assert search is not None
    assert mobile is not None
    return search.id, mobile.id


async def rows(context: Context) -> list[GatewayCap]:
    async with context.store.read() as tx:
        return await tx.gateway_caps.all()


async def test_a_killed_worker_keeps_no_target_with_its_old_team(context: Context) -> None:
    search, mobile = await teams(context)
    async with context.store.begin() as tx:
        await tx.gateway_caps.sync({("eu", X): search, ("eu", Y): search}, gateways=["eu"], now=NOW)
        kept = replace((await tx.gateway_caps.all())[0], state="kept", kept_version=50, not_before=99, tries=3)
        await tx.gateway_caps.save(kept)
        await tx.gateway_caps.claim(search, owner="killed", now=NOW, until=NOW + 10)

    wanted = {("eu", X): mobile}
    async with context.store.begin() as tx:
        assert await tx.gateway_caps.sync(wanted, gateways=["eu"], now=NOW + 9) == ([], False)
    async with context.store.begin() as tx:
        left, is_done = await tx.gateway_caps.sync(wanted, gateways=["eu"], now=NOW + 10)

    assert is_done
    assert [(row.target, row.team_id, row.state) for row in left] == [(X, search, "kept"), (Y, search, "new")]
    (moved,) = await rows(context)
    assert (moved.team_id, moved.state, moved.kept_version, moved.not_before) == (mobile, "new", None, 0)
    async with context.store.begin() as tx:
        assert await tx.gateway_caps.held([moved.id], owner="killed", until=NOW + 99) == {}


async def test_a_decision_comes_before_the_retries_of_other_teams(context: Context) -> None:
    search, mobile = await teams(context)
    async with context.store.begin() as tx:
        await tx.gateway_caps.sync({("eu", X): search, ("us", Y): mobile}, gateways=["eu", "us"], now=NOW)
        marks = {team: await tx.cap_marks.of(team) for team in (search, mobile)}
        for row in await tx.gateway_caps.all():
            followed = replace(row, followed_version=marks[row.team_id].version)
            await tx.gateway_caps.save(replace(followed, next_at=NOW + 300 if row.team_id == mobile else NOW - 300))
    async with context.store.begin() as tx:
        assert await tx.gateway_caps.due_teams(now=NOW, limit=9) == [search]
        await tx.cap_marks.mark([mobile], at=NOW)

    async with context.store.read() as tx:
        assert await tx.gateway_caps.due_teams(now=NOW, limit=9) == [mobile, search]
