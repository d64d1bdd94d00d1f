"""A stand-in for the Claude apps gateway's admin API. tests/fixtures/claude_gateway has what the real one answered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from aiohttp import web

from tests.gateways.limit_bodies import PERIODS, body_fault, clean_scope
from tests.gateways.stand_in import Seen, StandIn

WRITE_KEY = "dummy-write-key-dummy-write-key-0001"
READ_KEY = "dummy-read-key-dummy-read-key-00001"
BASE = "/v1/organizations"
MEMBERS = {"scope", "amount", "period", "pooled_budget"}


@dataclass
class Person:
    """Somebody who has called through the gateway. Spend is in cents, as text, the same in every period."""

    user_id: str
    email: str | None
    name: str | None
    groups: tuple[str, ...] = ()
    spent: str = "0"


@dataclass
class ClaudeGatewayApi(StandIn):
    """Spend limits by scope and period, pooled budgets of groups, and the audit of each change."""

    key: str = WRITE_KEY
    read_key: str = READ_KEY
    people: list[Person] = field(default_factory=list)
    limits: list[dict[str, Any]] = field(default_factory=list)
    audit: list[dict[str, Any]] = field(default_factory=list)
    page_size: int = 1000
    """The most rows of a page, whatever is asked for."""
    made: int = 0
    now: datetime = datetime(2026, 11, 29, 21, 56, 40, tzinfo=UTC)

    key_header: ClassVar[str] = "x-api-key"
    key_prefix: ClassVar[str] = ""

    def routes(self) -> list[web.RouteDef]:
        limits = f"{BASE}/spend_limits"
        return [
            web.get(f"{limits}/effective", self.effective),
            web.get(f"{limits}/audit", self.audited),
            web.get(f"{limits}/{{id}}", self.one),
            web.delete(f"{limits}/{{id}}", self.delete),
            web.get(limits, self.listed),
            web.post(limits, self.upsert),
            web.route("*", "/{rest:.*}", self.unknown),
        ]

    def denied(self, request: web.Request) -> web.Response | None:
        given = request.headers.get("x-api-key", "")
        if given not in (self.key, self.read_key):
            return self.error(401, "missing or invalid admin credentials")
        if given == self.read_key and request.method != "GET":
            return self.error(403, "requires write:spend_limits")
        return None

    def error(self, status: int, message: str) -> web.Response:
        kinds = {
            401: "authentication_error",
            403: "permission_error",
            404: "not_found_error",
            400: "invalid_request_error",
        }
        error = {"type": kinds.get(status, "api_error"), "message": message}
        return web.json_response({"type": "error", "error": error, "request_id": "req_0"}, status=status)

    def watch(self, seen: Seen) -> None:
        super().watch(seen)
        if seen.method == "POST":
            self.require_members(seen, MEMBERS)

    def find(self, scope: dict[str, Any], period: str) -> dict[str, Any] | None:
        return next((x for x in self.limits if x["scope"] == scope and x["period"] == period), None)

    async def upsert(self, request: web.Request) -> web.Response:
        body = self.seen[-1].body
        scope = body.get("scope") if isinstance(body, dict) else None
        present = None
        if isinstance(scope, dict) and scope.get("type") in ("user", "rbac_group", "organization"):
            present = self.find(scope, body.get("period", "monthly"))
        if fault := body_fault(body, is_known=present is not None, present=present):
            return self.error(400, fault)
        return web.json_response(self.set(body))

    def set(self, body: dict[str, Any]) -> dict[str, Any]:
        """Creates or replaces a limit; what is left out of an existing one stays."""
        scope, period = clean_scope(body["scope"]), body.get("period", "monthly")
        self.now += timedelta(milliseconds=5)
        at = f"{self.now:%Y-%m-%dT%H:%M:%S}.{self.now.microsecond // 1000:03d}Z"
        limit = self.find(scope, period)
        before = _copy(limit)
        if limit is None:
            self.made += 1
            limit = {"type": "spend_limit", "id": f"spl_{self.made:032x}", "created_at": at, "updated_at": at}
            limit |= {"scope": scope, "amount": None, "currency": "USD", "period": period}
            if scope["type"] == "rbac_group":
                limit["pooled_budget"] = None
            self.limits.append(limit)
        limit["updated_at"] = at
        if "amount" in body:
            limit["amount"] = None if body["amount"] is None else str(int(body["amount"]))
        if isinstance(body.get("pooled_budget"), dict):
            limit["pooled_budget"] = _pooled(limit.get("pooled_budget"), body["pooled_budget"])
        self.audit.append({"action": "spend_limit.upsert", "before": before, "after": _copy(limit)})
        return limit

    async def listed(self, request: web.Request) -> web.Response:
        asked = request.query.get("limit", "20")
        if not (asked.isdigit() and 1 <= int(asked) <= 1000):
            return self.error(400, "limit: must be between 1 and 1000")
        kind, after = request.query.get("scope_type"), request.query.get("after_id")
        if kind not in (None, "organization", "rbac_group", "user"):
            return self.error(400, "scope_type: must be one of organization, rbac_group, user")
        rows = [limit for limit in self.limits if kind in (None, limit["scope"]["type"])]
        ids = [row["id"] for row in rows]
        if after is not None:
            if after not in ids:
                return self.error(400, "after_id: no spend limit with this id")
            rows = rows[ids.index(after) + 1 :]
        page = rows[: min(int(asked), self.page_size)]
        first, last = (page[0]["id"], page[-1]["id"]) if page else (None, None)
        return web.json_response({"data": page, "has_more": len(page) < len(rows), "first_id": first, "last_id": last})

    async def one(self, request: web.Request) -> web.Response:
        found = next((x for x in self.limits if x["id"] == request.match_info["id"]), None)
        return web.json_response(found) if found else self.error(404, "spend limit not found")

    async def delete(self, request: web.Request) -> web.Response:
        found = next((x for x in self.limits if x["id"] == request.match_info["id"]), None)
        if found is None:
            return self.error(404, "spend limit not found")
        self.limits.remove(found)
        self.audit.append({"action": "spend_limit.delete", "before": found, "after": None})
        return web.json_response({"type": "spend_limit_deleted", "id": found["id"]})

    async def effective(self, request: web.Request) -> web.Response:
        wanted, periods = request.query.getall("user_ids[]", []), request.query.getall("period[]", [])
        people = [self._person(user_id) for user_id in wanted] or [
            p
            for p in self.people
            if request.query.get("q", "").casefold() in f"{p.email} {p.name} {p.user_id}".casefold()
        ]
        rows = [
            row
            for person in people
            for period in PERIODS
            if (row := self._effective(person, period, periods)) is not None
        ]
        return web.json_response({"data": rows, "next_page": None})

    def _person(self, user_id: str) -> Person:
        known = next((p for p in self.people if p.user_id == user_id), None)
        return known or Person(user_id=user_id, email=None, name=None)

    def _effective(self, person: Person, period: str, periods: Sequence[str]) -> dict[str, Any] | None:
        if periods and period not in periods:
            return None
        found = self._resolved(person, period)
        if found is None and not periods:
            return None
        scope = {"type": "user", "user_id": person.user_id}
        actor: dict[str, Any] = {"type": "user_actor", "user_id": person.user_id, "name": person.name}
        actor |= {"email_address": person.email, "deleted": False}
        return {
            "scope": scope,
            "groups": list(person.groups),
            "actor": actor,
            "amount": found["amount"] if found else None,
            "currency": "USD",
            "period": period,
            "source": found["scope"] if found else None,
            "spend_limit_id": found["id"] if found else None,
            "period_to_date_spend": person.spent,
        }

    def _resolved(self, person: Person, period: str) -> dict[str, Any] | None:
        """A person's own limit, else the smallest of their groups, else the organisation's."""
        own = self.find({"type": "user", "user_id": person.user_id}, period)
        groups = [self.find({"type": "rbac_group", "rbac_group_id": group}, period) for group in person.groups]
        capped = sorted((g for g in groups if g and g["amount"] is not None), key=lambda g: int(g["amount"]))
        return own or (capped[0] if capped else None) or self.find({"type": "organization"}, period)

    async def audited(self, request: web.Request) -> web.Response:
        newest = self.audit[::-1][: int(request.query.get("limit", "20"))]
        return web.json_response({"data": newest, "has_more": len(newest) < len(self.audit)})

    async def unknown(self, request: web.Request) -> web.Response:
        if request.path.startswith(f"{BASE}/spend_limit_increase_requests"):
            return self.error(401, "invalid token")
        return self.error(404, "not found")


def _copy(limit: dict[str, Any] | None) -> dict[str, Any] | None:
    if limit is None:
        return None
    pool = limit.get("pooled_budget")
    return {**limit, "pooled_budget": dict(pool)} if pool else dict(limit)


def _pooled(before: dict[str, Any] | None, change: dict[str, Any]) -> dict[str, Any] | None:
    if "amount" in change and change["amount"] is None:
        return None
    new = {"amount": None, "paused": False, "currency": "USD", "period_to_date_spend": "0"}
    after = {**(before or new), **change}
    return {**after, "amount": str(int(after["amount"]))}
