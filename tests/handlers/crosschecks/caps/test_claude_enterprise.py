"""Claude Enterprise: members' caps, what only claude.ai can set, the minute's calls, and requests for higher limits."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.crosschecks.caps import CapTarget
from bot.money import NANOS
from bot.requests.increases.increase_requests import IncreaseRequest
from handlers.crosschecks.caps.adapter import CapRefused, CapUnreachable
from handlers.crosschecks.caps.apis import claude_enterprise
from handlers.crosschecks.caps.apis.claude_enterprise import ClaudeEnterprise
from tests.gateways.anthropic_api import EnterpriseApi
from tests.gateways.changes import CHANGE
from tests.gateways.claude_gateway import Person
from tests.gateways.connections import connected

ANNA = CapTarget(kind="user", ref="Anna@acme.test")
GROUP = CapTarget(kind="group", ref="rbac_1")
PEOPLE = [
    Person(f"user_{number}", f"person-{number}@acme.test", f"Person {number}", ("rbac_1",)) for number in range(6)
] + [Person("user_anna", "anna@acme.test", "Anna", ("rbac_1",), "3000.5")]


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClaudeEnterprise, "_ids", {})
    monkeypatch.setattr(claude_enterprise._PacedCalls, "_paces", {})


@pytest.fixture
def api() -> EnterpriseApi:
    made = EnterpriseApi(people=list(PEOPLE), page_size=2)
    made.set_scope({"type": "organization"}, "5000")
    made.set_scope({"type": "rbac_group", "rbac_group_id": "rbac_1"}, "7000")
    return made


@pytest.fixture
async def enterprise(api: EnterpriseApi) -> AsyncIterator[Any]:
    async with connected(api, "claude_enterprise", ANNA, GROUP) as made:
        yield made
        assert api.wrongs == []


async def test_a_member_is_found_on_the_last_page_and_then_remembered(enterprise: Any, api: EnterpriseApi) -> None:
    before = await enterprise.read_cap(ANNA)
    calls = len(api.seen)
    after = await enterprise.write_cap(ANNA, 120 * NANOS, seen=before, change=CHANGE)
    again = await enterprise.read_cap(ANNA)

    assert (before.cap_nanos, before.spent_nanos) == (70 * NANOS, 30_005_000_000)  # the group's
    assert after.cap_nanos == again.cap_nanos == 120 * NANOS
    assert calls == 5  # four pages of members, and her own row
    assert len(api.seen) == 7
    assert api.seen[5].body == {
        "scope": {"type": "user", "user_id": "user_anna"},
        "period": "monthly",
        "amount": "12000",
    }


async def test_a_groups_limit_is_read_and_its_write_refused_with_where_to_set_it(enterprise: Any) -> None:
    found = await enterprise.read_cap(GROUP)
    with pytest.raises(CapRefused, match=r"eu can't set group rbac_1\. Anthropic's API sets limits of members alone\."):
        await enterprise.write_cap(GROUP, NANOS, seen=found, change=CHANGE)

    assert (found.cap_nanos, found.per_member) == (70 * NANOS, True)


async def test_the_test_of_a_connection_says_what_cannot_be_written_and_who_is_no_member(api: EnterpriseApi) -> None:
    async with connected(api, "claude_enterprise", GROUP, CapTarget(kind="user", ref="zoe@acme.test")) as made:
        found = await made.test_connection()

    assert (found.can_read, found.can_write) == (True, True)
    assert found.notes[0].startswith("Group rbac_1 can be read and not written.")
    assert found.notes[1] == "zoe@acme.test is no member of eu."


async def test_a_minute_has_so_many_calls_and_the_rest_wait(enterprise: Any, api: EnterpriseApi) -> None:
    member = CapTarget(kind="user", ref="user_anna")
    for _ in range(45):
        await enterprise.read_cap(member)
    with pytest.raises(CapUnreachable, match="60 requests a minute") as fell:
        await enterprise.read_cap(member)

    assert len(api.seen) == 45
    assert fell.value.retry_after_seconds is not None
    assert 50 < fell.value.retry_after_seconds <= 60


async def test_increase_requests_are_listed_approved_and_denied(enterprise: Any, api: EnterpriseApi) -> None:
    for ref, user in (("slir_1", "user_anna"), ("slir_2", "user_0"), ("slir_3", "user_1")):
        api.ask(ref, user)

    waiting = await enterprise.increase_requests()
    approved = await enterprise.approve_increase("slir_1", 95 * NANOS, period="monthly")
    denied = [await enterprise.deny_increase("slir_2") for _ in range(2)]
    left = await enterprise.increase_requests()

    assert waiting[0] == IncreaseRequest(
        ref="slir_1",
        user_id="user_anna",
        email="anna@acme.test",
        name="Anna",
        state="pending",
        period="monthly",
        cap_nanos=70 * NANOS,
        spent_nanos=30_005_000_000,
    )
    assert [request.ref for request in waiting] == ["slir_1", "slir_2", "slir_3"]
    assert (approved.state, [d.state for d in denied]) == ("approved", ["denied", "denied"])
    assert api.find({"type": "user", "user_id": "user_anna"}, "monthly") is not None
    assert [request.ref for request in left] == ["slir_3"]
    with pytest.raises(CapRefused, match="approved already"):
        await enterprise.deny_increase("slir_1")


@pytest.mark.parametrize("ref", ["", "../spend_limits", "a/b", "..", "slir_1?x=1"])
async def test_an_id_that_is_no_plain_id_leads_to_no_other_path(enterprise: Any, api: EnterpriseApi, ref: str) -> None:
    with pytest.raises(CapRefused, match="is no id of a request"):
        await enterprise.deny_increase(ref)

    assert api.seen == []
