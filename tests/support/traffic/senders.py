"""Requests as senders and gateways make them, with exactly the headers and bytes that a test wants."""

import json
from typing import Any

import aiohttp

from tests.support.company import Company


async def sends(
    acme: Company, body: Any, *, method: str = "POST", path: str = "/v1/usage", **headers: str
) -> tuple[int, dict[str, str], str]:
    """One request with exactly these headers; `_` in a header's name stands for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{acme.bot_url}{path}", data=body, headers=named) as answer,
    ):
        return answer.status, {k.lower(): v for k, v in answer.headers.items()}, await answer.text()


def body_of(*events: dict[str, Any]) -> bytes:
    return json.dumps(events).encode()
