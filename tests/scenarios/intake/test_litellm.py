"""LiteLLM posts to its route: every captured body is booked once, and no text of people or models is kept."""

import json
import random
from typing import Any

from sqlalchemy import select

from handlers.intake.keys import create_key
from storage.books.checks import faults
from storage.tables.base import metadata
from storage.tables.intake import usage_events
from tests.bot.sources.litellm.litellm_examples import body, sample
from tests.support.company import Company
from tests.support.paths import FIXTURES
from tests.support.traffic.senders import sends

FILES = FIXTURES / "litellm"
CAPTURED = sorted(path for path in FILES.rglob("*.body") if not path.name.startswith("51_"))
CALLS = 1 + 1 + 2 + 1 + 1 + 1 + 1 + 1 + 2 + 1 + 2 + 1 + 5 + 1 + 1 + 2 + 6 + 12
"""Files 01 to 13, the fallback's two calls, the cached one, the race's six, and a morning's twelve (of which two are 14)."""
CANARY = "a-secret-that-nobody-may-keep"


async def posts(acme: Company, key: str, content: bytes) -> dict[str, Any]:
    status, _, text = await sends(acme, content, path="/v1/usage/litellm", Authorization=f"Bearer {key}")
    assert status == 200, text
    found: dict[str, Any] = json.loads(text)
    return found


async def booked(acme: Company) -> list[Any]:
    wanted = select(usage_events).order_by(usage_events.c.key_hash)
    async with acme.context.store.read() as tx:
        assert [fault async for fault in faults(tx)] == []
        return list((await tx.connection.execute(wanted)).all())


async def everything_kept(acme: Company) -> str:
    rows: list[str] = []
    async with acme.context.store.read() as tx:
        for table in metadata.sorted_tables:
            rows += [repr(tuple(row)) for row in await tx.connection.execute(select(table))]
    return "\n".join(rows)


async def test_every_captured_body_is_booked_once_in_any_order_and_batching(acme_on_both: Company) -> None:
    acme = acme_on_both
    key = await create_key(acme.context, "litellm", source="litellm")
    answers = [await posts(acme, key, path.read_bytes()) for path in CAPTURED]
    first = await booked(acme)

    assert sum(answer["accepted"] for answer in answers) == len(first) == CALLS
    assert sum(answer["quarantined"] + answer["conflicts"] for answer in answers) == 0

    rows: list[Any] = []
    for path in CAPTURED:
        try:
            found = json.loads(path.read_bytes())
        except ValueError:
            found = [json.loads(line) for line in path.read_bytes().splitlines()]
        rows += found if isinstance(found, list) else [found]
    random.Random(7).shuffle(rows)
    calls = [row for row in rows if "litellm_call_id" in row]
    again = [
        await posts(acme, key, json.dumps(rows[:20]).encode()),
        await posts(acme, key, b"\n".join(json.dumps(row).encode() for row in calls)),
        *[await posts(acme, key, json.dumps(row).encode()) for row in calls[:5]],
    ]

    assert [(answer["accepted"], answer["conflicts"], answer["quarantined"]) for answer in again] == [(0, 0, 0)] * 7
    assert await booked(acme) == first


async def test_prompts_responses_headers_addresses_and_tracebacks_are_dropped_at_the_door(acme: Company) -> None:
    key = await create_key(acme.context, "litellm", source="litellm")
    said: dict[str, Any] = {
        "messages": [{"role": "user", "content": CANARY}],
        "response": {"choices": [{"message": {"content": CANARY}}]},
        "requester_ip_address": CANARY,
        "metadata__requester_ip_address": CANARY,
        "metadata__requester_metadata": {"headers": {"cookie": CANARY}, "body": CANARY},
        "metadata__requester_custom_headers": {"x-api-key": CANARY},
        "metadata__prompt_management_metadata": {"prompt": CANARY},
        "metadata__mcp_tool_call_metadata": {"arguments": CANARY},
        "hidden_params": {"additional_headers": {"set-cookie": CANARY}},
        "model_parameters": {"instructions": CANARY},
        "error_str": CANARY,
        "error_information": {"traceback": CANARY, "error_message": CANARY},
        "api_base": f"https://{CANARY}:x@models.acme.test/v1?key={CANARY}",
    }
    failed = {"status": "failure", "response_cost": 0}
    rows = [
        sample(litellm_call_id="good", **said),
        sample(litellm_call_id="failed", **said, **failed),
        sample(litellm_call_id="before-2020", endTime=0, **said),
        sample(litellm_call_id="no-model", model=None, **said),
        sample(litellm_call_id="bad-type", prompt_tokens=CANARY[:3], **said),
        sample(litellm_call_id="odd-\ud800", **said),
        sample(litellm_call_id="good", response_cost=9.0, **said),
    ]
    answer = await posts(acme, key, json.dumps(rows).encode())
    broken = b"\n".join([json.dumps(rows[0]).encode(), json.dumps(rows[1]).encode()[:-40]])
    assert (await posts(acme, key, broken))["quarantined"] == 1
    assert (await posts(acme, key, json.dumps(rows).encode()[:-30]))["quarantined"] == 1

    assert (answer["accepted"], answer["conflicts"], answer["quarantined"]) == (2, 1, 4)
    kept = await everything_kept(acme)
    assert "before-2020" in kept
    assert CANARY not in kept


async def test_a_body_that_nobody_can_read_is_answered_200_and_counted(acme: Company) -> None:
    key = await create_key(acme.context, "litellm", source="litellm")

    assert (await posts(acme, key, b"Internal Server Error"))["quarantined"] == 1
    assert await posts(acme, key, body("30_01")) == {
        **dict.fromkeys(("accepted", "duplicates", "conflicts", "quarantined"), 0),
        "errors": [],
        "ignored": 1,
    }
    assert await booked(acme) == []
