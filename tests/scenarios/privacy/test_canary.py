"""Nothing of prompts, answers, headers, addresses or command lines is stored or logged, in whatever format it is sent."""

import base64
import copy
import json
import logging
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
import structlog
from google.protobuf.json_format import ParseDict
from sqlalchemy import select

from bot.intake.quarantine import QUARANTINE_KINDS
from handlers.intake.keys import create_key
from handlers.intake.retries import retry
from storage.tables.base import metadata
from tests.scenarios.privacy.poison import (
    CANARY,
    LABEL,
    Body,
    litellm_bodies,
    native_bodies,
    otlp_requests,
)
from tests.support.company import Company
from tests.support.traffic.otlp import REQUESTS

FORMATS = ("litellm", "cloudevents", "lago", "openmeter", "helicone", "standardwebhooks", "otlp")


def otlp_bodies() -> Iterator[Body]:
    for signal, request in otlp_requests():
        path = f"/v1/usage/otlp/v1/{signal}"
        yield Body(f"json {signal}", "otlp", path, json.dumps(request).encode())
        yield Body(f"loose json {signal}", "otlp", path, json.dumps(request).replace(LABEL, f"{LABEL}\\ud800").encode())
        yield Body(f"undecodable {signal}", "otlp", path, json.dumps(_spoiled(request)).encode())
        read: Any = ParseDict(_by_bytes(request), REQUESTS[signal](), ignore_unknown_fields=True)
        whole = read.SerializeToString()
        yield Body(f"protobuf {signal}", "otlp", path, whole, "application/x-protobuf")
        cut = whole.replace(LABEL.encode(), b"\xff" * len(LABEL))
        yield Body(f"cut protobuf {signal}", "otlp", path, cut, "application/x-protobuf")


def _by_bytes(value: Any) -> Any:
    """Returns a request whose ids are base64, as protobuf's JSON has them."""
    if isinstance(value, dict):
        return {
            key: base64.b64encode(bytes.fromhex(member)).decode() if key in ("traceId", "spanId") else _by_bytes(member)
            for key, member in value.items()
        }
    return [_by_bytes(member) for member in value] if isinstance(value, list) else value


def _spoiled(request: Any) -> Any:
    """Returns a request whose records have a member of an impossible type."""
    found = copy.deepcopy(request)
    for group in next(iter(found.values())):
        for member, scopes in group.items():
            if member.startswith("scope"):
                for scope in scopes:
                    for leaves in (leaves for name, leaves in scope.items() if isinstance(leaves, list)):
                        for leaf in leaves:
                            leaf["attributes"] = [
                                *leaf.get("attributes", []),
                                {"key": "model", "value": {"boolValue": [CANARY]}},
                            ]
    return found


async def posts(acme: Company, session: aiohttp.ClientSession, key: str, body: Body) -> None:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": body.content_type, **body.headers}
    headers |= dict.fromkeys(("Cookie", "User-Agent", "Referer", "X-Prompt", "X-Forwarded-For", "Baggage"), CANARY)
    url = f"{acme.bot_url}{body.path}?prompt={CANARY}"
    async with session.post(url, data=body.content, headers=headers) as answer:
        assert answer.status in (200, 400), (body.name, answer.status, await answer.read())


async def everything_stored(acme: Company) -> dict[str, str]:
    """Returns every value of every column of every table, by table."""
    found = {}
    async with acme.context.store.read() as tx:
        for table in metadata.sorted_tables:
            rows = await tx.connection.execute(select(table))
            found[table.name] = "\n".join(
                value.decode(errors="replace") if isinstance(value, bytes) else str(value)
                for row in rows
                for value in row
            )
    return found


async def test_a_canary_in_every_private_field_of_every_format_is_nowhere(
    acme: Company, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    keys = {name: await create_key(acme.context, name, source=name) for name in FORMATS}

    with structlog.testing.capture_logs() as logged:
        async with aiohttp.ClientSession() as session:
            for body in (*litellm_bodies(), *native_bodies(), *otlp_bodies()):
                await posts(acme, session, keys[body.source], body)
        async with acme.context.store.read() as tx:
            ids = await tx.quarantine.ids_of(source_id=None, kind=None, retryable=True)
            kinds = await tx.quarantine.counts()
        await retry(acme.context, ids, {}, dry_run=False)
        stored = await everything_stored(acme)

    assert kinds.keys() == set(QUARANTINE_KINDS) - {"refused"}
    assert LABEL in stored["people"]  # labels came in, and with them the events
    assert stored["usage_events"].count("\n") > 100

    assert {table for table, text in stored.items() if CANARY in text} == set()
    captured = capfd.readouterr()
    assert CANARY not in captured.out + captured.err + caplog.text + repr(logged)
