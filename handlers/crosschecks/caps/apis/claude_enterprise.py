"""Claude Enterprise: caps of its members, at Anthropic's admin API, and members' requests for a higher one.

From documentation and the published SDK (anthropic 2.14); not tried. Limits of groups, seats and the organisation are read
there, and are set in claude.ai alone.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import aiohttp

from bot.crosschecks.caps import Cap, CapChange, CapTarget, Connection, GatewaySettings
from bot.org.gateways import GatewayKind
from bot.requests.increases.increase_requests import IncreaseRequest
from handlers.crosschecks.caps.adapter import CapRefused, CapUnreachable
from handlers.crosschecks.caps.apis import spend_limits
from handlers.crosschecks.caps.apis.api_calls import ApiCalls, Reply
from handlers.crosschecks.caps.apis.spend_limits import (
    ANTHROPIC_VERSION,
    LIMITS,
    READS_BETA,
    cents,
    limit_cap,
    nanos_of,
)

REQUESTS = "/v1/organizations/spend_limit_increase_requests"
CALLS_A_MINUTE = 60
"""Of all keys of an organisation together; Tokens leaves a quarter to others."""
_ADVICE: Mapping[int, str] = {
    401: "Put an Admin API key of your Claude Enterprise organisation where `{place}` points, and restart Tokens.",
    403: "Create an Admin API key with the scopes read:spend_limits and write:spend_limits, and usage credits turned on.",
    404: "Is the person still a member of the organisation? Check the ids in teams.yml.",
}
_SET_IN_CLAUDE = (
    "Anthropic's API sets limits of members alone. Set this one in claude.ai (Organization settings → Usage), "
    "or name the members in teams.yml as {user: anna@acme.test}."
)


class Pace:
    """Refuses a call that would be one too many in this minute, and says when to come again."""

    def __init__(self, calls_a_minute: int) -> None:
        self._most = calls_a_minute
        self._times: deque[float] = deque()

    def take(self, name: str) -> None:
        at = asyncio.get_running_loop().time()
        while self._times and self._times[0] <= at - 60:
            self._times.popleft()
        if len(self._times) >= self._most:
            wait = self._times[0] + 60 - at
            raise CapUnreachable(f"{name} allows {CALLS_A_MINUTE} requests a minute.", retry_after_seconds=wait)
        self._times.append(at)


class _PacedCalls(ApiCalls):
    _paces: ClassVar[dict[str, Pace]] = {}
    """By name and place of the key: every adapter of a process shares its organisation's minute."""

    async def ask(self, method: str, path: str, **how: Any) -> Reply:
        pace = self._paces.setdefault(f"{self.name} {self.place}", Pace(CALLS_A_MINUTE * 3 // 4))
        pace.take(self.name)
        return await super().ask(method, path, **how)


class ClaudeEnterprise:
    """Caps of the members of a Claude Enterprise organisation."""

    kind: ClassVar[GatewayKind] = "claude_enterprise"
    _ids: ClassVar[dict[tuple[str, str], str]] = {}
    """Members' ids by gateway and e-mail: finding one reads every member, and costs calls of the minute."""

    def __init__(self, settings: GatewaySettings, key: str, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        headers = {"x-api-key": key, "anthropic-version": ANTHROPIC_VERSION}
        self._calls = _PacedCalls(settings, key, session, headers=headers, advice=_ADVICE)

    async def test_connection(self) -> Connection:
        rows = await spend_limits.effective_rows(self._calls)
        can_write, refusal = await spend_limits.may_write(self._calls)
        people = {part.casefold() for row in rows for part in spend_limits.user_of(row) if part}
        notes = [refusal] if refusal else []
        for target in self._settings.targets:
            if target.kind not in ("user", "member"):
                notes.append(f"{target.kind.capitalize()} {target.ref} can be read and not written. {_SET_IN_CLAUDE}")
            elif target.ref.casefold() not in people:
                notes.append(f"{target.ref} is no member of {self._calls.name}.")
        return Connection(can_read=True, can_write=can_write, notes=tuple(notes))

    async def read_cap(self, target: CapTarget) -> Cap:
        """Returns a member's limit in force, whoever set it, and what the member spent this month."""
        if target.kind not in ("user", "member"):
            return await self._shared_cap(target)
        user_id = await self._user_id(target.ref)
        return await spend_limits.cap_of_user(self._calls, user_id)

    async def write_cap(self, target: CapTarget, cap_nanos: int, *, seen: Cap, change: CapChange) -> Cap:
        """Sets a member's own monthly limit. Anthropic's audit names the key: its API has no place for who decided."""
        amount = cents(cap_nanos)
        if target.kind not in ("user", "member"):
            raise CapRefused(f"{self._calls.name} can't set {target.kind} {target.ref}. {_SET_IN_CLAUDE}")
        user_id = str(seen.seen.get("user_id") or await self._user_id(target.ref))
        limit = await spend_limits.set_limit(self._calls, {"type": "user", "user_id": user_id}, amount=amount)
        cap = limit_cap(limit, self._calls)
        return Cap(cap_nanos=cap.cap_nanos, spent_nanos=seen.spent_nanos, seen={"user_id": user_id})

    async def increase_requests(self) -> list[IncreaseRequest]:
        """Returns the requests that wait for an answer, in the order of Anthropic's list."""
        rows = await spend_limits.all_rows(self._calls, REQUESTS, {"status[]": "pending"}, paging="page")
        return [found for found in map(self._increase, rows) if found.state == "pending" and found.ref]

    async def increase_request(self, ref: str) -> IncreaseRequest:
        """Returns a request as it is now."""
        answer = await self._calls.ask("GET", f"{REQUESTS}/{_path_part(ref)}")
        return self._increase(answer.fields)

    async def approve_increase(self, ref: str, cap_nanos: int, *, period: str) -> IncreaseRequest:
        """Approves a request with a new limit, and returns it with the limit that was set. The member gets Anthropic's e-mail."""
        body = {"amount": cents(cap_nanos), "period": period}
        answer = await self._calls.ask("POST", f"{REQUESTS}/{_path_part(ref)}/approve", body=body)
        limit = answer.fields.get("spend_limit")
        is_set = limit_cap(limit, self._calls).cap_nanos if isinstance(limit, dict) else cap_nanos
        return replace(self._increase(answer.fields), cap_nanos=is_set)

    async def deny_increase(self, ref: str) -> IncreaseRequest:
        """Denies a request. Doing so twice is the same; an approved one answers 400."""
        answer = await self._calls.ask("POST", f"{REQUESTS}/{_path_part(ref)}/deny", body={})
        return self._increase(answer.fields)

    def _increase(self, row: Mapping[str, Any]) -> IncreaseRequest:
        summary = row.get("spend_summary")
        standing = summary if isinstance(summary, dict) else {}
        actor = row.get("actor")
        who = actor if isinstance(actor, dict) else {}
        return IncreaseRequest(
            ref=str(row.get("id") or ""),
            user_id=str(who.get("user_id") or ""),
            email=str(who.get("email_address") or ""),
            name=str(who.get("name") or ""),
            state=str(row.get("status") or ""),
            period=str(row.get("period") or "monthly"),
            cap_nanos=nanos_of(standing.get("amount"), self._calls),
            spent_nanos=nanos_of(standing.get("period_to_date_spend"), self._calls),
        )

    async def _shared_cap(self, target: CapTarget) -> Cap:
        """Returns a group's or the organisation's limit, which is one of each member's."""
        scope = {"type": "organization"} if target.kind == "organisation" else {"type": "rbac_group"}
        if target.kind != "organisation":
            scope["rbac_group_id"] = target.ref
        query = {"scope_type[]": scope["type"]}
        for limit in await spend_limits.all_rows(self._calls, LIMITS, query, paging="page", beta=READS_BETA):
            if limit.get("scope") == scope and limit.get("period") == "monthly":
                is_on = limit.get("is_enabled") is not False
                cap = limit_cap(limit, self._calls, per_member=target.kind != "organisation")
                return cap if is_on else Cap(cap_nanos=None, spent_nanos=None)
        return Cap(cap_nanos=None, spent_nanos=None, per_member=target.kind != "organisation")

    async def _user_id(self, ref: str) -> str:
        if "@" not in ref:
            return ref
        name = self._calls.name
        known = self._ids.get((name, ref.casefold()))
        if known is None:
            for row in await spend_limits.effective_rows(self._calls):
                user_id, email = spend_limits.user_of(row)
                if user_id and email:
                    self._ids[name, email.casefold()] = user_id
            known = self._ids.get((name, ref.casefold()))
        if known is None:
            raise CapRefused(f"{name} has no member {ref}. Invite them in claude.ai, or write their id below `people`.")
        return known


def _path_part(ref: str) -> str:
    """Returns an id for use in a path. One that is no plain id would lead to another path."""
    if not ref or not all(c.isalnum() or c in "_-." for c in ref) or set(ref) == {"."}:
        raise CapRefused(f"{ref[:80]!r} is no id of a request.")
    return ref
