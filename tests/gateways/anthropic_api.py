"""Stand-ins for Anthropic's admin API, from its documentation and SDK: Claude Enterprise, and the Claude Console."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from aiohttp import web

from tests.gateways.claude_gateway import BASE, ClaudeGatewayApi
from tests.gateways.stand_in import Seen

ADMIN_KEY = "sk-ant-admin01-of-the-stand-in"
BETA = "spend-limit-reads-2026-09-26"
NOT_ENABLED = "spend_limits_admin_api_writes_not_enabled"
APPROVAL = {"amount", "period", "suppress_notification"}


@dataclass
class AnthropicApi(ClaudeGatewayApi):
    """What both have: the version header, pages by cursor, and the beta of the list."""

    key: str = ADMIN_KEY
    read_key: str = "sk-ant-admin01-reads-alone"

    def watch(self, seen: Seen) -> None:
        super().watch(seen)
        if seen.headers.get("anthropic-version") != "2023-06-01":
            self.wrongs.append(f"{seen.path}: anthropic-version is {seen.headers.get('anthropic-version')}")

    def error(self, status: int, message: str) -> web.Response:
        answer = super().error(status, message)
        answer.headers["request-id"] = "req_0"
        return answer

    def page(self, request: web.Request, rows: list[Any]) -> web.Response:
        """A page by an opaque cursor."""
        start = int(request.query.get("page", "cursor-0").removeprefix("cursor-"))
        most = min(int(request.query.get("limit", "20")), self.page_size)
        more = f"cursor-{start + most}" if start + most < len(rows) else None
        return web.json_response({"data": rows[start : start + most], "next_page": more})

    async def listed(self, request: web.Request) -> web.Response:
        if BETA not in request.headers.get("anthropic-beta", ""):
            return self.error(400, "this endpoint is in beta: send anthropic-beta")
        kinds = request.query.getall("scope_type[]", [])
        workspace = request.query.get("workspace_id")
        rows = [row for row in self.limits if not kinds or row["scope"]["type"] in kinds]
        rows = [row for row in rows if workspace in (None, row["scope"].get("workspace_id"))]
        return self.page(request, [{**row, "is_enabled": True} for row in rows])

    def set_scope(self, scope: dict[str, str], amount: str | None) -> dict[str, Any]:
        """A limit of any scope, as set in a web page."""
        limit = self.find(scope, "monthly")
        if limit is None:
            self.made += 1
            moment = "2026-11-29T21:56:40Z"
            limit = {"type": "spend_limit", "id": f"spl_{self.made}", "created_at": moment, "scope": scope}
            limit |= {"currency": "USD", "period": "monthly", "updated_at": moment}
            self.limits.append(limit)
        limit["amount"] = amount
        return limit


@dataclass
class EnterpriseApi(AnthropicApi):
    """Claude Enterprise: limits of members, and their requests for higher ones."""

    increases: dict[str, dict[str, Any]] = field(default_factory=dict)

    def routes(self) -> list[web.RouteDef]:
        requests = f"{BASE}/spend_limit_increase_requests"
        return [
            web.get(requests, self.increase_list),
            web.get(f"{requests}/{{id}}", self.increase_one),
            web.post(f"{requests}/{{id}}/approve", self.approve),
            web.post(f"{requests}/{{id}}/deny", self.deny),
            *super().routes(),
        ]

    def watch(self, seen: Seen) -> None:
        if seen.path.endswith("/approve"):
            self.require_members(seen, APPROVAL)
        super().watch(seen) if "/spend_limit_increase_requests" not in seen.path else AnthropicApi.watch(self, seen)

    def require_members(self, seen: Seen, allowed: set[str]) -> None:
        is_answer = seen.path.endswith(("/approve", "/deny"))
        super().require_members(seen, APPROVAL if is_answer else allowed)

    def ask(self, ref: str, user_id: str, *, period: str = "monthly") -> None:
        """A member asks for a higher limit."""
        actor = self._effective(self._person(user_id), "monthly", ["monthly"])
        assert actor is not None
        self.increases[ref] = {
            "type": "spend_limit_increase_request",
            "id": ref,
            "actor": actor["actor"],
            "created_at": "2026-11-29T21:56:40Z",
            "period": period,
            "status": "pending",
            "resolved_at": None,
            "resolved_by": None,
            "spend_summary": actor,
        }

    async def upsert(self, request: web.Request) -> web.Response:
        body = self.seen[-1].body
        if isinstance(body, dict) and isinstance(body.get("scope"), dict) and body["scope"].get("type") != "user":
            return self.error(400, "scope.type: this organization sets user limits")
        return await super().upsert(request)

    async def effective(self, request: web.Request) -> web.Response:
        wanted, periods = request.query.getall("user_ids[]", []), request.query.getall("period[]", [])
        people = [self._person(user_id) for user_id in wanted] or self.people
        rows = [self._effective(person, period, periods) for person in people for period in periods or ["monthly"]]
        return self.page(request, [row for row in rows if row])

    async def increase_list(self, request: web.Request) -> web.Response:
        states = request.query.getall("status[]", [])
        return self.page(request, [row for row in self.increases.values() if not states or row["status"] in states])

    async def increase_one(self, request: web.Request) -> web.Response:
        found = self.increases.get(request.match_info["id"])
        return web.json_response(found) if found else self.error(404, "no such request")

    async def approve(self, request: web.Request) -> web.Response:
        found, body = self.increases.get(request.match_info["id"]), self.seen[-1].body
        if found is None:
            return self.error(404, "no such request")
        if not (isinstance(body, dict) and isinstance(body.get("amount"), str) and body["amount"].isdigit()):
            return self.error(400, "amount: must be a whole-number decimal string of cents")
        if found["status"] != "pending":
            return self.error(400, f"the request is {found['status']} already")
        scope = {"type": "user", "user_id": found["actor"]["user_id"]}
        limit = self.set({"scope": scope, "amount": body["amount"], "period": body.get("period") or found["period"]})
        self._resolve(found, "approved")
        found["spend_summary"] = {**found["spend_summary"], "amount": body["amount"]}
        return web.json_response({**found, "spend_limit": limit})

    async def deny(self, request: web.Request) -> web.Response:
        found = self.increases.get(request.match_info["id"])
        if found is None:
            return self.error(404, "no such request")
        if found["status"] == "approved":
            return self.error(400, "the request is approved already")
        self._resolve(found, "denied")
        return web.json_response(found)

    @staticmethod
    def _resolve(found: dict[str, Any], state: str) -> None:
        found |= {"status": state, "resolved_at": "2026-11-29T22:00:00Z"}
        found["resolved_by"] = {"type": "scoped_api_key_actor", "scoped_api_key_id": "apikey_1"}


@dataclass
class ConsoleApi(AnthropicApi):
    """The Claude Console: limits of workspaces and the organisation; only some organisations may set them by API."""

    may_set: bool = True
    costs: dict[str | None, str] = field(default_factory=dict)
    """This month's costs in cents, by workspace; None is the default workspace."""
    members: ClassVar[set[str]] = {"scope", "amount", "period"}

    def routes(self) -> list[web.RouteDef]:
        return [web.get(f"{BASE}/cost_report", self.cost_report), *super().routes()]

    async def upsert(self, request: web.Request) -> web.Response:
        if not self.may_set:
            error = {"type": "permission_error", "message": "not enabled", "details": {"error_code": NOT_ENABLED}}
            return web.json_response({"type": "error", "error": error}, status=403)
        body = self.seen[-1].body
        scope = body.get("scope")
        if not isinstance(scope, dict) or scope.get("type") not in ("workspace", "organization"):
            return self.error(400, "scope: this organization sets organization and workspace limits")
        if set(body) - self.members or not str(body.get("amount")).isdigit() or body.get("period") != "monthly":
            return self.error(400, "amount: a monthly limit always carries an amount")
        return web.json_response(self.set_scope(scope, body["amount"]))

    async def cost_report(self, request: web.Request) -> web.Response:
        if not request.query.get("starting_at", "").endswith("-01T00:00:00Z"):
            return self.error(400, "starting_at")
        if int(request.query.get("limit", "7")) > 31:
            return self.error(400, "limit: at most 31 for buckets of a day")
        results = [
            {"currency": "USD", "amount": amount, "workspace_id": workspace} for workspace, amount in self.costs.items()
        ]
        day = {"starting_at": "2026-11-29T00:00:00Z", "ending_at": "2026-11-30T00:00:00Z"}
        return web.json_response({"data": [{**day, "results": results}], "has_more": False, "next_page": None})
