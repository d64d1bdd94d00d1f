"""One click, seven kinds of gateways: each follows, or says why it doesn't, and together they stay within the books."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.crosschecks.gateway_caps import GatewayCap
from bot.money import NANOS
from bot.org.teams_yml.teams_file import read_teams_file
from handlers.crosschecks.caps.apis import claude_enterprise
from handlers.crosschecks.caps.lines import cap_lines
from handlers.crosschecks.caps.worker import follow_caps
from handlers.org.teams import import_teams
from tests.gateways import litellm
from tests.gateways.anthropic_api import ConsoleApi, EnterpriseApi
from tests.gateways.claude_gateway import ClaudeGatewayApi, Person
from tests.gateways.github_api import GitHubApi
from tests.gateways.openai_api import OpenAIApi
from tests.gateways.stand_in import StandIn
from tests.gateways.webhook_receiver import Receiver
from tests.scenarios.requests.test_budget_requests import ask, books_agree
from tests.support.company import TEAMS_YML, Company

ANNA = [Person("idp|anna-1", "anna@acme.test", "Anna", ("search",), "1000")]
HOUR = timedelta(hours=1)
KINDS = {
    "claude_gateway": "[search]",
    "claude_enterprise": "[{user: anna@acme.test}]",
    "openai": "[proj_abc]",
    "anthropic": "[wrkspc_1]",
    "github": "[acme]",
    "webhook": "[search]",
}


@dataclass
class Everywhere:
    """Acme, whose team Search uses one gateway of each kind."""

    acme: Company
    proxy: litellm.Proxy
    apis: dict[str, StandIn]

    async def follows(self) -> None:
        keys = {f"{kind.upper()}_KEY": api.key for kind, api in self.apis.items()} | {"EU_KEY": litellm.ADMIN_KEY}
        await follow_caps(self.acme.context, environment=keys)
        await self.acme.settles()

    async def rows(self) -> dict[str, GatewayCap]:
        async with self.acme.context.store.read() as tx:
            return {row.gateway: row for row in await tx.gateway_caps.all()}

    async def lines(self) -> str:
        async with self.acme.context.store.read() as tx:
            scope = await self.acme.context.scope(tx)
            team = scope.directory.by_slug("search")
            assert team is not None
            return "\n".join(await cap_lines(scope.of_team(team)))


@pytest.fixture
async def everywhere(acme: Company, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Everywhere]:
    monkeypatch.setattr(claude_enterprise._PacedCalls, "_paces", {})
    monkeypatch.setattr(claude_enterprise.ClaudeEnterprise, "_ids", {})
    apis: dict[str, StandIn] = {
        "claude_gateway": ClaudeGatewayApi(people=list(ANNA)),
        "claude_enterprise": EnterpriseApi(people=list(ANNA)),
        "openai": OpenAIApi(costs={"proj_abc": 10.0}),
        "anthropic": ConsoleApi(may_set=False),
        "github": GitHubApi(),
        "webhook": Receiver(),
    }
    proxy = litellm.Proxy(teams={"team-abc": litellm.Budget(max_budget=50.0)})
    async with AsyncExitStack() as stack:
        lines = [f"{{name: eu, kind: litellm, url: '{await stack.enter_async_context(litellm.serving(proxy))}', "]
        lines[0] += "key_env: EU_KEY, teams: {search: [team-abc]}}"
        for kind, api in apis.items():
            url = await stack.enter_async_context(api.serving()) + ("/tokens" if kind == "webhook" else "")
            name = kind.replace("_", "-")
            key = f"key_env: {kind.upper()}_KEY"
            lines.append(f"{{name: {name}, kind: {kind}, url: '{url}', {key}, teams: {{search: {KINDS[kind]}}}}}")
        text = f"{TEAMS_YML}gateways:\n" + "".join(f"  - {line}\n" for line in lines)
        await import_teams(acme.context, read_teams_file(text), dry_run=False)
        yield Everywhere(acme, proxy, apis)
        assert [wrong for api in apis.values() for wrong in api.wrongs] == []


async def test_a_click_reaches_every_kind_and_their_rooms_stay_within_the_books(everywhere: Everywhere) -> None:
    acme = everywhere.acme
    await everywhere.follows()
    before = await everywhere.rows()
    await acme.ben.clicks("Approve", await ask(acme, acme.anna))
    await everywhere.follows()
    after = await everywhere.rows()

    assert {name: row.state for name, row in after.items()} == {
        "eu": "set",
        "claude-gateway": "set",
        "claude-enterprise": "idle",
        "openai": "set",
        "anthropic": "refused",
        "github": "set",
        "webhook": "sent",
    }
    followed = [row for name, row in after.items() if name not in ("anthropic", "claude-enterprise")]
    assert all((row.set_nanos or 0) > (before[row.gateway].set_nanos or 0) for row in followed)
    rooms = [(row.set_nanos or 0) - (row.spent_nanos or 0) for row in followed]
    assert 1_000 * NANOS < sum(rooms) <= 1_500 * NANOS
    assert (after["github"].set_nanos or 0) % NANOS == 0
    lines = await everywhere.lines()
    assert "early access preview" in lines
    assert lines.count("set and read back") == 4
    assert not any(api.key in lines for api in everywhere.apis.values())
    await books_agree(acme)


async def test_a_second_look_changes_nothing_and_finds_no_conflict(everywhere: Everywhere) -> None:
    await everywhere.follows()
    posts = {kind: sum(seen.method != "GET" for seen in api.seen) for kind, api in everywhere.apis.items()}
    before = await everywhere.rows()
    for _ in range(3):
        everywhere.acme.clock.jump_to(everywhere.acme.clock.now().replace(microsecond=0) + HOUR)
        await everywhere.follows()
    after = await everywhere.rows()

    assert {name: row.state for name, row in after.items()} == {name: row.state for name, row in before.items()}
    assert {name: row.set_nanos for name, row in after.items()} == {name: row.set_nanos for name, row in before.items()}
    for kind, api in everywhere.apis.items():
        if kind not in (
            "anthropic",
            "webhook",
        ):  # one that is refused is tried again; one that can't be asked is told again
            assert sum(seen.method != "GET" for seen in api.seen) == posts[kind], kind
