"""The Claude apps gateway: the captured exchanges against the stand-in, and the adapter against both."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.crosschecks.caps import Cap, CapTarget
from bot.money import NANOS
from handlers.crosschecks.caps.adapter import CapRefused
from handlers.crosschecks.caps.apis.claude_gateway import ClaudeGateway
from tests.gateways.changes import CHANGE
from tests.gateways.claude_gateway import BASE, READ_KEY, WRITE_KEY, ClaudeGatewayApi, Person
from tests.gateways.connections import connected
from tests.gateways.limit_bodies import body_fault
from tests.support.paths import ROOT

CAPTURED = [
    json.loads(line)
    for line in (ROOT / "tests/fixtures/claude_gateway/admin_api.jsonl").read_text(encoding="utf-8").splitlines()
]
SEARCH = CapTarget(kind="group", ref="search")
ANNA = CapTarget(kind="user", ref="anna@acme.test")
ALL = CapTarget(kind="organisation", ref="acme")
PEOPLE = [
    Person("idp|anna-1", "anna@acme.test", "Anna Ahlers", ("search", "eng"), "39.375"),
    Person("idp|ben-2", "ben@acme.test", "Ben Boyd", ("eng",), "5.625"),
]
UNCHECKED = ("/analytics/cost", "/spend_limits/audit", "/spend_limit_increase_requests")
"""Calls that no adapter makes, or whose answers name the key and the moment."""


@pytest.fixture
def api() -> ClaudeGatewayApi:
    return ClaudeGatewayApi(people=list(PEOPLE))


@pytest.fixture
async def apps(api: ClaudeGatewayApi) -> AsyncIterator[ClaudeGateway]:
    async with connected(api, "claude_gateway", SEARCH, ANNA) as made:
        yield made
        assert api.wrongs == []


def plain(answer: Any) -> Any:
    """An answer without what no two runs share: moments, ids of requests and limits, and spend."""
    text = re.sub(
        r'"(created_at|updated_at|request_id|period_to_date_spend)": "[^"]*"', r'"\1": "…"', json.dumps(answer)
    )
    return json.loads(re.sub(r"spl_[0-9a-f]{32}", "spl_…", text))


def catch_up(api: ClaudeGatewayApi, line: dict[str, Any]) -> None:
    """Does what was done between two captured calls: limits that an answer shows as new had been deleted."""
    answer = line["answer"]
    if line["method"] == "POST" and line["status"] == 200 and answer["created_at"] == answer["updated_at"]:
        api.limits = [x for x in api.limits if (x["scope"], x["period"]) != (answer["scope"], answer["period"])]
        api.made = int(answer["id"].removeprefix("spl_"), 16) - 1
    if line["method"] == "GET" and line["path"] == "/spend_limits?scope_type=rbac_group" and line["status"] == 200:
        shown = {row["id"] for row in answer["data"]}
        api.limits = [x for x in api.limits if x["scope"]["type"] != "rbac_group" or x["id"] in shown]
    if "q=ben" in line["path"]:
        api.limits = [x for x in api.limits if x["scope"]["type"] == "user"]


async def test_the_stand_in_answers_every_captured_call_as_the_real_gateway_did(api: ClaudeGatewayApi) -> None:
    keys = {"write": WRITE_KEY, "read": READ_KEY, None: None}
    checked = 0
    async with api.serving() as address, aiohttp.ClientSession() as session:
        for number, line in enumerate(CAPTURED):
            if line["path"].startswith(UNCHECKED):
                continue
            api.people = PEOPLE if number > 75 else PEOPLE[:1]  # Ben called later
            catch_up(api, line)
            key = keys.get(line["key"], line["key"])
            headers = {"Content-Type": "application/json", **({"x-api-key": key} if key else {})}
            body = line["body"]
            raw = body if isinstance(body, str) else json.dumps(body) if body is not None else None
            url = f"{address}{BASE}{line['path']}"
            async with session.request(line["method"], url, headers=headers, data=raw) as response:
                answer = await response.json()
            assert (response.status, plain(answer)) == (line["status"], plain(line["answer"])), (number, line["path"])
            checked += 1

    assert checked == 87


async def test_each_body_of_the_adapter_is_one_that_the_real_gateway_took(
    apps: ClaudeGateway, api: ClaudeGatewayApi
) -> None:
    """What is sent has the members and types of bodies that were answered 200, and none that was refused."""
    for target in (SEARCH, ANNA, ALL):
        for nanos in (0, 1_239_999_999, 750 * NANOS):
            await apps.write_cap(target, nanos, seen=await apps.read_cap(target), change=CHANGE)

    taken = {shape(line["body"]) for line in CAPTURED if line["method"] == "POST" and line["status"] == 200}
    sent = [seen.body for seen in api.seen if seen.method == "POST"]
    assert len(sent) == 9
    assert {shape(body) for body in sent} <= taken | {shape({**b, "period": "monthly"}) for b in PERIODLESS}
    assert all(body_fault(body, is_known=True, present=None) is None for body in sent)
    assert [body["amount"] for body in sent[3:6]] == ["0", "123", "75000"]


PERIODLESS = [
    line["body"] for line in CAPTURED if line["status"] == 200 and line["body"] and "period" not in line["body"]
]
"""Bodies that left out the period, whose default is the one that the adapter writes."""


def shape(value: Any) -> str:
    """The members and types of a body, with the kind of a scope kept."""
    if isinstance(value, dict):
        kind = f":{value['type']}" if "type" in value else ""
        return "{" + ",".join(f"{k}{shape(v)}" for k, v in sorted(value.items()) if k != "type") + kind + "}"
    return f"={type(value).__name__}"


async def test_a_group_without_a_pool_gets_one_that_counts_from_zero(
    apps: ClaudeGateway, api: ClaudeGatewayApi
) -> None:
    api.set({"scope": {"type": "rbac_group", "rbac_group_id": "search"}, "amount": "20000"})

    before = await apps.read_cap(SEARCH)
    after = await apps.write_cap(SEARCH, 750 * NANOS, seen=before, change=CHANGE)

    assert (before.cap_nanos, before.spent_nanos, before.per_member) == (200 * NANOS, 0, True)
    assert (after.cap_nanos, after.spent_nanos, after.per_member) == (750 * NANOS, 0, False)
    assert api.limits[0]["amount"] == "20000"  # what each member may spend was somebody's choice


async def test_a_new_group_gets_a_limit_per_member_that_moves_with_its_pool(
    apps: ClaudeGateway, api: ClaudeGatewayApi
) -> None:
    first = await apps.write_cap(SEARCH, 500 * NANOS, seen=await apps.read_cap(SEARCH), change=CHANGE)
    api.limits[0]["pooled_budget"]["period_to_date_spend"] = "12345.678"
    second = await apps.write_cap(SEARCH, 900 * NANOS, seen=await apps.read_cap(SEARCH), change=CHANGE)

    assert first.cap_nanos == 500 * NANOS
    assert (second.cap_nanos, second.spent_nanos) == (900 * NANOS, 123_456_780_000)
    assert api.limits[0]["amount"] == "90000"


async def test_a_paused_pool_is_read_as_what_each_member_may_spend_and_the_next_write_ends_the_pause(
    apps: ClaudeGateway, api: ClaudeGatewayApi
) -> None:
    await apps.write_cap(SEARCH, 500 * NANOS, seen=await apps.read_cap(SEARCH), change=CHANGE)
    api.set(
        {
            "scope": {"type": "rbac_group", "rbac_group_id": "search"},
            "amount": "1000",
            "pooled_budget": {"paused": True},
        }
    )

    paused = await apps.read_cap(SEARCH)
    after = await apps.write_cap(SEARCH, 600 * NANOS, seen=paused, change=CHANGE)

    assert (paused.cap_nanos, paused.per_member) == (10 * NANOS, True)
    assert (after.cap_nanos, after.per_member) == (600 * NANOS, False)
    assert api.limits[0]["pooled_budget"]["paused"] is False
    assert api.limits[0]["amount"] == "1000"


async def test_a_limit_is_found_on_the_last_of_many_pages_among_other_periods(
    apps: ClaudeGateway, api: ClaudeGatewayApi
) -> None:
    api.page_size = 3
    for number in range(10):
        api.set({"scope": {"type": "rbac_group", "rbac_group_id": f"group-{number}"}, "amount": "100"})
    api.set({"scope": {"type": "rbac_group", "rbac_group_id": "search"}, "amount": "700", "period": "weekly"})
    api.set({"scope": {"type": "rbac_group", "rbac_group_id": "search"}, "amount": "800"})

    found = await apps.read_cap(SEARCH)

    assert found.cap_nanos == 8 * NANOS
    assert len(api.seen) == 4


async def test_a_person_is_found_by_e_mail_and_their_cap_is_their_own(
    apps: ClaudeGateway, api: ClaudeGatewayApi
) -> None:
    api.set({"scope": {"type": "organization"}, "amount": "5000"})

    before = await apps.read_cap(ANNA)
    after = await apps.write_cap(ANNA, 80 * NANOS, seen=before, change=CHANGE)

    assert (before.cap_nanos, before.spent_nanos) == (50 * NANOS, 393_750_000)  # inherited
    assert after == Cap(cap_nanos=80 * NANOS, spent_nanos=393_750_000, seen=after.seen)
    assert api.limits[-1]["scope"] == {"type": "user", "user_id": "idp|anna-1"}


async def test_a_person_who_has_not_called_is_refused_with_what_to_do(apps: ClaudeGateway) -> None:
    with pytest.raises(CapRefused, match=r"Nobody by zoe@acme.test has called through eu yet.*sign in once"):
        await apps.read_cap(CapTarget(kind="user", ref="zoe@acme.test"))


async def test_the_test_of_a_connection_names_groups_and_people_whom_nobody_has(api: ClaudeGatewayApi) -> None:
    targets = (SEARCH, CapTarget(kind="group", ref="serach"), CapTarget(kind="user", ref="idp|nobody"), ALL)
    async with connected(api, "claude_gateway", *targets) as apps:
        found = await apps.test_connection()

    assert (found.can_read, found.can_write) == (True, True)
    notes = "\n".join(found.notes)
    assert "Nobody in group serach has called" in notes
    assert "Groups seen: eng, search." in notes
    assert "idp|nobody has not called" in notes
    assert "in group search has" not in notes
    assert "holds for each person" in notes
    assert "/tokens request" in notes
    assert (api.limits, api.audit) == ([], [])


async def test_a_read_key_can_read_and_the_note_says_which_key_to_take(api: ClaudeGatewayApi) -> None:
    async with connected(api, "claude_gateway", SEARCH, key=READ_KEY) as apps:
        found = await apps.test_connection()

    assert (found.can_read, found.can_write) == (True, False)
    assert found.notes[0] == (
        'eu refused (HTTP 403): "requires write:spend_limits". The key is one of `admin.read_keys`. '
        "Put one of `admin.write_keys` where `EU_KEY` points."
    )
