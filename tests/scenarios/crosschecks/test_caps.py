"""Every gateway follows the books: caps after decisions, faults, kills and hand-made changes, against a real HTTP stand-in."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from handlers.crosschecks.caps import calls
from handlers.crosschecks.caps.worker import follow_caps
from tests.scenarios.requests.test_budget_requests import ask, books_agree
from tests.support.caps import Gateway, gateway, teams_yml
from tests.support.company import TEAMS_YML, Company


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
