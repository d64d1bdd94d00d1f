"""A stand-in for GitHub's budgets, from its OpenAPI description."""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.gateways.stand_in import Seen, StandIn

TOKEN = "ghp_tokenOfTheStandIn0123456789"
_UPDATE = {"budget_amount", "prevent_further_usage", "budget_alerting", "budget_scope", "budget_entity_name"}
_CREATE = {*_UPDATE, "budget_type", "budget_product_sku", "user"}


@dataclass
class GitHubApi(StandIn):
    """Budgets of one organisation and one enterprise, in whole dollars."""

    key: str = TOKEN
    budgets: list[dict[str, Any]] = field(default_factory=list)
    users: set[str] = field(default_factory=lambda: {"anna"})
    page_size: int = 100
    answers_in_full: bool = True
    """Whether an update answers with the whole budget; the description makes every member optional."""

    def routes(self) -> list[web.RouteDef]:
        found = []
        for place in ("/organizations/acme/settings/billing/budgets", "/enterprises/acme-inc/settings/billing/budgets"):
            found += [
                web.get(place, self.listed),
                web.post(place, self.create),
                web.patch(f"{place}/{{id}}", self.update),
            ]
        return found

    def error(self, status: int, message: str) -> web.Response:
        return web.json_response(
            {"message": message, "documentation_url": "https://docs.github.com/rest"}, status=status
        )

    def watch(self, seen: Seen) -> None:
        super().watch(seen)
        if seen.headers.get("Accept") != "application/vnd.github+json" or not seen.headers.get("User-Agent"):
            self.wrongs.append(f"{seen.path}: Accept or User-Agent")
        if seen.headers.get("X-GitHub-Api-Version") != "2026-03-10":
            self.wrongs.append(f"{seen.path}: X-GitHub-Api-Version")
        self.require_members(seen, _CREATE if seen.method == "POST" else _UPDATE)

    def add(self, amount: int, **members: Any) -> dict[str, Any]:
        budget = {
            "id": f"budget-{len(self.budgets) + 1}",
            "budget_type": "BundlePricing",
            "budget_amount": amount,
            "prevent_further_usage": True,
            "budget_scope": "organization",
            "budget_entity_name": "acme",
            "budget_product_sku": "ai_credits",
            "budget_alerting": {"will_alert": False, "alert_recipients": []},
            **members,
        }
        self.budgets.append(budget)
        return budget

    async def listed(self, request: web.Request) -> web.Response:
        rows = [b for b in self.budgets if b["budget_scope"] == request.query.get("scope", b["budget_scope"])]
        most = min(int(request.query.get("per_page", "10")), self.page_size)
        start = (int(request.query.get("page", "1")) - 1) * most
        more = start + most < len(rows)
        return web.json_response(
            {"budgets": rows[start : start + most], "has_next_page": more, "total_count": len(rows)}
        )

    async def create(self, _request: web.Request) -> web.Response:
        body = self.seen[-1].body
        if fault := _fault(body) or self._scope_fault(body):
            return self.error(400, fault)
        budget = self.add(body["budget_amount"], **{k: v for k, v in body.items() if k != "budget_amount"})
        return web.json_response({"message": "Budget successfully created.", "budget": budget})

    async def update(self, request: web.Request) -> web.Response:
        body = self.seen[-1].body
        budget = next((b for b in self.budgets if b["id"] == request.match_info["id"]), None)
        if budget is None:
            return self.error(404, f"Budget with ID {request.match_info['id']} not found.")
        if fault := _fault(body):
            return self.error(422, fault)
        budget |= body
        shown = budget if self.answers_in_full else {"id": budget["id"]}
        return web.json_response({"message": "Budget successfully updated.", "budget": shown})

    def _scope_fault(self, body: dict[str, Any]) -> str | None:
        if body.get("budget_scope") == "user":
            if body.get("user") not in self.users:
                return "Missing required fields: budget_entity_name"
        elif not body.get("budget_entity_name"):
            return "Missing required fields: budget_entity_name"
        is_bundle = (body.get("budget_type"), body.get("budget_product_sku")) == ("BundlePricing", "ai_credits")
        return None if is_bundle else "budget_product_sku does not fit budget_type"


def _fault(body: dict[str, Any]) -> str | None:
    amount = body.get("budget_amount")
    if type(amount) is not int or amount < 0:
        return "budget_amount must be a whole number of dollars"
    return None if body.get("prevent_further_usage") is True else "prevent_further_usage must be true"
