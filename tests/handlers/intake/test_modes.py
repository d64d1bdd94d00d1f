"""`/v1/usage` over real HTTP in every mode of CloudEvents, and in the formats of senders with their own names."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from sqlalchemy import text

from handlers.intake.keys import create_key
from handlers.intake.retries import retry
from tests.support.company import Company
from tests.support.traffic.senders import sends


def emitted(acme: Company, event_id: str) -> CloudEvent:
    """Returns an event as the CloudEvents SDK makes it: an independent program."""
    event = acme.event(event_id)
    at = datetime.fromisoformat(event["time"])
    attributes = {"id": f"ü {event_id} 100%", "source": "/tests", "type": "ai.usage", "specversion": "1.0", "time": at}
    return CloudEvent(attributes=attributes, data=event["data"])


async def posted(acme: Company, body: bytes, headers: Mapping[str, str], key: str | None = None) -> dict[str, Any]:
    named = {**headers, "Authorization": f"Bearer {key or acme.key}"}
    status, _, answer = await sends(acme, body, **named)
    assert status == 200, answer
    counts: dict[str, Any] = json.loads(answer)
    return counts


async def ids(acme: Company) -> list[str]:
    async with acme.context.store.read() as tx:
        rows = await tx.connection.execute(text("SELECT event_id FROM usage_events ORDER BY event_id"))
        return [row.event_id for row in rows]


async def test_what_the_sdk_emits_is_booked_and_is_one_event_in_both_modes(acme_on_both: Company) -> None:
    acme = acme_on_both
    events = [emitted(acme, name) for name in ("one", "two")]
    for write, first in ((to_binary, "accepted"), (to_structured, "duplicates")):
        for event in events:
            message = write(event, JSONFormat())
            counts = await posted(acme, bytes(message.body), message.headers)
            assert (counts[first], counts["errors"]) == (1, []), write

    assert await ids(acme) == ["ü one 100%", "ü two 100%"]


async def test_a_binary_event_without_an_id_is_an_error_and_its_data_is_no_event(acme: Company) -> None:
    data = {**acme.event(1)["data"], "id": "in the data"}
    headers = {"ce-specversion": "1.0", "ce-type": "ai.usage", "ce-time": acme.event(1)["time"]}

    counts = await posted(acme, json.dumps(data).encode(), {**headers, "Content-Type": "application/json"})

    assert (counts["accepted"], counts["quarantined"]) == (0, 1)
    assert counts["errors"][0]["reason"].startswith("id is missing")


async def test_the_content_type_decides_before_the_headers(acme: Company) -> None:
    body = json.dumps([acme.event(1), acme.event(2)]).encode()
    batch = {"Content-Type": "application/cloudevents-batch+json; charset=utf-8", "ce-id": "x", "ce-specversion": "1.0"}

    assert (await posted(acme, body, batch))["accepted"] == 2
    headers = {"Content_Type": "application/cloudevents+avro", "Authorization": f"Bearer {acme.key}"}
    status, _, answer = await sends(acme, body, **headers)
    assert (status, json.loads(answer)["error"]) == (
        415,
        "This event format is not read here: send CloudEvents as JSON.",
    )


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/octet-stream"])
async def test_binary_data_that_is_no_json_is_unreadable(acme: Company, content_type: str) -> None:
    headers = {"ce-id": "1", "ce-specversion": "1.0", "Content-Type": content_type}
    status, _, answer = await sends(acme, b"\xff\xfe", **headers, Authorization=f"Bearer {acme.key}")

    assert (status, "not JSON" in json.loads(answer)["error"]) == (400, True)


async def test_a_key_reads_by_the_format_of_its_source(acme_on_both: Company) -> None:
    acme = acme_on_both
    at = acme.clock.now()
    lago = {
        "transaction_id": "t-1",
        "external_subscription_id": "key-12",
        "code": "tokens",
        "timestamp": at.timestamp(),
    }
    lago["properties"] = {"model": "acme-large", "input_tokens": 10, "output_tokens": "5"}
    lago["precise_total_amount_cents"] = "250"
    meter: dict[str, Any] = {"specversion": "1.0", "type": "prompt", "id": "1", "source": "app", "time": at.isoformat()}
    meter |= {"subject": "key-12", "data": {"model": "acme-large", "tokens": "7", "type": "output", "cost": 0.5}}
    helicone: dict[str, Any] = {
        "request_id": "r-1",
        "user_id": "anna@acme.test",
        "model": "acme-large",
        "provider": "OPENAI",
    }
    helicone["metadata"] = {"cost": 0.25, "promptTokens": 1, "completionTokens": 2}
    recorded = {
        "type": "usage.recorded",
        "timestamp": at.isoformat(),
        "data": {**acme.event(1)["data"], "team": "search"},
    }
    sent: dict[str, Any] = {"lago": {"events": [lago]}, "openmeter": [meter], "helicone": helicone}
    sent["standardwebhooks"] = recorded
    for name, body in sent.items():
        key = await create_key(acme.context, name, source=name)
        for fate in ("accepted", "duplicates"):
            counts = await posted(acme, json.dumps(body).encode(), {"webhook-id": "msg_1"}, key)
            assert (counts[fate], counts["errors"]) == (1, []), (name, counts)

    assert await ids(acme) == ["1", "msg_1", "r-1", "t-1"]
    assert (await acme.gets("/v1/teams/search/allowance"))[1]["spent_usd"] == "4.250000000"


async def test_a_row_without_a_time_that_is_mended_happened_when_it_came_in(acme_on_both: Company) -> None:
    acme = acme_on_both
    key = await create_key(acme.context, "helicone", source="helicone")
    body = json.dumps({"request_id": "r-1", "metadata": {"cost": 1, "promptTokens": 1}}).encode()
    before = acme.context.now_micros()
    assert (await posted(acme, body, {}, key))["quarantined"] == 1
    after = acme.context.now_micros()
    acme.clock.jump_to(acme.clock.now() + timedelta(days=2))
    async with acme.context.store.read() as tx:
        (row,) = await tx.quarantine.listed(source_id=None, kind=None, limit=5)

    tried = await retry(acme.context, [row.id], {"model": "acme-large"}, dry_run=False)

    assert (tried.booked, tried.wrong) == (1, {})
    async with acme.context.store.read() as tx:
        at = (await tx.connection.execute(text("SELECT occurred_at FROM usage_events"))).scalar_one()
    assert before <= at <= after


async def test_clients_that_put_their_own_path_behind_the_address_are_answered_in_their_own_way(acme: Company) -> None:
    lago, meter = [await create_key(acme.context, name, source=name) for name in ("lago", "openmeter")]
    at = acme.clock.now().isoformat()
    one = {"transaction_id": "t-1", "timestamp": at, "properties": {"model": "m", "output_tokens": 1}}
    other = {"id": "e-1", "source": "s", "time": at, "type": "prompt", "data": {"model": "m", "prompt_tokens": 1}}
    answers = []
    for path, body, key in (
        ("/v1/usage/api/v1/events", {"event": one}, lago),
        ("/v1/usage/api/v1/events/batch", {"events": [one]}, lago),
        ("/v1/usage/api/v1/events", other, meter),
        ("/v1/usage/api/v1/events", [other], meter),
        ("/v1/usage", other, meter),
    ):
        status, _, answer = await sends(acme, json.dumps(body), path=path, Authorization=f"Bearer {key}")
        answers.append((status, json.loads(answer)["duplicates"] if answer else None))

    assert answers == [(200, 0), (200, 1), (204, None), (204, None), (200, 1)]
    assert (await sends(acme, "{}", path="/v1/usage/api/v1/events"))[0] == 401
