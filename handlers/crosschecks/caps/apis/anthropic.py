"""The Claude Console: monthly limits of workspaces and of the organisation, where Anthropic lets an API set them.

From documentation and the published SDK (anthropic 2.14); not tried. Reading is a beta. Setting them is an early access
preview: Anthropic refuses it to everybody else, who set them in the Console.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import aiohttp

from bot.crosschecks.caps import Cap, CapChange, CapTarget, Connection, GatewaySettings
from bot.org.gateways import GatewayKind
from handlers.crosschecks.caps.adapter import CapRefused
from handlers.crosschecks.caps.apis import spend_limits
from handlers.crosschecks.caps.apis.api_calls import ApiCalls
from handlers.crosschecks.caps.apis.spend_limits import (
    ANTHROPIC_VERSION,
    LIMITS,
    READS_BETA,
    cents,
    limit_cap,
    month_start,
    nanos_of,
)

COSTS = "/v1/organizations/cost_report"
_BY_HAND = (
    "Anthropic lets only organisations in its early access preview set limits by API. Ask your Anthropic account team for "
    "it; until then set the limit in the Console (Settings → Workspaces → Limits)."
)
_ADVICE: Mapping[int, str] = {
    401: "Put an Admin API key of your Console organisation (sk-ant-admin…) where `{place}` points, and restart Tokens.",
    403: _BY_HAND,
    404: "Check the workspace's id (wrkspc_…) in teams.yml.",
}


class Anthropic:
    """Caps of workspaces and of the organisation in the Claude Console."""

    kind: ClassVar[GatewayKind] = "anthropic"

    def __init__(self, settings: GatewaySettings, key: str, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        headers = {"x-api-key": key, "anthropic-version": ANTHROPIC_VERSION}
        self._calls = ApiCalls(settings, key, session, headers, advice=_ADVICE)

    async def test_connection(self) -> Connection:
        await spend_limits.all_rows(self._calls, LIMITS, {}, paging="page", beta=READS_BETA)
        can_write, refusal = await spend_limits.may_write(self._calls)
        return Connection(can_read=True, can_write=can_write, notes=(refusal,) if refusal else ())

    async def read_cap(self, target: CapTarget) -> Cap:
        """Returns a monthly limit, and what the cost report has of this month. It lags, so it never shows too much."""
        scope = self._scope(target)
        query = {"scope_type[]": scope["type"]}
        if scope["type"] == "workspace":
            query["workspace_id"] = target.ref
        limits = await spend_limits.all_rows(self._calls, LIMITS, query, paging="page", beta=READS_BETA)
        spent = await self._spent(scope)
        for limit in limits:
            if (
                limit.get("scope") == scope
                and limit.get("period") == "monthly"
                and limit.get("is_enabled") is not False
            ):
                cap = limit_cap(limit, self._calls)
                return Cap(cap_nanos=cap.cap_nanos, spent_nanos=spent, seen=cap.seen)
        return Cap(cap_nanos=None, spent_nanos=spent)

    async def write_cap(self, target: CapTarget, cap_nanos: int, *, seen: Cap, change: CapChange) -> Cap:
        """Sets a monthly limit. Anthropic's audit names the key: its API has no place for who decided."""
        limit = await spend_limits.set_limit(self._calls, self._scope(target), amount=cents(cap_nanos))
        cap = limit_cap(limit, self._calls)
        return Cap(cap_nanos=cap.cap_nanos, spent_nanos=seen.spent_nanos, seen=cap.seen)

    def _scope(self, target: CapTarget) -> dict[str, str]:
        if target.kind == "organisation":
            return {"type": "organization"}
        if target.kind in ("workspace", "team", "project"):
            return {"type": "workspace", "workspace_id": target.ref}
        words = f"{self._calls.name} has limits of workspaces and of the organisation"
        raise CapRefused(
            f"{words}; {target.kind} {target.ref} is neither. Write a workspace's id (wrkspc_…) in teams.yml."
        )

    async def _spent(self, scope: Mapping[str, str]) -> int | None:
        """Returns this month's costs so far, by Anthropic's clock and in UTC; None if they can't be had."""
        if self._calls.at is None:
            return None
        query = {
            "starting_at": f"{month_start(self._calls.at):%Y-%m-%dT%H:%M:%SZ}",
            "bucket_width": "1d",
            "group_by[]": "workspace_id",
        }
        rows = await spend_limits.all_rows(self._calls, COSTS, query, paging="page", size=31)
        spent = 0
        for bucket in rows:
            for result in bucket.get("results") or ():
                if scope["type"] == "organization" or result.get("workspace_id") == scope["workspace_id"]:
                    spent += self._amount(result)
        return spent

    def _amount(self, result: Mapping[str, Any]) -> int:
        spend_limits.require_dollars(result, self._calls)
        return nanos_of(result.get("amount"), self._calls) or 0
