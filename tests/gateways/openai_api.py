"""A stand-in for OpenAI's admin API, from its documentation and SDK: hard spend limits and costs."""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.gateways.stand_in import StandIn

ADMIN_KEY = "sk-admin-openai-of-the-stand-in"
_LIMIT = {"currency": "USD", "interval": "month"}


@dataclass
class OpenAIApi(StandIn):
    """Limits in cents by project; "" is the organisation."""

    key: str = ADMIN_KEY
    projects: set[str] = field(default_factory=lambda: {"proj_abc"})
    limits: dict[str, int] = field(default_factory=dict)
    costs: dict[str, float] = field(default_factory=dict)
    """This month's costs in dollars, by project."""
    may_set: bool = True

    def routes(self) -> list[web.RouteDef]:
        project = "/v1/organization/projects/{project}"
        return [
            web.get("/v1/organization/spend_limit", self.read),
            web.post("/v1/organization/spend_limit", self.write),
            web.get(f"{project}/spend_limit", self.read),
            web.post(f"{project}/spend_limit", self.write),
            web.get(project, self.project),
            web.get("/v1/organization/costs", self.cost_buckets),
        ]

    async def project(self, request: web.Request) -> web.Response:
        found = request.match_info["project"]
        if found not in self.projects:
            return self.error(404, f"No project found with id '{found}'.")
        return web.json_response({"id": found, "object": "organization.project", "status": "active"})

    async def read(self, request: web.Request) -> web.Response:
        project = request.match_info.get("project", "")
        if project not in self.limits:
            return self.error(404, "No hard spend limit is configured.")
        return web.json_response(self._limit(project))

    async def write(self, request: web.Request) -> web.Response:
        body, project = self.seen[-1].body, request.match_info.get("project", "")
        if not self.may_set:
            return self.error(
                403, "You have insufficient permissions for this operation. Missing scopes: api.spend.write"
            )
        if project and project not in self.projects:
            return self.error(404, f"No project found with id '{project}'.")
        amount = body.get("threshold_amount")
        if type(amount) is not int or amount < 1 or {**_LIMIT, "threshold_amount": amount} != body:
            return self.error(400, "Invalid value for 'threshold_amount'.")
        self.limits[project] = amount
        return web.json_response(self._limit(project))

    def _limit(self, project: str) -> dict[str, Any]:
        kind = "project.spend_limit" if project else "organization.spend_limit"
        return {
            **_LIMIT,
            "object": kind,
            "threshold_amount": self.limits[project],
            "enforcement": {"status": "inactive"},
        }

    async def cost_buckets(self, request: web.Request) -> web.Response:
        wanted = request.query.getall("project_ids[]", [])
        start = int(request.query["start_time"])
        if start % 86_400 or int(request.query.get("limit", "7")) > 180:
            return self.error(400, "start_time")
        results = [
            {
                "object": "organization.costs.result",
                "amount": {"value": value, "currency": "usd"},
                "project_id": project,
            }
            for project, value in self.costs.items()
            if not wanted or project in wanted
        ]
        days = [{"object": "bucket", "start_time": start + n * 86_400, "results": results[n : n + 1]} for n in (0, 1)]
        page = int(request.query.get("page", "0"))
        more = {"has_more": page == 0, "next_page": "1" if page == 0 else None}
        return web.json_response({"object": "page", "data": days[page : page + 1], **more})
