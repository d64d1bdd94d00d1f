"""OpenAI: hard spend limits of projects and of the organisation, in whole cents a month.

From documentation and the published SDK (openai 3.57); not tried. A limit takes hold a little after it is set, and can't be
less than a cent.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import aiohttp

from bot.crosschecks.caps import CENT_NANOS, Cap, CapChange, CapTarget, Connection, GatewaySettings
from bot.money import nanos_from_decimal
from bot.org.gateways import GatewayKind
from handlers.crosschecks.caps.adapter import CapRefused, CapUnreachable
from handlers.crosschecks.caps.apis.api_calls import MAX_PAGES, ApiCalls, Reply
from handlers.crosschecks.caps.apis.spend_limits import month_start

_ORGANISATION = "/v1/organization"
_ADVICE: Mapping[int, str] = {
    401: "Put an Admin API key of your OpenAI organisation where `{place}` points, and restart Tokens.",
    403: "Create an Admin API key that may read and write spend limits, and put it where `{place}` points.",
    404: "Check the project's id (proj_…) in teams.yml.",
}


class OpenAI:
    """Caps of projects and of the organisation at OpenAI."""

    kind: ClassVar[GatewayKind] = "openai"

    def __init__(self, settings: GatewaySettings, key: str, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        headers = {"Authorization": f"Bearer {key}"}
        self._calls = ApiCalls(settings, key, session, headers, advice=_ADVICE)

    async def test_connection(self) -> Connection:
        """Reads the organisation's limit, and sends a limit without an amount, which nothing can come of."""
        limit = f"{_ORGANISATION}/spend_limit"
        await self._calls.ask("GET", limit, also=frozenset({404}))
        tried = await self._calls.ask("POST", limit, body={}, also=frozenset({400, 401, 403, 422}))
        notes = []
        if tried.status in (401, 403):
            notes.append(str(self._calls.refused(tried.status, "may not set spend limits")))
        for target in self._settings.targets:
            try:
                await self.read_cap(target)
            except CapRefused as refusal:
                notes.append(str(refusal))
        return Connection(can_read=True, can_write=tried.status not in (401, 403), notes=tuple(notes))

    async def read_cap(self, target: CapTarget) -> Cap:
        """Returns the hard limit, and what the cost report has of this month. It lags, so it never shows too much."""
        answer = await self._calls.ask("GET", f"{self._place(target)}/spend_limit", also=frozenset({404}))
        if answer.status == 404 and target.kind != "organisation":
            await self._calls.ask("GET", self._place(target))  # a project without a limit, or none at all
        return self._cap(answer, spent_nanos=await self._spent(target))

    async def write_cap(self, target: CapTarget, cap_nanos: int, *, seen: Cap, change: CapChange) -> Cap:
        """Sets the hard limit. OpenAI has none of $0: the least is a cent."""
        if cap_nanos < 0:
            raise ValueError("a cap is never negative")
        body = {"currency": "USD", "interval": "month", "threshold_amount": max(cap_nanos // CENT_NANOS, 1)}
        answer = await self._calls.ask("POST", f"{self._place(target)}/spend_limit", body=body)
        return self._cap(answer, spent_nanos=seen.spent_nanos)

    def _place(self, target: CapTarget) -> str:
        if target.kind == "organisation":
            return _ORGANISATION
        if target.kind in ("project", "team") and target.ref.replace("_", "").replace("-", "").isalnum():
            return f"{_ORGANISATION}/projects/{target.ref}"
        words = (
            f"{self._calls.name} has caps of projects and of the organisation; {target.kind} {target.ref} is neither."
        )
        raise CapRefused(f"{words} Write a project's id (proj_…) in teams.yml.")

    def _cap(self, answer: Reply, *, spent_nanos: int | None) -> Cap:
        if answer.status == 404:
            return Cap(cap_nanos=None, spent_nanos=spent_nanos, least_nanos=CENT_NANOS)
        limit = answer.fields
        amount, currency, interval = limit.get("threshold_amount"), limit.get("currency"), limit.get("interval")
        if (currency, interval) != ("USD", "month"):
            words = f"{self._calls.name} has a limit in {str(currency)[:8]} per {str(interval)[:12]}"
            raise CapRefused(f"{words}. Tokens writes US dollars per month: remove that limit at OpenAI first.")
        if not isinstance(amount, int) or isinstance(amount, bool) or amount < 0:
            raise CapUnreachable(f"{self._calls.name} answered with an amount that is no number.")
        return Cap(cap_nanos=amount * CENT_NANOS, spent_nanos=spent_nanos, least_nanos=CENT_NANOS)

    async def _spent(self, target: CapTarget) -> int | None:
        """Returns this month's costs so far, by OpenAI's clock and in UTC; None if they can't be had."""
        if self._calls.at is None:
            return None
        start = int(month_start(self._calls.at).timestamp())
        query = {"start_time": str(start), "bucket_width": "1d", "limit": "31"}
        if target.kind != "organisation":
            query |= {"project_ids[]": target.ref, "group_by[]": "project_id"}
        spent, page = 0, ""
        for _ in range(MAX_PAGES):
            more = {"page": page} if page else {}
            found = await self._calls.ask("GET", f"{_ORGANISATION}/costs", query={**query, **more})
            buckets = [bucket for bucket in found.rows() if bucket.get("start_time", start) >= start]
            spent += sum(self._amount(row) for bucket in buckets for row in bucket.get("results") or ())
            page = str(found.fields.get("next_page") or "")
            if not page or not found.fields.get("has_more"):
                return max(spent, 0)
        raise CapUnreachable(f"{self._calls.name} has no end of pages.")

    def _amount(self, row: Any) -> int:
        amount = row.get("amount") if isinstance(row, dict) else None
        if not isinstance(amount, dict):
            return 0
        if str(amount.get("currency", "usd")).lower() != "usd":
            raise CapRefused(f"{self._calls.name} reports costs in another currency than dollars.")
        try:
            return nanos_from_decimal(str(amount.get("value", 0)))
        except ValueError:
            raise CapUnreachable(f"{self._calls.name} answered with an amount that is no number.") from None
