"""The routes of senders and gateways, over real HTTP: every answer of the contract, and never a 500."""

import json

import asyncpg
import pytest
from sqlalchemy import text

from handlers.intake import sources as routes
from handlers.intake.keys import create_key
from tests.support.company import Company
from tests.support.traffic.senders import body_of, sends
from tests.support.waiting import until

NOTHING = {"accepted": 0, "duplicates": 0, "conflicts": 0, "quarantined": 0, "errors": []}


async def calls(acme: Company) -> int:
    async with acme.context.store.read() as tx:
        return int((await tx.connection.execute(text("SELECT count(*) FROM usage_events"))).scalar_one())


async def test_what_was_answered_200_is_in_the_books(acme_on_both: Company) -> None:
    acme = acme_on_both

    events = [acme.event(n) for n in range(5)]

    assert await acme.uses(*events[:3]) == {**NOTHING, "accepted": 3}
    assert await acme.uses(*events) == {**NOTHING, "accepted": 2, "duplicates": 3}
    assert await calls(acme) == 5
    status, allowance = await acme.gets("/v1/teams/search/allowance")
    assert (status, allowance["spent_usd"], allowance["available_usd"]) == (200, "5.000000000", "995.000000000")


async def test_plain_events_are_never_made_objects_unless_one_is_known(
    acme_on_both: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = acme_on_both
    events = [acme.event(n, cost_usd=None) for n in range(5)]
    monkeypatch.setattr(routes, "read", None)  # reads events

    assert await acme.uses(*events[:3]) == {**NOTHING, "accepted": 3}
    assert await acme.uses(*events) == {**NOTHING, "accepted": 2, "duplicates": 3}
    answer = await acme.uses(acme.event(1, cost_usd=None, output_tokens=7), acme.event(9, cost_usd=None))
    assert [answer[fate] for fate in ("accepted", "conflicts")] == [1, 1]
    assert [error["index"] for error in answer["errors"]] == [0]
    assert await calls(acme) == 6


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer  ", "Bearer tok_wrong", "Basic dG9rOg==", "tok", "Bearer \x80\xff"]
)
async def test_without_a_key_that_fits_nothing_is_taken(acme: Company, authorization: str) -> None:
    headers = {"Authorization": authorization} if authorization else {}

    for method, path in (("POST", "/v1/usage"), ("GET", "/v1/teams/search/allowance")):
        status, answered, body = await sends(acme, body_of(acme.event(1)), method=method, path=path, **headers)
        assert (status, answered["www-authenticate"]) == (401, "Bearer")
        assert "ingest key" in json.loads(body)["error"]
    assert await calls(acme) == 0


async def test_a_revoked_key_stops_and_a_rotated_one_keeps_its_events(acme: Company) -> None:
    await acme.uses(acme.event(1))
    async with acme.context.store.begin() as tx:
        source = await tx.keys.source("gateway")
        assert source is not None
        await tx.keys.revoke(source, at=acme.context.now_micros())
        token = await tx.keys.create_key(source, at=acme.context.now_micros())

    assert await acme.posts(body_of(acme.event(2))) == (401, {"error": "This ingest key was revoked."})
    status, answer = await acme.posts(body_of(acme.event(1), acme.event(3)), key=token)
    assert (status, answer["accepted"], answer["conflicts"] + answer["duplicates"]) == (200, 1, 1)
    status, _ = await acme.posts(body_of(acme.event(4)))
    assert (status, await calls(acme)) == (401, 2)


@pytest.mark.parametrize("body", [b"", b"hello", b"\x00\x01\xff", b'{"id": ', b"null", b"[1, 2", b"\x1f\x8b\x08"])
async def test_a_body_without_anything_readable_is_400(acme: Company, body: bytes) -> None:
    status, answer = await acme.posts(body)

    assert status == 400
    assert "not JSON" in answer["error"]


async def test_an_empty_array_is_fine_and_a_single_bad_event_is_said_under_200(acme: Company) -> None:
    assert await acme.posts(b"[]") == (200, NOTHING)
    status, answer = await acme.posts(b'{"id": "x", "data": {"model": "m", "output_tokens": 1}}')
    assert (status, answer) == (
        200,
        {**NOTHING, "quarantined": 1, "errors": [{"index": 0, "reason": "time is missing"}]},
    )


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/cloudevents+json",
        "application/cloudevents-batch+json; charset=utf-8",
        "text/plain",
    ],
)
async def test_one_event_or_many_are_taken_under_either_name(acme: Company, content_type: str) -> None:
    for body in (json.dumps(acme.event("one")).encode(), body_of(acme.event("two"), acme.event("three"))):
        status, answer = await acme.posts(body, **{"Content-Type": content_type})
        assert (status, answer["quarantined"]) == (200, 0)
    assert await calls(acme) == 3


async def test_the_four_counts_add_up_to_the_rows_and_every_fault_is_listed(acme_on_both: Company) -> None:
    acme = acme_on_both
    first = acme.event(1)
    await acme.uses(first, acme.event(2))
    rows = [first, acme.event(2, dollars=9), acme.event(3), acme.event(4, output_tokens=-1), {"id": "x"}, 7]

    status, answer = await acme.posts(json.dumps(rows).encode())

    assert status == 200
    assert [answer[n] for n in ("accepted", "duplicates", "conflicts", "quarantined")] == [1, 1, 1, 3]
    assert [error["index"] for error in answer["errors"]] == [1, 3, 4, 5]
    assert all(error["reason"] for error in answer["errors"])


async def test_while_the_database_is_away_senders_come_again_and_nothing_is_lost_or_twice(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    first, second = acme.event(1), acme.event(2)
    await acme.uses(first)
    async with gone(acme):
        status, answered, body = await sends(acme, body_of(second), Authorization=f"Bearer {acme.key}")
        assert (status, answered["retry-after"]) == (503, "2")
        assert "Send it again" in json.loads(body)["error"]
        ready, _, _ = await sends(acme, None, method="GET", path="/readyz")
        assert ready == (200 if acme.context.store.is_sqlite else 503)

    assert await acme.uses(first, second) == {**NOTHING, "accepted": 1, "duplicates": 1}
    assert (await sends(acme, None, method="GET", path="/readyz"))[0] == 200


class gone:  # noqa: N801 -- reads as a sentence: async with gone(acme)
    """Breaks the database: PostgreSQL accepts no connections, on SQLite a table is missing."""

    def __init__(self, acme: Company) -> None:
        self._store = acme.context.store

    async def __aenter__(self) -> None:
        await self._set(False)

    async def __aexit__(self, *_: object) -> None:
        await self._set(True)

    async def _set(self, there: bool) -> None:
        if self._store.is_sqlite:
            names = ("away", "usage_events") if there else ("usage_events", "away")
            async with self._store.begin() as tx:
                await tx.connection.execute(text(f"ALTER TABLE {names[0]} RENAME TO {names[1]}"))
            return
        address, _, rest = self._store.url.replace("+asyncpg", "").rpartition("/test_")
        number, _, options = rest.partition("?")
        name = f"test_{number}"
        connection = await asyncpg.connect(f"{address}/postgres?{options}")
        await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {'true' if there else 'false'}")
        if not there:
            sessions = f"FROM pg_stat_activity WHERE datname = '{name}'"
            await connection.execute(f"SELECT pg_terminate_backend(pid) {sessions}")

            async def all_ended() -> bool:
                return bool(await connection.fetchval(f"SELECT count(*) {sessions}") == 0)

            await until(all_ended, what="the database without sessions")
        await connection.close()


async def test_a_gateway_is_told_allow_warn_and_deny(acme: Company) -> None:
    told = []
    for number, dollars in enumerate((100, 700, 300)):
        await acme.uses(acme.event(number, dollars=dollars))
        status, answer = await acme.gets("/v1/teams/search/allowance?model=acme-large&tool=x&workflow=y")
        told.append((status, answer["decision"], answer["available_usd"]))

    assert told == [
        (200, "allow", "900.000000000"),
        (200, "warn", "200.000000000"),
        (200, "deny", "-100.000000000"),
    ]
    assert answer["period_ends_at"].endswith("Z")
    assert "/tokens request" in answer["reason"]
    status, answer = await acme.gets("/v1/teams/nobody/allowance")
    assert (status, answer["decision"], answer["budget"]) == (200, "allow", "none")


async def test_a_key_of_one_team_books_for_it_and_reads_its_allowance_alone(acme: Company) -> None:
    bound = await create_key(acme.context, "mobile-ci", source="cloudevents", team="mobile")

    assert (await acme.posts(body_of(acme.event(1, dollars=7)), key=bound))[1]["accepted"] == 1
    assert (await acme.gets("/v1/teams/mobile/allowance", key=bound))[1]["spent_usd"] == "7.000000000"
    assert (await acme.gets("/v1/teams/search/allowance"))[1]["spent_usd"] == "0.000000000"
    for slug in ("search", "nobody"):
        assert (await acme.gets(f"/v1/teams/{slug}/allowance", key=bound))[0] == 403
