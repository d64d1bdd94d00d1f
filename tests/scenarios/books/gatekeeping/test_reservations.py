"""Reservations over HTTP: reserve, settle by cost or by usage, release, run out; each counts once."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.books.gatekeeping.sweeping import end_reservations
from handlers.intake.keys import create_key
from handlers.org.teams import import_teams
from storage.books.checks import faults
from tests.support.company import TEAMS_YML, Company

Json = dict[str, Any]


async def calls(
    acme: Company, method: str, path: str, body: Json | bytes | None = None, *, key: str = "", **headers: str
) -> tuple[int, Json]:
    """Any request below /v1/reservations; returns status and answer."""
    sent = {"Authorization": f"Bearer {key or acme.key}", "Content-Type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    url = f"{acme.bot_url}/v1/reservations{path}"
    async with aiohttp.ClientSession() as session, session.request(method, url, data=data, headers=sent) as answer:
        return answer.status, await answer.json()


async def reserves(acme: Company, dollars: Any = "10", team: str = "search", **more: Any) -> Json:
    status, answer = await calls(acme, "POST", "", {"team": team, "max_usd": dollars, **more})
    assert status == 201, answer
    return answer


async def available(acme: Company, team: str = "search") -> tuple[str, str]:
    """Returns what the allowance says is available and reserved, in whole dollars and cents."""
    status, answer = await acme.gets(f"/v1/teams/{team}/allowance")
    assert status == 200, answer
    return answer["available_usd"][:-7], answer["reserved_usd"][:-7]


async def balanced(acme: Company) -> None:
    async with acme.context.store.read() as tx:
        assert [fault async for fault in faults(tx)] == []


async def test_a_call_is_reserved_settled_and_booked_and_counts_once_all_along(acme_on_both: Company) -> None:
    acme = acme_on_both
    made = await reserves(acme, "10", ttl_seconds=60, model="acme-large")
    assert (made["decision"], made["available_usd"], made["state"]) == ("allow", "990.000000000", "open")
    assert made["expires_at"][:19] == f"{acme.clock.now() + timedelta(seconds=60):%Y-%m-%dT%H:%M:%S}"
    assert await available(acme) == ("990.00", "10.00")

    status, settled = await calls(acme, "POST", f"/{made['id']}/settle", {"cost_usd": "4"})
    assert (status, settled["state"], settled["cost_usd"]) == (200, "settled", "4.000000000")
    assert await available(acme) == ("996.00", "4.00")

    await acme.uses(acme.event(1, dollars=4, reservation=made["id"]))
    assert await available(acme) == ("996.00", "0.00")
    await acme.uses(acme.event(1, dollars=4, reservation=made["id"]))
    assert await available(acme) == ("996.00", "0.00")
    await balanced(acme)


async def test_usage_alone_settles_at_its_own_cost_even_above_the_bound(acme_on_both: Company) -> None:
    acme = acme_on_both
    made = await reserves(acme, "10")
    await acme.uses(acme.event(1, dollars=12, reservation=made["id"]))

    assert await available(acme) == ("988.00", "0.00")
    status, again = await calls(acme, "POST", f"/{made['id']}/settle", {"cost_usd": "12"})
    assert (status, again["state"], again["cost_usd"]) == (200, "booked", "12.000000000")
    assert await available(acme) == ("988.00", "0.00")
    await balanced(acme)


async def test_what_is_released_or_runs_out_is_available_again(acme_on_both: Company) -> None:
    acme = acme_on_both
    made, forgotten = await reserves(acme, "10"), await reserves(acme, "20", ttl_seconds=30)
    assert (await calls(acme, "DELETE", f"/{made['id']}"))[1]["state"] == "released"
    assert (await calls(acme, "DELETE", f"/{made['id']}"))[0] == 200
    assert await available(acme) == ("980.00", "20.00")

    acme.clock.jump_to(acme.clock.now() + timedelta(seconds=31))
    assert await available(acme) == ("1000.00", "0.00")
    assert (await reserves(acme, "1000"))["available_usd"] == "0.000000000"
    assert await end_reservations(acme.context) == 1
    status, late = await calls(acme, "POST", f"/{forgotten['id']}/settle", {"cost_usd": "15"})
    assert (status, late["state"]) == (200, "settled")
    assert await available(acme) == ("-15.00", "1015.00")
    await balanced(acme)


async def test_a_settled_cost_counts_for_a_day_without_its_usage_and_then_its_row_goes(acme_on_both: Company) -> None:
    acme = acme_on_both
    made = await reserves(acme, "10")
    await calls(acme, "POST", f"/{made['id']}/settle", {"cost_usd": "4"})
    acme.clock.jump_to(acme.clock.now() + timedelta(hours=23))
    await end_reservations(acme.context)
    assert await available(acme) == ("996.00", "4.00")

    acme.clock.jump_to(acme.clock.now() + timedelta(hours=2))
    await end_reservations(acme.context)
    assert await available(acme) == ("1000.00", "0.00")
    await balanced(acme)

    acme.clock.jump_to(acme.clock.now() + timedelta(hours=24))
    await end_reservations(acme.context)
    assert (await calls(acme, "POST", f"/{made['id']}/settle", {"cost_usd": "4"}))[0] == 404


async def test_reservations_of_the_same_moment_never_promise_more_than_there_is(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1, dollars=905))
    body = {"team": "search", "max_usd": "10"}
    answers = await asyncio.gather(*(calls(acme, "POST", "", body) for _ in range(50)))

    assert sorted(status for status, _ in answers) == [200] * 41 + [201] * 9
    denied = next(answer for status, answer in answers if status == 200)
    assert (denied["decision"], denied["available_usd"]) == ("deny", "5.000000000")
    assert denied["reason"] == (
        "Search has $5.00 available, less than the $10.00 to reserve (max_usd). Ask for more in Slack with /tokens request."
    )
    assert "id" not in denied
    assert await available(acme) == ("5.00", "90.00")
    await balanced(acme)


async def test_an_idempotency_key_gives_one_reservation_and_another_body_is_refused(acme_on_both: Company) -> None:
    acme = acme_on_both
    body = {"team": "search", "max_usd": "10"}
    answers = await asyncio.gather(*(calls(acme, "POST", "", body, idempotency_key="call-1") for _ in range(5)))

    assert {status for status, _ in answers} == {201}
    assert len({answer["id"] for _, answer in answers}) == 1
    assert await available(acme) == ("990.00", "10.00")
    status, refused = await calls(acme, "POST", "", {**body, "max_usd": "11"}, idempotency_key="call-1")
    assert (status, refused["error"].split()[0]) == (409, "Idempotency-Key")
    other = await create_key(acme.context, "eu", source="cloudevents")
    assert (await calls(acme, "POST", "", body, idempotency_key="call-1", key=other))[1]["id"] != answers[0][1]["id"]


async def test_a_key_of_one_team_reserves_and_settles_only_there(acme: Company) -> None:
    bound = await create_key(acme.context, "mobile-ci", source="cloudevents", team="mobile")
    made = await reserves(acme, "10")

    refused = [
        await calls(acme, "POST", "", {"team": team, "max_usd": "1"}, key=bound) for team in ("search", "made-up")
    ]
    assert refused == [(403, {"error": "team: this key is bound to another team, and reserves only there."})] * 2
    for method, path, body in (("POST", "/settle", {"cost_usd": "1"}), ("DELETE", "", None)):
        assert (await calls(acme, method, f"/{made['id']}{path}", body, key=bound))[0] == 404
    assert (await calls(acme, "POST", "", {"team": "mobile", "max_usd": "1"}, key=bound))[0] == 201
    status, answer = await acme.posts(
        json.dumps([acme.event(1, reservation=made["id"], team="mobile")]).encode(), key=bound
    )
    assert (status, answer["accepted"]) == (200, 1)
    assert await available(acme) == ("990.00", "10.00")


async def test_a_team_that_nobody_knows_or_without_a_budget_is_never_denied(acme: Company) -> None:
    yml = TEAMS_YML.replace(", budget: {amount: 500}}", "}")
    assert yml != TEAMS_YML
    await import_teams(acme.context, read_teams_file(yml), dry_run=False)

    unknown, free = await reserves(acme, "1000000", team="serach"), await reserves(acme, "1000000", team="mobile")

    assert (unknown["decision"], unknown["team"], unknown["budget"]) == ("allow", "serach", "none")
    assert unknown["reason"].startswith("No team has this slug")
    assert (free["decision"], free["budget"]) == ("allow", "none")
    assert (await calls(acme, "POST", f"/{unknown['id']}/settle", {"cost_usd": 1}))[0] == 200
    await balanced(acme)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"{", "The body is not JSON"),
        (b"[]", "The body is no JSON object"),
        (b'{"max_usd": "1"}', "team is missing"),
        (b'{"team": 7, "max_usd": "1"}', "team is missing"),
        (b'{"team": "search"}', "max_usd is missing"),
        (b'{"team": "search", "max_usd": 0}', "max_usd must be more than 0"),
        (b'{"team": "search", "max_usd": "-5"}', "max_usd is negative"),
        (b'{"team": "search", "max_usd": 1e99}', "max_usd is more than a trillion dollars"),
        (b'{"team": "search", "max_usd": NaN}', "max_usd is not a finite number"),
        (b'{"team": "search", "max_usd": "NaN"}', "max_usd is not a finite number"),
        (b'{"team": "search", "max_usd": Infinity}', "max_usd is not a finite number"),
        (b'{"team": "search", "max_usd": true}', "max_usd is not an amount in dollars"),
        (b'{"team": "search", "max_usd": "ten"}', "max_usd is not an amount in dollars"),
        (b'{"team": "search", "max_usd": "1000001"}', "max_usd is more than $1,000,000.00"),
        (b'{"team": "search", "max_usd": "1", "ttl_seconds": 0}', "ttl_seconds must be between 1 and 86,400"),
        (b'{"team": "search", "max_usd": "1", "ttl_seconds": 31536000}', "ttl_seconds must be between 1 and 86,400"),
        (b'{"team": "search", "max_usd": "1", "ttl_seconds": 1.5}', "ttl_seconds is not a whole number"),
        (b'{"team": "search", "max_usd": "1", "ttl_seconds": "60"}', "ttl_seconds is not a whole number"),
        (b'{"team": "search", "max_usd": "1", "model": 4}', "model is not text"),
        (b'{"team": "search", "max_usd": "1", "tool": "' + b"x" * 300 + b'"}', "tool is longer than 256"),
    ],
)
async def test_a_bad_request_is_refused_with_the_field_named(acme: Company, body: bytes, named: str) -> None:
    status, answer = await calls(acme, "POST", "", body)

    assert (status, answer["error"][: len(named)]) == (400, named)
    assert await available(acme) == ("1000.00", "0.00")


async def test_bad_settlements_change_nothing_and_say_why(acme: Company) -> None:
    made = await reserves(acme, "10")
    path = f"/{made['id']}/settle"
    for cost, named in (
        ('"-1"', "cost_usd is negative"),
        ("1e99", "cost_usd is more than a trillion"),
        ("NaN", "cost_usd is not a finite number"),
        ("null", "cost_usd is not an amount"),
        ('"10.000000001"', "cost_usd is $10.00, more than the $10.00 reserved (max_usd)"),
    ):
        status, answer = await calls(acme, "POST", path, f'{{"cost_usd": {cost}}}'.encode())
        assert (status, answer["error"][: len(named)]) == (400, named)
    assert (await calls(acme, "POST", path, {}))[1]["error"].startswith("cost_usd is missing")
    assert await available(acme) == ("990.00", "10.00")

    for _ in range(2):
        assert (await calls(acme, "POST", path, {"cost_usd": 4}))[0] == 200
    status, answer = await calls(acme, "POST", path, {"cost_usd": "5"})
    assert (status, answer["error"][:60]) == (409, "cost_usd is $5.00, but this reservation was settled with $4.")
    assert (await calls(acme, "DELETE", f"/{made['id']}"))[0] == 409
    gone = await reserves(acme, "1")
    await calls(acme, "DELETE", f"/{gone['id']}")
    assert (await calls(acme, "POST", f"/{gone['id']}/settle", {"cost_usd": 1}))[0] == 409
    for unknown in ("rsv_none", "%00", "x" * 3000):
        status, answer = await calls(acme, "POST", f"/{unknown}/settle", {"cost_usd": "1"})
        assert (status, answer["error"][:3]) == (404, "id:")
    assert await available(acme) == ("996.00", "4.00")


async def test_members_that_nothing_reads_are_named(acme: Company) -> None:
    made = await reserves(acme, "1", ttl=60)

    assert made["warnings"] == [
        "ttl is not known here, so it was left out. Known: team, max_usd, ttl_seconds, workflow, tool, model, user."
    ]
