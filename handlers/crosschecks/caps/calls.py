"""HTTP calls of adapters: one way for time limits, faults and keys, so that no answer or key gets into a sentence."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiohttp

from bot.crosschecks.caps import GatewaySettings
from handlers.crosschecks.caps.adapter import CapRefused, CapUnreachable

CALL_SECONDS = 10.0
"""The longest time for one call, from its start to the end of the answer."""
_MOST_BYTES = 16 * 1024 * 1024
LONGEST_WAIT_SECONDS = 3_600.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A gateway's answer with a status below 500 and not 429. `body` has numbers as int and Decimal; None if it is no JSON."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


class GatewayCalls:
    """The calls of one gateway, with its key in a header."""

    def __init__(self, settings: GatewaySettings, session: aiohttp.ClientSession, headers: Mapping[str, str]) -> None:
        self._settings = settings
        self._session = session
        self._headers = dict(headers)

    def __repr__(self) -> str:
        return f"GatewayCalls({self._settings.name})"

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        return await self.call("GET", path, query=query)

    async def post(self, path: str, body: Any, *, headers: Mapping[str, str] | None = None) -> Answer:
        return await self.call("POST", path, body=body, headers=headers)

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Makes one call. A body that is text is sent as it is: it is signed. Raises CapUnreachable if nothing came back in
        time, or the gateway is overloaded or broken, and CapRefused for a redirect: the key is sent to no other address than
        the configured one.
        """
        name = self._settings.name
        sent = body if body is None or isinstance(body, str) else json.dumps(body)
        more = {"Content-Type": "application/json"} if sent is not None else {}
        try:
            async with (
                asyncio.timeout(CALL_SECONDS),
                self._session.request(
                    method,
                    self._settings.url + path,
                    params=dict(query or {}),
                    data=sent,
                    headers={"Accept": "application/json", **more, **self._headers, **(headers or {})},
                    allow_redirects=False,
                ) as response,
            ):
                raw = await _whole(response)
                status, answered = response.status, response.headers
        except TimeoutError:
            raise CapUnreachable(f"{name} didn't answer within {CALL_SECONDS:.0f} seconds") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise CapUnreachable(f"{name} can't be reached ({type(error).__name__})") from None
        if status == 429 or status >= 500:
            words = "asked to come again later" if status in (429, 503) else "had a fault of its own"
            raise CapUnreachable(f"{name} {words} (HTTP {status})", retry_after_seconds=retry_after(answered))
        if 300 <= status < 400:
            raise CapRefused(
                f"{name} answers with another address (HTTP {status}). "
                f"Correct `url` of gateways[{name}] in teams.yml; the key is not sent elsewhere."
            )
        return Answer(status=status, body=_json_of(raw), headers=answered)


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    """Returns a body to its end: a read of so many bytes returns what has arrived. One that is too long is cut, and no JSON."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > _MOST_BYTES:
            break
    return b"".join(parts)


def _json_of(raw: bytes) -> Any:
    with suppress(ValueError, RecursionError):
        return json.loads(raw, parse_float=Decimal)
    return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Returns the seconds of a Retry-After header, an hour at most: a number, or a date after the answer's own."""
    text = headers.get("Retry-After", "").strip()
    seconds: float | None = None
    with suppress(ValueError, TypeError, OverflowError, KeyError):
        if text.isascii() and text.isdigit():
            seconds = float(text)
        else:
            seconds = (parsedate_to_datetime(text) - parsedate_to_datetime(headers["Date"])).total_seconds()
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)


def read_key(settings: GatewaySettings, environment: Mapping[str, str]) -> str:
    """Returns a gateway's key from its variable or file. Raises CapRefused with what to do if there is none."""
    if settings.key_env:
        key = environment.get(settings.key_env, "").strip()
        if not key:
            raise CapRefused(
                f"{settings.key_env} isn't set. Set it to the key of {settings.name} and restart the worker."
            )
    else:
        try:
            key = Path(settings.key_file).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise CapRefused(
                f"{settings.key_file} can't be read ({type(error).__name__}). Put the key of {settings.name} there."
            ) from None
        if not key:
            raise CapRefused(f"{settings.key_file} is empty. Put the key of {settings.name} there.")
    if not key.isascii() or not key.isprintable():
        raise CapRefused(f"The key of {settings.name} has characters that no header may have. Copy it again.")
    return key


def key_place(settings: GatewaySettings) -> str:
    """Returns where a gateway's key is, for sentences."""
    return settings.key_env or settings.key_file
