"""Calls of hosted and Anthropic-like APIs: their errors as sentences that say why and what to do, and their pages of rows."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from bot.crosschecks.caps import GatewaySettings
from handlers.crosschecks.caps import calls
from handlers.crosschecks.caps.adapter import CapRefused, CapUnreachable
from handlers.crosschecks.caps.calls import GatewayCalls, key_place

MAX_PAGES = 200
_MAX_QUOTED = 200
_SECRETS = re.compile(r"\b(?:sk|pk|tok|ghp|gho|ghs|github_pat|whsec|Bearer)[-_ ][^\s\"']{6,}")
_ADVICE: Mapping[int, str] = {
    401: "Put a valid key where `{place}` points, and restart Tokens.",
    403: "Give the key in `{place}` the right to do this, or name another one.",
    404: "Check `url` and the ids below `teams` in teams.yml.",
}
NONE_ALLOWED: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer that is JSON, and no refusal: status 2xx, or one that the caller expects."""

    status: int
    fields: Mapping[str, Any]

    def rows(self, member: str = "data") -> list[Mapping[str, Any]]:
        """Returns the objects of a list in the answer."""
        found = self.fields.get(member)
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


class ApiCalls:
    """Calls one API with a key. `advice` has what to do about a status, where a kind of gateway knows better than the rest."""

    def __init__(
        self,
        settings: GatewaySettings,
        key: str,
        session: aiohttp.ClientSession,
        headers: Mapping[str, str],
        *,
        advice: Mapping[int, str],
    ) -> None:
        self.name = settings.name
        self.place = key_place(settings)
        self._key = key
        self._calls = GatewayCalls(settings, session, {"User-Agent": "tokens-slack", **headers})
        self._advice = {**_ADVICE, **advice}
        self.at: datetime | None = None
        """When the gateway last answered, by its own clock: its periods follow that one."""

    def __repr__(self) -> str:
        return f"ApiCalls({self.name})"

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        also: frozenset[int] = NONE_ALLOWED,
        needs_json: bool = True,
    ) -> Reply:
        """Returns an answer of status 2xx, or of a status in `also`. Raises CapRefused or CapUnreachable for any other."""
        answer = await self._calls.call(method, path, query=query, body=body, headers=headers)
        self.at = _moment(answer.headers.get("Date", "")) or self.at
        if answer.status == 403 and _is_limited(answer.headers):
            words = f"{self.name} asked to come again later (HTTP 403)"
            raise CapUnreachable(words, retry_after_seconds=_wait_seconds(answer.headers, self.at))
        if answer.status in (408, 425):
            raise CapUnreachable(f"{self.name} asked to come again later (HTTP {answer.status})")
        is_wanted = answer.is_ok or answer.status in also
        if not is_wanted:
            raise self.refused(answer.status, said_by(answer.body))
        if answer.is_ok and needs_json and not isinstance(answer.body, dict):
            if "json" in answer.headers.get("Content-Type", ""):
                raise self.unreadable("half a document")
            raise CapRefused(f"{self.name} answered with something that is no JSON. Check that `url` is its API.")
        return Reply(status=answer.status, fields=answer.body if isinstance(answer.body, dict) else {})

    def refused(self, status: int, said: str = "") -> CapRefused:
        """Returns a refusal that has the status, the gateway's own words, and what to do."""
        quoted = self._quotable(said)
        words = f"{self.name} refused (HTTP {status})" + (f': "{quoted}".' if quoted else ".")
        advice = self._advice.get(status, "Try it with `tokens gateways test`, and look at the gateway's own log.")
        return CapRefused(f"{words} {advice.replace('{place}', self.place)}")

    def unreadable(self, what: str) -> CapUnreachable:
        """Returns a fault of an answer that is JSON and makes no sense."""
        return CapUnreachable(f"{self.name} answered with {what}")

    def _quotable(self, said: str) -> str:
        """Returns a gateway's words on one line, without the key or anything that looks like one, and not too many."""
        text = said.replace(self._key, "…") if self._key else said
        one_line = "".join(c if c.isprintable() else " " for c in text)
        short = " ".join(_SECRETS.sub("…", one_line).split()).replace('"', "'").rstrip(".")
        return short if len(short) <= _MAX_QUOTED else short[: _MAX_QUOTED - 1].rstrip() + "…"


def said_by(body: Any) -> str:
    """Returns the message of an error, in the ways in which these APIs write one."""
    if not isinstance(body, dict):
        return ""
    error = body.get("error", body)
    if isinstance(error, str):
        return error
    found = error.get("message") if isinstance(error, dict) else None
    return found if isinstance(found, str) else ""


def _moment(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, TypeError):
        return None


def _is_limited(headers: Mapping[str, str]) -> bool:
    """Returns whether a 403 means too many requests, as GitHub writes it."""
    return "Retry-After" in headers or headers.get("X-RateLimit-Remaining") == "0"


def _wait_seconds(headers: Mapping[str, str], at: datetime | None) -> float | None:
    """Returns how long to wait: what Retry-After says, or until GitHub's own moment of reset."""
    if "Retry-After" in headers:
        return calls.retry_after(headers)
    reset = headers.get("X-RateLimit-Reset", "")
    if at is None or not (reset.isascii() and reset.isdigit() and len(reset) < 12):
        return None
    return min(max(int(reset) - at.timestamp(), 0.0), calls.LONGEST_WAIT_SECONDS)


def compact(body: Mapping[str, Any]) -> str:
    """Returns a body as it is sent and signed."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
