"""Senders that hang up before their body is there: nothing is booked, and no log has an error."""

import asyncio
import json
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from tests.support.company import Company
from tests.support.waiting import until


@pytest.mark.parametrize("path", ["/v1/usage", "/v1/usage/litellm", "/v1/usage/otlp/v1/logs"])
async def test_a_sender_that_hangs_up_is_no_error(acme: Company, path: str) -> None:
    body = json.dumps([acme.event(1)]).encode()
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {acme.key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    url = urlsplit(acme.bot_url)
    with capture_logs() as logged:
        _, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write("\r\n".join([*lines, "", ""]).encode() + body[:-40])
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        await until(lambda: bool(logged), what="the bot notices that the sender is gone")

    assert [(line["event"], line["log_level"], line["path"]) for line in logged] == [
        ("the sender hung up", "info", path)
    ]
    assert (await acme.uses(acme.event(1)))["accepted"] == 1
