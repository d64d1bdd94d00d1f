"""A gateway's views on the fast path leave its teams as the full path would. On both databases."""

import json
from typing import Any

from sqlalchemy import update

from bot.crosschecks.gateways import GatewayTeam, update_baseline
from bot.org.attribution import Source
from bot.sources.litellm.parser import parse
from handlers.intake.gateways.added_views import gathered
from handlers.intake.group_commits import GroupCommits
from handlers.intake.keys import create_key
from handlers.intake.usage_jobs import UsageJob
from storage.tables.crosschecks import gateway_teams
from tests.bot.sources.litellm.litellm_examples import sample
from tests.storage.conftest import Books

HOUR = 3_600.0


class Watched:
    """A source of LiteLLM, what its bodies should leave of its teams, and how many of them took the full path."""

    def __init__(self, books: Books, source: Source) -> None:
        self._books, self._source = books, source
        self._began = books.context.now().timestamp() - 20 * HOUR
        self._calls = 0
        self.expected: dict[str, GatewayTeam] = {}
        self.full = 0

    def call(self, hours: float, spend: float | None, team: str = "team-a", cost: float = 0.25) -> dict[str, Any]:
        self._calls += 1
        at, name = self._began + hours * HOUR, f"call-{self._calls}"
        call = sample(id=name, litellm_call_id=name, startTime=at, endTime=at, response_cost=cost, cost_breakdown=None)
        call["metadata"] |= {"user_api_key_team_id": team, "user_api_key_team_spend": spend, "user_api_key_alias": "k"}
        return call

    async def sends(self, *calls: dict[str, Any]) -> None:
        parsed = parse(json.dumps(calls).encode(), now=self._books.context.now())
        await self._books.intake.book(parsed, source=self._source)

    def expects(self, group: list[UsageJob]) -> None:
        for source_id, views, booked in gathered(group):
            for team in views.keys() | booked.keys():
                known = self.expected.get(team)
                after = update_baseline(known, views.get(team), source_id=source_id, booked=booked.get(team, ()))
                if after is not None:
                    self.expected[team] = after

    async def stored(self) -> dict[str, GatewayTeam]:
        async with self._books.context.store.read() as tx:
            return {team.gateway_team: team for team in await tx.gateways.all()}


async def watched(books: Books, monkeypatch: Any) -> Watched:
    token = await create_key(books.context, "litellm", source="litellm")
    source = await books.context.rulebooks.source_of(token)
    assert source is not None
    found = Watched(books, source)
    whole, full = GroupCommits.commit, GroupCommits._commit

    async def commit(self: GroupCommits, group: list[UsageJob], *given: Any, **more: Any) -> list[UsageJob]:
        done = await whole(self, group, *given, **more)
        found.expects(done)
        return done

    async def commit_fully(self: GroupCommits, group: list[UsageJob]) -> list[UsageJob]:
        found.full += 1
        return await full(self, group)

    monkeypatch.setattr(GroupCommits, "commit", commit)
    monkeypatch.setattr(GroupCommits, "_commit", commit_fully)
    return found


async def test_views_and_calls_are_added_without_reading_the_team(books: Books, monkeypatch: Any) -> None:
    seen = await watched(books, monkeypatch)
    await seen.sends(seen.call(0, 10.0), seen.call(0, 20.0, "team-b"))
    first = seen.full
    assert await seen.stored() == seen.expected

    for hours, spend in ((1, 10.5), (1.01, 10.25), (0.9, 10.75), (2, 11.0), (2, None), (3, 12.0), (9, 20.0)):
        await seen.sends(seen.call(hours, spend), seen.call(hours, 21.0 + hours, "team-b"), seen.call(hours, None))
        assert await seen.stored() == seen.expected, hours

    assert first >= 1
    assert seen.full == first + 1, "the spend that fell took the full path"
    assert seen.expected["team-a"].settled_nanos
    assert seen.expected["team-a"].booked_nanos == 14 * 250_000_000


async def test_a_reset_and_a_new_team_take_the_full_path(books: Books, monkeypatch: Any) -> None:
    seen = await watched(books, monkeypatch)
    await seen.sends(seen.call(1, 10.0))
    for hours, spend, team in ((3, 0.5, "team-a"), (4, 7.0, "team-c")):
        before = seen.full
        await seen.sends(seen.call(hours, spend, team))
        assert (await seen.stored(), seen.full) == (seen.expected, before + 1)

    assert seen.expected["team-a"].base_nanos == 500_000_000


async def test_what_was_read_long_ago_is_read_again(books: Books, monkeypatch: Any) -> None:
    seen = await watched(books, monkeypatch)
    await seen.sends(seen.call(1, 10.0))
    before = seen.full
    await seen.sends(seen.call(2, 11.0))
    assert seen.full == before
    monkeypatch.setattr("handlers.intake.gateways.added_views._FRESH_MICROS", 0)
    await seen.sends(seen.call(3, 12.0))

    assert (await seen.stored(), seen.full) == (seen.expected, before + 1)


async def test_a_body_without_views_of_a_source_with_views_is_added_too(books: Books, monkeypatch: Any) -> None:
    seen = await watched(books, monkeypatch)
    await seen.sends(seen.call(1, 10.0))
    await seen.sends(seen.call(2, None))
    assert await seen.stored() == seen.expected


async def test_calls_of_before_the_baseline_and_of_right_after_it_are_told_apart(
    books: Books, monkeypatch: Any
) -> None:
    seen = await watched(books, monkeypatch)
    await seen.sends(seen.call(5, 10.0))
    before = seen.full
    await seen.sends(seen.call(4, 9.0), seen.call(5.01, 10.0, cost=0.5), seen.call(7, 11.0, cost=1.0))

    assert (await seen.stored(), seen.full) == (seen.expected, before)
    team = seen.expected["team-a"]
    assert (team.booked_nanos, team.edge_nanos) == (1_500_000_000, 750_000_000)


async def test_calls_form_the_edge_of_a_baseline_that_another_process_just_started(
    books: Books, monkeypatch: Any
) -> None:
    seen = await watched(books, monkeypatch)
    await seen.sends(seen.call(1, 10.0))
    async with books.context.store.begin() as tx:
        await tx.connection.execute(update(gateway_teams).values(base_at=gateway_teams.c.base_at + 1))
    await seen.sends(seen.call(3, 11.0))

    team = (await seen.stored())["team-a"]
    assert (team.booked_nanos, team.edge_nanos, team.spend_nanos) == (0, 500_000_000, 11_000_000_000)
