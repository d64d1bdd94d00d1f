"""LiteLLM's adapter against the stand-in, over real HTTP: what is sent, what is read, and the sentence of each refusal."""

from collections.abc import AsyncIterator
from decimal import Decimal

import aiohttp
import pytest

from bot.crosschecks.caps import CapChange, CapTarget, GatewaySettings
from bot.money import NANOS
from handlers.crosschecks.caps import calls
from handlers.crosschecks.caps.adapter import CapRefused, CapUnreachable
from handlers.crosschecks.caps.adapters import adapter_of
from handlers.crosschecks.caps.litellm import LiteLLM
from tests.gateways.litellm import ADMIN_KEY, Budget, Fault, Proxy, serving

TEAM = CapTarget(kind="team", ref="team-abc")
MEMBER = CapTarget(kind="member", ref="u-1", member_of="team-abc")
KEY = CapTarget(kind="key", ref="hash-1")
CHANGE = CapChange(
    id="eu:team:team-abc:7",
    version=7,
    team="search",
    team_name="Search",
    period="2026-11",
    available_nanos=500 * NANOS,
    changed_by="U0BEN",
    because="a budget request was approved",
)


@pytest.fixture
def proxy() -> Proxy:
    return Proxy(
        teams={"team-abc": Budget(max_budget=500.0, soft_budget=400.0, spend=Decimal("123.456789"))},
        members={("team-abc", "u-1"): Budget(max_budget=50.0, spend=Decimal("12.5"))},
        keys={"hash-1": Budget(spend=Decimal("1.25"))},
    )


@pytest.fixture
async def eu(proxy: Proxy) -> AsyncIterator[LiteLLM]:
    async with serving(proxy) as address, aiohttp.ClientSession() as session:
        settings = GatewaySettings(
            name="eu", kind="litellm", url=address, key_env="EU_KEY", teams={"search": (TEAM, MEMBER, KEY)}
        )
        made = adapter_of(settings, session, environment={"EU_KEY": ADMIN_KEY})
        assert isinstance(made, LiteLLM)
        yield made


async def test_a_cap_is_read_to_the_last_digit_and_written_as_whole_cents(eu: LiteLLM, proxy: Proxy) -> None:
    before = await eu.read_cap(TEAM)
    after = await eu.write_cap(TEAM, 750_120_000_000, seen=before, change=CHANGE)

    assert (before.cap_nanos, before.spent_nanos) == (500 * NANOS, 123_456_789_000)
    assert (after.cap_nanos, after.spent_nanos) == (750_120_000_000, 123_456_789_000)
    assert proxy.bodies == [{"team_id": "team-abc", "max_budget": 750.12}]
    assert proxy.writes[0].changed_by == "U0BEN (tokens change 7)"


@pytest.mark.parametrize(("dollars", "soft"), [(400, 399.99), (300, 299.99), (401, 400.0)])
async def test_a_soft_budget_that_would_be_in_the_way_moves_below_the_cap(
    eu: LiteLLM, proxy: Proxy, dollars: int, soft: float
) -> None:
    after = await eu.write_cap(TEAM, dollars * NANOS, seen=await eu.read_cap(TEAM), change=CHANGE)

    assert after.cap_nanos == dollars * NANOS
    assert proxy.teams["team-abc"].soft_budget == soft
    assert ("soft_budget" in proxy.bodies[0]) is (soft != 400.0)


async def test_a_cap_of_nothing_is_written_as_zero_and_never_as_none(eu: LiteLLM, proxy: Proxy) -> None:
    after = await eu.write_cap(TEAM, 0, seen=await eu.read_cap(TEAM), change=CHANGE)

    assert after.cap_nanos == 0
    assert proxy.bodies[0]["max_budget"] == 0.0
    assert proxy.teams["team-abc"].soft_budget is None


async def test_caps_of_a_member_and_of_a_key(eu: LiteLLM, proxy: Proxy) -> None:
    member, key = await eu.read_cap(MEMBER), await eu.read_cap(KEY)
    raised = await eu.write_cap(MEMBER, 80 * NANOS, seen=member, change=CHANGE)
    limited = await eu.write_cap(KEY, 20 * NANOS, seen=key, change=CHANGE)

    assert (member.cap_nanos, member.spent_nanos, key.cap_nanos) == (50 * NANOS, 12_500_000_000, None)
    assert (raised.cap_nanos, limited.cap_nanos) == (80 * NANOS, 20 * NANOS)
    assert proxy.bodies == [
        {"team_id": "team-abc", "user_id": "u-1", "max_budget_in_team": 80.0},
        {"key": "hash-1", "max_budget": 20.0},
    ]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("401", "eu doesn't accept the key in EU_KEY. Put a proxy-admin key there, or a team-admin key"),
        ("403", "eu doesn't let the key in EU_KEY set the cap of team team-abc. Use a proxy-admin key, or name"),
        ("404", "eu knows no team team-abc. Correct its id below gateways[eu] in teams.yml, or create it there."),
    ],
)
async def test_a_refusal_says_why_and_what_to_do(eu: LiteLLM, proxy: Proxy, fault: Fault, sentence: str) -> None:
    before = await eu.read_cap(TEAM)
    proxy.faults = [fault]

    with pytest.raises(CapRefused, match=f"^{sentence}".replace("[", r"\[").replace("]", r"\]")) as refused:
        await eu.write_cap(TEAM, 750 * NANOS, seen=before, change=CHANGE)

    assert ADMIN_KEY not in f"{refused.value!r} {refused.value.__cause__!r} {eu!r} {vars(eu)}"


async def test_an_organization_s_cap_is_named(eu: LiteLLM, proxy: Proxy) -> None:
    proxy.organisation_max = 600.0

    with pytest.raises(CapRefused, match=r"\$750.00 is above the cap of its organization in LiteLLM"):
        await eu.write_cap(TEAM, 750 * NANOS, seen=await eu.read_cap(TEAM), change=CHANGE)


@pytest.mark.parametrize(("fault", "seconds"), [("500", None), ("429", 7.0), ("drop before", None), ("slow", None)])
async def test_a_fault_that_passes_is_tried_again(
    eu: LiteLLM, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, fault: Fault, seconds: float | None
) -> None:
    monkeypatch.setattr(calls, "CALL_SECONDS", 0.2)
    proxy.faults = [fault, fault]  # aiohttp reads once more by itself where a connection was closed

    with pytest.raises(CapUnreachable) as away:
        await eu.read_cap(TEAM)

    assert away.value.retry_after_seconds == seconds
    assert str(away.value).startswith("eu ")


async def test_a_team_admin_s_key_may_raise_where_the_proxy_allows_it(proxy: Proxy) -> None:
    proxy.team_admins, proxy.may_raise = {"sk-team": "team-abc"}, False
    async with serving(proxy) as address, aiohttp.ClientSession() as session:
        settings = GatewaySettings(name="eu", kind="litellm", url=address, key_env="K")
        team_admin = adapter_of(settings, session, environment={"K": "sk-team"})
        seen = await team_admin.read_cap(TEAM)
        with pytest.raises(CapRefused, match="raise_max_budget"):
            await team_admin.write_cap(TEAM, 750 * NANOS, seen=seen, change=CHANGE)
        proxy.may_raise = True
        after = await team_admin.write_cap(TEAM, 750 * NANOS, seen=seen, change=CHANGE)

    assert after.cap_nanos == 750 * NANOS


async def test_a_missing_key_says_where_to_put_it() -> None:
    settings = GatewaySettings(name="eu", kind="litellm", url="http://127.0.0.1:1", key_env="EU_KEY")
    async with aiohttp.ClientSession() as session:
        with pytest.raises(CapRefused, match=r"^EU_KEY isn't set. Set it to the key of eu and restart the worker.$"):
            adapter_of(settings, session, environment={})
