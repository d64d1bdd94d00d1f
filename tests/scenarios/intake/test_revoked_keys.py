"""A revoked key stops at once, in every process that still remembers it, for events, empty bodies and reads."""

import json

import aiohttp
import pytest
from sqlalchemy import text

from handlers.context import Context, make_context
from handlers.intake.keys import create_key
from tests.support.company import Company

ALLOWANCE = "/v1/teams/search/allowance"


async def ends_elsewhere(acme: Company, name: str, *, how: str) -> str:
    """Ends a source's key as another process does it, such as the command line; returns a new key if there is one."""
    other: Context = make_context(acme.context.settings, acme.clock)
    async with other.store.begin() as tx:
        source = await tx.keys.source(name)
        assert source is not None
        at = other.now_micros()
        if how == "removed":  # by hand, in the database
            await tx.connection.execute(text("DELETE FROM ingest_keys WHERE source_id = :id"), {"id": source.id})
            token = ""
        else:
            await tx.keys.revoke(source, at=at)
            token = await tx.keys.create_key(source, at=at) if how == "rotated" else ""
    await other.store.close()
    return token


async def sends_nothing(acme: Company, key: str) -> int:
    """An OTLP request without records, as exporters send it to test a destination."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-protobuf"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{acme.bot_url}/v1/usage/otlp/v1/traces", data=b"", headers=headers) as answer,
    ):
        return answer.status


@pytest.mark.parametrize("how", ["revoked", "rotated", "removed"])
@pytest.mark.parametrize("first", ["read", "event", "nothing"])
async def test_a_key_that_another_process_ended_is_refused_by_the_very_next_request(
    acme_on_both: Company, how: str, first: str
) -> None:
    acme = acme_on_both
    key = await create_key(acme.context, "laptops", source="otlp")
    events = await create_key(acme.context, "events", source="cloudevents")
    assert (await acme.gets(ALLOWANCE, key=key))[0] == 200
    assert await sends_nothing(acme, key) == 200
    assert (await acme.posts(b"[]", key=events))[0] == 200

    new = await ends_elsewhere(acme, "events" if first == "event" else "laptops", how=how)
    if first == "read":
        status, answer = await acme.gets(ALLOWANCE, key=key)
        assert (status, "revoked" in answer["error"]) == (401, True)
    elif first == "nothing":
        assert await sends_nothing(acme, key) == 401
    elif how != "removed":  # the next commit notices what Tokens changed itself
        assert (await acme.posts(json.dumps([acme.event(1)]).encode(), key=events))[0] == 401
        assert (await acme.gets(ALLOWANCE))[1]["available_usd"] == "1000.000000000"
    if new:
        assert (await acme.gets(ALLOWANCE, key=new))[0] == 200
