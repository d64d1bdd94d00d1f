"""Every gateway follows the books: caps after decisions, faults, kills and hand-made changes, against a real HTTP stand-in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import aiohttp
import pytest

from bot.crosschecks.gateway_caps import GatewayCap
from bot.org.teams_yml.teams_file import read_teams_file
from handlers.context import Context
from handlers.crosschecks.caps import calls, team_run
from handlers.crosschecks.caps.following import CapFollower
from handlers.crosschecks.caps.worker import follow_caps
from handlers.org.teams import import_teams
from tests.gateways.litellm import ADMIN_KEY, Budget, Proxy, serving
from tests.scenarios.requests.test_budget_requests import ask, books_agree
from tests.support.company import TEAMS_YML, Company

KEYS = {"EU_KEY": ADMIN_KEY}


def teams_yml(address: str, targets: str = "[team-abc]", mode: str = "write", more: str = "") -> str:
    line = f"{{name: eu, kind: litellm, url: '{address}', key_env: EU_KEY, mode: {mode}, teams: {{search: {targets}}}}}"
    return f"{TEAMS_YML}gateways:\n  - {line}\n{more}"


@dataclass
class Gateway:
    """Acme with a LiteLLM proxy whose caps follow."""

    acme: Company
    proxy: Proxy
    address: str

    @property
    def cap(self) -> float | None:
        return self.proxy.teams["team-abc"].max_budget

    async def follows(self) -> None:
        await follow_caps(self.acme.context, environment=KEYS)
        await self.acme.settles()

    async def rows(self) -> list[GatewayCap]:
        async with self.acme.context.store.read() as tx:
            return await tx.gateway_caps.all()

    async def imports(self, text: str) -> None:
        await import_teams(self.acme.context, read_teams_file(text), dry_run=False)

    def later(self, **time: float) -> None:
        clock = self.acme.clock
        clock.jump_to(clock.now() + timedelta(**time))


@asynccontextmanager
async def gateway(acme: Company, *, targets: str = "[team-abc]", mode: str = "write") -> AsyncIterator[Gateway]:
    proxy = Proxy(teams={"team-abc": Budget(max_budget=50.0), "team-def": Budget(max_budget=50.0)})
    async with serving(proxy) as address:
        made = Gateway(acme, proxy, address)
        await made.imports(teams_yml(address, targets, mode))
        yield made


@pytest.fixture
async def eu(acme_on_both: Company) -> AsyncIterator[Gateway]:
    async with gateway(acme_on_both) as made:
        yield made


async def test_a_click_sets_the_cap_and_a_worker_reads_it_back(eu: Gateway) -> None:
    await eu.follows()
    assert eu.cap == 1000.0

    card = await ask(eu.acme, eu.acme.anna)
    assert eu.cap == 1000.0
    await eu.acme.ben.clicks("Approve", card)
    await eu.follows()

    (row,) = await eu.rows()
    assert (eu.cap, row.state, row.set_nanos, row.attempts) == (1500.0, "set", 1_500_000_000_000, ())
    assert [(write.before, write.after) for write in eu.proxy.writes] == [(50.0, 1000.0), (1000.0, 1500.0)]
    assert eu.proxy.writes[-1].changed_by.startswith("UBEN")
    await eu.follows()
    assert len(eu.proxy.writes) == 2
    await books_agree(eu.acme)


async def test_spend_at_the_gateway_and_elsewhere(eu: Gateway) -> None:
    await eu.acme.uses(eu.acme.event(1, dollars=300))
    eu.proxy.spend("team-abc", "200.005")
    await eu.follows()

    assert eu.cap == 900.0  # 200.005 spent there + 700 available, down to whole cents

    await eu.acme.uses(eu.acme.event(2, dollars=100))
    eu.later(minutes=6)
    await eu.follows()

    assert eu.cap == 800.0


async def test_a_gateway_that_resets_its_spend_gets_a_lower_cap_soon_after(eu: Gateway) -> None:
    await eu.acme.uses(eu.acme.event(1, dollars=300))
    eu.proxy.spend("team-abc", "300")
    await eu.follows()
    assert eu.cap == 1000.0

    eu.proxy.reset("team-abc")
    eu.later(minutes=6)
    await eu.follows()

    assert eu.cap == 700.0


async def test_several_gateway_teams_share_what_is_available(acme: Company) -> None:
    async with gateway(acme, targets="[team-abc, team-def]") as eu:
        eu.proxy.teams["team-abc"].max_budget = 5_000.0
        await acme.uses(acme.event(1, dollars=100))
        eu.proxy.spend("team-abc", "90")
        eu.proxy.spend("team-def", "10")
        await eu.follows()

        caps = {team: Decimal(str(budget.max_budget)) - budget.spend for team, budget in eu.proxy.teams.items()}
        assert sum(caps.values()) <= 900
        assert sum(caps.values()) >= Decimal("899.98")
        assert caps["team-abc"] > caps["team-def"] > 200
        assert [write.ref for write in eu.proxy.writes] == ["team-abc", "team-def"]  # the lower first


async def test_while_a_cap_can_t_go_down_the_others_get_what_is_left(acme: Company) -> None:
    async with gateway(acme, targets="[team-abc, team-def]") as eu:
        await eu.follows()
        assert [budget.max_budget for budget in eu.proxy.teams.values()] == [500.0, 500.0]
        eu.proxy.spend("team-def", "400")
        await acme.uses(acme.event(1, dollars=400))
        eu.later(minutes=6)
        eu.proxy.faults = [None, None, "500"]  # type: ignore[list-item]  # both are read, and the lowering fails
        await eu.follows()

        rooms = [Decimal(str(budget.max_budget)) - budget.spend for budget in eu.proxy.teams.values()]
        assert sum(rooms) <= 600
        states = {row.target.ref: row.state for row in await eu.rows()}
        assert states["team-abc"] == "waiting"
        eu.later(minutes=1)
        await eu.follows()
        rooms = [Decimal(str(budget.max_budget)) - budget.spend for budget in eu.proxy.teams.values()]
        assert Decimal("599.98") <= sum(rooms) <= 600


@pytest.mark.parametrize("fault", ["drop after", "slow after", "drop before", "500", "429"])
async def test_a_write_whose_answer_is_lost_is_found_and_takes_effect_once(
    eu: Gateway, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await eu.follows()
    monkeypatch.setattr(calls, "CALL_SECONDS", 0.3)
    card = await ask(eu.acme, eu.acme.anna)
    await eu.acme.ben.clicks("Approve", card)
    eu.proxy.faults = [None, fault]  # type: ignore[list-item]  # the read works, the write does not
    await eu.follows()
    (row,) = await eu.rows()
    assert row.state == "waiting"

    eu.later(minutes=6)
    await eu.follows()

    (row,) = await eu.rows()
    assert (eu.cap, row.state, row.set_nanos) == (1500.0, "set", 1_500_000_000_000)
    assert [w.after for w in eu.proxy.writes if w.before != w.after] == [1000.0, 1500.0]


STEPS = ("claim", "read", "plan", "write")


@pytest.mark.parametrize("step", STEPS)
async def test_a_worker_killed_after_a_step_is_continued_by_another(eu: Gateway, step: str) -> None:
    """The process is gone: nothing of it runs on, and its lease ends by itself."""
    await eu.follows()
    card = await ask(eu.acme, eu.acme.anna)
    await eu.acme.ben.clicks("Approve", card)
    await killed_after(eu.acme.context, step)

    await eu.follows()  # the lease of the dead worker holds
    assert len(eu.proxy.writes) == (2 if step == "write" else 1)
    eu.later(seconds=40)
    await eu.follows()

    (row,) = await eu.rows()
    assert (eu.cap, row.state, row.set_nanos) == (1500.0, "set", 1_500_000_000_000)
    assert [w.after for w in eu.proxy.writes if w.before != w.after] == [1000.0, 1500.0]
    await books_agree(eu.acme)


class Killed(BaseException):
    """The process ends here."""


async def killed_after(context: Context, step: str) -> None:
    """Runs a follower that ends after a step, as `kill -9` would end it."""

    async with aiohttp.ClientSession() as session:
        follower = CapFollower(context, session, environment=KEYS)
        await follower.sync()
        with pytest.MonkeyPatch.context() as patch:

            def dies(method: str) -> None:
                original = getattr(team_run.TeamRun, method)

                async def doomed(self: team_run.TeamRun, *args: object) -> object:
                    await original(self, *args)
                    raise Killed

                patch.setattr(team_run.TeamRun, method, doomed)

            async def at_once(self: team_run.TeamRun, *args: object) -> object:
                raise Killed

            if step == "claim":
                patch.setattr(team_run.TeamRun, "read", at_once)
            elif step == "read":
                dies("read")
            elif step == "plan":
                patch.setattr(team_run.TeamRun, "write", at_once)
            elif step == "write":
                dies("write")
            async with context.store.read() as tx:
                due = await tx.gateway_caps.due_teams(now=context.now_micros(), limit=1)
            with pytest.raises(Killed):
                await follower.follow(due[0])


async def test_a_cap_changed_by_hand_is_a_conflict_with_both_numbers_and_a_choice(eu: Gateway) -> None:
    await eu.follows()
    eu.proxy.set_by_hand("team-abc", 900.0)
    card = await ask(eu.acme, eu.acme.anna)
    await eu.acme.ben.clicks("Approve", card)
    await eu.follows()

    assert eu.cap == 900.0
    notice = await eu.acme.ben.sees("changed the cap of Search")
    assert "$900.00" in notice.text
    assert "$1,500.00" in notice.text
    assert notice.buttons() == ["Use the books' $1,500.00", "Keep the gateway's $900.00"]

    reply = await eu.acme.ben.clicks("Use the books' $1,500.00", notice)
    assert reply.modal is None
    await eu.follows()

    assert eu.cap == 1500.0
    after = await eu.acme.ben.sees("chose the books' $1,500.00")
    assert (after.ts, after.buttons()) == (notice.ts, [])


async def test_a_kept_cap_holds_until_people_decide_again(eu: Gateway) -> None:
    await eu.follows()
    eu.proxy.set_by_hand("team-abc", 900.0)
    eu.later(minutes=6)
    await eu.follows()
    notice = await eu.acme.ben.sees("changed the cap of Search")
    await eu.acme.ben.clicks("Keep the gateway's $900.00", notice)
    for _ in range(3):
        eu.later(minutes=6)
        await eu.follows()
    (row,) = await eu.rows()
    assert (eu.cap, row.state) == (900.0, "kept")

    card = await ask(eu.acme, eu.acme.anna)
    await eu.acme.ben.clicks("Approve", card)
    await eu.follows()

    (row,) = await eu.rows()
    assert (eu.cap, row.state) == (1500.0, "set")


async def test_a_kept_cap_that_is_changed_once_more_is_a_new_conflict(eu: Gateway) -> None:
    await eu.follows()
    eu.proxy.set_by_hand("team-abc", 900.0)
    eu.later(minutes=6)
    await eu.follows()
    await eu.acme.ben.clicks("Keep the gateway's $900.00", await eu.acme.ben.sees("changed the cap of Search"))
    eu.proxy.set_by_hand("team-abc", None)
    eu.later(minutes=6)
    await eu.follows()

    (row,) = await eu.rows()
    assert (eu.cap, row.state, row.conflict) == (None, "conflict", 2)
    assert "Keep the gateway's no cap" in (await eu.acme.ben.sees("to no cap")).buttons()


async def test_only_those_responsible_choose_and_an_old_button_chooses_nothing(eu: Gateway) -> None:
    await eu.follows()
    eu.proxy.set_by_hand("team-abc", 900.0)
    eu.later(minutes=6)
    await eu.follows()
    notice = await eu.acme.ben.sees("changed the cap of Search")
    eu.proxy.set_by_hand("team-abc", 800.0)
    eu.later(minutes=6)
    await eu.follows()

    reply = await eu.acme.ben.clicks("Keep the gateway's $900.00", notice)
    assert "another one by now" in reply.text
    (row,) = await eu.rows()
    assert row.state == "conflict"


async def test_dry_run_shows_and_writes_nothing(acme: Company) -> None:
    async with gateway(acme, mode="dry_run") as eu:
        await eu.follows()
        (row,) = await eu.rows()

        assert (eu.cap, eu.proxy.writes, row.state, row.wanted_nanos) == (50.0, [], "dry_run", 1_000_000_000_000)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("mode: govern", "mode: announce"), "Search is in mode announce, in which budgets stop nobody"),
        (("{amount: 1000, thresholds", "{amount: 1000, enforce: warn, thresholds"), "warns, and stops nobody"),
        (("    budget: {amount: 1000, thresholds: [80, 100]}\n", ""), "Search has no budget"),
    ],
)
async def test_no_cap_follows_a_budget_that_stops_nobody(acme: Company, change: tuple[str, str], sentence: str) -> None:
    async with gateway(acme) as eu:
        await eu.imports(teams_yml(eu.address).replace(*change))
        await eu.follows()
        (row,) = await eu.rows()

        assert (eu.proxy.writes, row.state) == ([], "idle")
        assert sentence in row.sentence


async def test_a_missing_key_and_a_refusal_say_what_to_do(acme: Company) -> None:
    async with gateway(acme) as eu:
        await follow_caps(acme.context, environment={})
        (row,) = await eu.rows()
        assert (row.state, row.sentence) == (
            "refused",
            "EU_KEY isn't set. Set it to the key of eu and restart the worker.",
        )

        eu.later(minutes=6)
        eu.proxy.organisation_max = 600.0
        await eu.follows()
        (row,) = await eu.rows()
        assert "above the cap of its organization in LiteLLM" in row.sentence
        assert eu.cap == 50.0


async def test_a_target_that_leaves_teams_yml_is_forgotten(eu: Gateway) -> None:
    await eu.follows()
    await eu.imports(TEAMS_YML)
    await eu.follows()

    assert await eu.rows() == []
    assert eu.cap == 1000.0
