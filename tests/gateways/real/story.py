"""The story: a developer is stopped at a team's cap, asks in Slack, a manager clicks, and the next call goes through."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console

from bot.crosschecks.caps import Connection
from bot.org.gateways import CapTarget, GatewaySettings
from handlers.crosschecks.caps.adapters import adapter_of
from handlers.crosschecks.caps.following import CapFollower
from handlers.crosschecks.caps.lines import cap_lines
from tests.gateways.real.stage import BLOCKED, CALL_DOLLARS, URL, WRITE_KEY, RealGateway, real_gateway
from tests.scenarios.requests.test_budget_requests import ask
from tests.support.company import TEAMS_YML, Company, company

KEYS = {"APPS_KEY": WRITE_KEY}
_BUDGET = "budget: {amount: 1000, thresholds: [80, 100]}"
GATEWAY = f"{{name: apps, kind: claude_gateway, url: '{URL}', key_env: APPS_KEY, teams: {{search: [search]}}}}"
TEAMS = f"{TEAMS_YML.replace(_BUDGET, 'budget: {amount: 0.20}')}gateways:\n  - {GATEWAY}\n"
out = Console(highlight=False, soft_wrap=True, markup=False)


class Judge:
    """Prints each step with its verdict, and remembers whether one was wrong."""

    def __init__(self) -> None:
        self.wrong = 0

    def expect(self, step: str, found: Any, wanted: Any) -> None:
        good = found == wanted
        self.wrong += not good
        out.print(f"{'ok   ' if good else 'WRONG'} {step}: {found}" + ("" if good else f" (wanted: {wanted})"))


async def tell(claude: Path, folder: Path) -> int:
    judge = Judge()
    began = time.monotonic()
    async with real_gateway(claude, folder) as gateway:
        out.print(f"      the gateway answers after {time.monotonic() - began:.1f} s; {await _version(claude)}")
        assert TEAMS.count("amount: 0.20") == 1
        async with company(f"sqlite:///{folder}/tokens.db", teams_yml=TEAMS) as acme, _following(acme) as follower:
            await _story(judge, gateway, acme, follower)
    out.print("Every step was right." if not judge.wrong else f"{judge.wrong} steps were wrong.")
    return 1 if judge.wrong else 0


async def _story(judge: Judge, gateway: RealGateway, acme: Company, follower: CapFollower) -> None:
    await follower.follow_due()
    judge.expect(
        "teams.yml's $0.20 is the pooled budget of group search, in cents", await _pool(gateway), ("20", False)
    )

    statuses = [await _calls(gateway, n) for n in (1, 2)]
    blocked = await gateway.prompt()
    judge.expect("Anna's calls, $0.165 each", [*statuses, blocked.status], [200, 200, 429])
    judge.expect("what she reads names the way out", BLOCKED in blocked.words, True)
    await acme.uses(*(acme.event(n, dollars=float(CALL_DOLLARS)) for n in range(2)))

    began = time.monotonic()
    card = await ask(acme, acme.anna, amount="5", reason="The gateway stopped me")
    await acme.ben.clicks("Approve", card)
    clicked = time.monotonic()
    await follower.follow_due()
    followed = time.monotonic()
    after = await _calls(gateway, 3)
    await acme.uses(acme.event(2, dollars=float(CALL_DOLLARS)))
    judge.expect("after Ben's click the gateway's own cap is $5.20", await _pool(gateway), ("520", False))
    judge.expect("Anna's next call goes through", after, 200)
    out.print(f"      ask and click {clicked - began:.1f} s, click to read-back {(followed - clicked) * 1000:.0f} ms")
    judge.expect(
        "the gateway's audit has the change, by Tokens' key", await _audited(gateway), ("admin-key:tokens", "20", "520")
    )
    await acme.settles()
    for line in await _lines(acme):
        out.print(f"      the card says: {line}")
    judge.expect("the card has the cap that was read back", any("$5.20" in line for line in await _lines(acme)), True)

    await gateway.admin("POST", "/spend_limits", _limit("9900"), key=WRITE_KEY)
    await _later(acme, follower)
    judge.expect("a cap set by hand is left alone", await _pool(gateway), ("9900", False))
    await acme.settles()
    shown = [m for m in await acme.ben.dms() if any(b.startswith("Use") for b in m.buttons())]
    told = [m for m in shown if {"$99.00", "$5.20"} <= set(re.findall(r"\$[0-9.]+[0-9]", m.text_everywhere()))]
    judge.expect("and Ben gets one message with both numbers and a choice", (len(shown), len(told)), (1, 1))
    for message in shown[:1]:
        out.print(f"      {message.text}")
        await acme.ben.clicks(next(b for b in message.buttons() if b.startswith("Use")), message)
        await _later(acme, follower)
        judge.expect("after his choice the books' cap is back", await _pool(gateway), ("520", False))

    found = await _connection("serach")
    judge.expect("`tokens gateways test` can read and write", (found.can_read, found.can_write), (True, True))
    judge.expect(
        "and names a group that nobody is in", any("Nobody in group serach" in note for note in found.notes), True
    )


async def _calls(gateway: RealGateway, number: int) -> int:
    """Anna's so many-th call: its status. The gateway counts a call a little after it has answered, so that is waited for."""
    status = (await gateway.prompt()).status
    for _ in range(100):
        if Decimal((await _budget(gateway)).get("period_to_date_spend", "0")) >= number * Decimal(CALL_DOLLARS) * 100:
            break
        await asyncio.sleep(0.05)
    return status


async def _budget(gateway: RealGateway) -> dict[str, Any]:
    limits = (await gateway.admin("GET", "/spend_limits?scope_type=rbac_group")).body["data"]
    pools = [limit["pooled_budget"] for limit in limits if limit["scope"]["rbac_group_id"] == "search"]
    return pools[0] or {} if pools else {}


async def _pool(gateway: RealGateway) -> tuple[str | None, bool | None]:
    found = await _budget(gateway)
    return found.get("amount"), found.get("paused")


async def _audited(gateway: RealGateway) -> tuple[str, str, str]:
    newest = (await gateway.admin("GET", "/spend_limits/audit?limit=1")).body["data"][0]
    before, after = newest["before"]["pooled_budget"], newest["after"]["pooled_budget"]
    return newest["actor"], before["amount"], after["amount"]


def _limit(cents: str) -> dict[str, Any]:
    return {"scope": {"type": "rbac_group", "rbac_group_id": "search"}, "pooled_budget": {"amount": cents}}


async def _lines(acme: Company) -> tuple[str, ...]:
    async with acme.context.store.read() as tx:
        scope = await acme.context.scope(tx)
        team = scope.directory.by_slug("search")
        assert team is not None
        return await cap_lines(scope.of_team(team))


async def _later(acme: Company, follower: CapFollower) -> None:
    """The next time that Tokens looks at its gateways."""
    for _ in range(6):
        acme.clock.jump_to(_in_an_hour(acme))
        await follower.follow_due()


def _in_an_hour(acme: Company) -> datetime:
    return acme.clock.now() + timedelta(hours=1)


@asynccontextmanager
async def _following(acme: Company) -> AsyncIterator[CapFollower]:
    async with aiohttp.ClientSession() as session:
        yield CapFollower(acme.context, session, environment=KEYS)


async def _connection(group: str) -> Connection:
    async with aiohttp.ClientSession() as session:
        settings = GatewaySettings(
            name="apps",
            kind="claude_gateway",
            url=URL,
            key_env="APPS_KEY",
            teams={"search": (CapTarget(kind="group", ref=group),)},
        )
        return await adapter_of(settings, session, environment=KEYS).test_connection()


async def _version(claude: Path) -> str:
    process = await asyncio.create_subprocess_exec(str(claude), "--version", stdout=asyncio.subprocess.PIPE)
    printed, _ = await process.communicate()
    return printed.decode().strip()
