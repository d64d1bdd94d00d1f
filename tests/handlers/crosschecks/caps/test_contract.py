"""What every adapter promises, whatever its gateway: caps absolute and read back, never null or negative; faults as sentences."""

import logging
import traceback
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.crosschecks.caps import CENT_NANOS, Cap, CapTarget
from bot.money import NANOS
from bot.org.gateways import GATEWAY_KINDS, GatewayKind
from handlers.crosschecks.caps import calls
from handlers.crosschecks.caps.adapter import CapRefused, CapUnreachable, GatewayAdapter
from handlers.crosschecks.caps.adapters import ADAPTERS
from handlers.crosschecks.caps.apis import claude_enterprise
from tests.gateways.anthropic_api import ConsoleApi, EnterpriseApi
from tests.gateways.changes import CHANGE
from tests.gateways.claude_gateway import ClaudeGatewayApi, Person
from tests.gateways.connections import connected
from tests.gateways.github_api import GitHubApi
from tests.gateways.openai_api import OpenAIApi
from tests.gateways.stand_in import RETRY_AFTER, SLOW_SECONDS, Fault, StandIn
from tests.gateways.webhook_receiver import Receiver

PEOPLE = [Person("idp|anna-1", "anna@acme.test", "Anna", ("search",), "39.375")]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A gateway, what has a cap there, and the unit in which its caps count."""

    kind: GatewayKind
    target: CapTarget
    api: Callable[[], StandIn]
    unit_nanos: int = CENT_NANOS
    least_nanos: int = 0
    path: str = ""
    is_read: bool = True

    def connected(self, api: StandIn) -> AbstractAsyncContextManager[GatewayAdapter]:
        options = {"organisation": "acme"} if self.kind == "github" else {}
        return connected(api, self.kind, self.target, path=self.path, options=options)

    def expected(self, nanos: int) -> int:
        """What a gateway can have of an amount: rounded down to its unit, but never less than its least."""
        return max(nanos // self.unit_nanos * self.unit_nanos, self.least_nanos)


CASES = [
    Case(
        kind="claude_gateway",
        target=CapTarget(kind="group", ref="search"),
        api=lambda: ClaudeGatewayApi(people=list(PEOPLE)),
    ),
    Case(
        kind="claude_enterprise",
        target=CapTarget(kind="user", ref="anna@acme.test"),
        api=lambda: EnterpriseApi(people=list(PEOPLE)),
    ),
    Case(kind="openai", target=CapTarget(kind="project", ref="proj_abc"), api=OpenAIApi, least_nanos=CENT_NANOS),
    Case(kind="anthropic", target=CapTarget(kind="workspace", ref="wrkspc_1"), api=ConsoleApi),
    Case(kind="github", target=CapTarget(kind="user", ref="anna"), api=GitHubApi, unit_nanos=NANOS),
    Case(
        kind="webhook",
        target=CapTarget(kind="team", ref="search"),
        api=Receiver,
        unit_nanos=1,
        path="/tokens",
        is_read=False,
    ),
]
every_kind = pytest.mark.parametrize("case", CASES, ids=[case.kind for case in CASES])


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claude_enterprise.ClaudeEnterprise, "_ids", {})
    monkeypatch.setattr(claude_enterprise, "CALLS_A_MINUTE", 100_000)
    monkeypatch.setattr(claude_enterprise._PacedCalls, "_paces", {})


def test_every_kind_of_the_file_has_an_adapter_and_a_case() -> None:
    assert set(ADAPTERS) == set(GATEWAY_KINDS)
    assert {case.kind for case in CASES} | {"litellm"} == set(GATEWAY_KINDS)  # which has tests of its own


@every_kind
async def test_caps_are_absolute_read_back_and_the_same_when_written_twice(case: Case) -> None:
    api = case.api()
    async with case.connected(api) as adapter:
        for nanos in (750 * NANOS, 750 * NANOS, 20 * NANOS, 0, 1_234_567 * NANOS):
            written = await adapter.write_cap(
                case.target, nanos, seen=await adapter.read_cap(case.target), change=CHANGE
            )
            again = await adapter.read_cap(case.target)

            assert written.cap_nanos == case.expected(nanos)
            assert again.cap_nanos == (written.cap_nanos if case.is_read else None)
            assert written.confirmed is again.confirmed is case.is_read
    assert api.wrongs == []


@every_kind
async def test_no_body_has_a_null_or_negative_amount_and_none_is_above_what_was_wanted(case: Case) -> None:
    api = case.api()

    @given(nanos=st.integers(0, 10**9 * NANOS))
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    def amounts(nanos: int) -> None:
        wanted.append(nanos)

    wanted: list[int] = []
    amounts()
    async with case.connected(api) as adapter:
        for nanos in wanted:
            seen = await adapter.read_cap(case.target)
            written = await adapter.write_cap(case.target, nanos, seen=seen, change=CHANGE)

            assert written.cap_nanos is not None
            assert 0 <= written.cap_nanos <= max(nanos, case.least_nanos)
        with pytest.raises(ValueError, match="never negative"):
            await adapter.write_cap(case.target, -1, seen=seen, change=CHANGE)
    bodies = [seen.body for seen in api.seen if seen.body is not None]
    assert bodies
    assert not any(has_bad_amount(body) for body in bodies)
    assert api.wrongs == []


def has_bad_amount(value: Any, member: str = "") -> bool:
    if isinstance(value, dict):
        return any(has_bad_amount(inner, name) for name, inner in value.items())
    return ("amount" in member or member == "cap_usd") and (value is None or str(value).startswith("-"))


@every_kind
@pytest.mark.parametrize("fault", ["401", "403", "404", "html", "redirect"])
async def test_a_refusal_says_who_refused_and_what_to_do(case: Case, fault: Fault) -> None:
    api = case.api()
    if case.kind == "webhook" and fault == "html":
        pytest.skip("a receiver may answer with any text")
    async with case.connected(api) as adapter:
        seen = await adapter.read_cap(case.target)
        api.faults.append(fault)
        with pytest.raises(CapRefused) as refused:
            await adapter.write_cap(case.target, NANOS, seen=seen, change=CHANGE)

    sentence = str(refused.value)
    assert "eu " in sentence
    assert sentence.count(". ") >= 1  # why, and what to do
    assert sentence.endswith(".")
    assert len(sentence) < 600
    assert api.key not in "".join(traceback.format_exception(refused.value))


@every_kind
@pytest.mark.parametrize("fault", ["429", "500", "503", "slow", "lost", "half"])
async def test_what_may_pass_is_unreachable_and_says_when_to_come_again(
    case: Case, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = case.api()
    if case.kind == "webhook" and fault == "half":
        pytest.skip("a receiver may answer with any text")
    async with case.connected(api) as adapter:
        seen = await adapter.read_cap(case.target)
        if fault == "slow":
            monkeypatch.setattr(calls, "CALL_SECONDS", SLOW_SECONDS / 2)
        api.faults.append(fault)
        with pytest.raises(CapUnreachable) as fell:
            await adapter.write_cap(case.target, NANOS, seen=seen, change=CHANGE)

    assert fell.value.retry_after_seconds == (RETRY_AFTER if fault == "429" else None)
    assert "eu " in str(fell.value)
    assert api.key not in "".join(traceback.format_exception(fell.value))


@every_kind
async def test_a_write_whose_answer_was_lost_is_found_by_reading_and_not_doubled(case: Case) -> None:
    api = case.api()
    async with case.connected(api) as adapter:
        api.faults += ["lost"] if not case.is_read else []
        if case.is_read:
            seen = await adapter.read_cap(case.target)
            api.faults.append("lost")
        else:
            seen = Cap(cap_nanos=None, spent_nanos=None)
        with pytest.raises(CapUnreachable):
            await adapter.write_cap(case.target, 90 * NANOS, seen=seen, change=CHANGE)
        again = await adapter.read_cap(case.target)
        after = await adapter.write_cap(case.target, 90 * NANOS, seen=again, change=CHANGE)

    assert after.cap_nanos == 90 * NANOS
    if case.is_read:
        assert again.cap_nanos == 90 * NANOS
    assert len(things(api)) == 1


def things(api: StandIn) -> list[Any]:
    """What the gateway has after the writes: one thing, however often it was written."""
    for member in ("limits", "budgets", "done"):
        if found := getattr(api, member, None):
            return list(found)
    return []


@every_kind
async def test_the_key_is_in_no_text_that_could_be_kept(
    case: Case, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    api = case.api()
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []
    async with case.connected(api) as adapter:
        texts += [repr(adapter), str(adapter)]
        for fault in ("401", "500", "lost", "redirect", None):
            api.faults = [fault] if fault else []
            try:
                texts.append(repr(await adapter.test_connection()))
                texts.append(repr(await adapter.read_cap(case.target)))
            except (CapRefused, CapUnreachable) as fell:
                texts.append("".join(traceback.format_exception(fell)))
    written = capsys.readouterr()
    texts += [caplog.text, written.out, written.err]

    assert not [text for text in texts if api.key in text or api.key.removeprefix("whsec_") in text]


@every_kind
async def test_nobody_listening_is_unreachable(case: Case) -> None:
    api = case.api()
    async with case.connected(api) as adapter:
        pass
    async with aiohttp.ClientSession() as session:
        adapter._calls._calls._session = session  # type: ignore[attr-defined]
        with pytest.raises(CapUnreachable, match="eu can't be reached"):
            await adapter.write_cap(case.target, NANOS, seen=Cap(cap_nanos=None, spent_nanos=None), change=CHANGE)


@every_kind
async def test_a_test_of_the_connection_changes_nothing(case: Case) -> None:
    api = case.api()
    async with case.connected(api) as adapter:
        found = await adapter.test_connection()

    assert found.can_write
    assert found.can_read is case.is_read
    assert things(api) == []
    assert api.wrongs == []


@every_kind
async def test_a_target_of_another_kind_is_refused_with_how_to_write_it(case: Case) -> None:
    if case.kind == "webhook":
        pytest.skip("a receiver knows any kind")
    async with case.connected(case.api()) as adapter:
        other = replace(case.target, kind="key", ref="key-1")
        with pytest.raises(CapRefused, match=r"teams\.yml"):
            await adapter.write_cap(other, NANOS, seen=Cap(cap_nanos=None, spent_nanos=None), change=CHANGE)


async def test_a_large_answer_is_read_to_its_end() -> None:
    """A read of so many bytes gives what has arrived, which is less than the answer."""
    api = ClaudeGatewayApi()
    for number in range(900):
        api.set({"scope": {"type": "rbac_group", "rbac_group_id": f"{'long' * 400}-{number}"}, "amount": str(number)})
    case = CASES[0]
    async with case.connected(api) as adapter:
        found = await adapter.read_cap(CapTarget(kind="group", ref=f"{'long' * 400}-899"))

    assert found.cap_nanos == 899 * CENT_NANOS
    assert len(api.seen) == 1
