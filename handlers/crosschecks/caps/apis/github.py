"""GitHub: budgets for AI credits (Copilot) of organisations, users and cost centres, in whole dollars a month.

From documentation and GitHub's OpenAPI description (@octokit/openapi-types 29.0.1); not tried. A budget without
`prevent_further_usage` only sends e-mail, and is read as no cap. Cost centres and their budgets are an enterprise's.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import quote

import aiohttp

from bot.crosschecks.caps import Cap, CapChange, CapTarget, Connection, GatewaySettings
from bot.money import NANOS, nanos_from_decimal
from bot.org.gateways import GatewayKind
from handlers.crosschecks.caps.adapter import CapRefused, CapUnreachable
from handlers.crosschecks.caps.apis.api_calls import MAX_PAGES, ApiCalls

API_VERSION = "2026-03-10"
_SKUS = ("ai_credits", "premium_requests")
_ADVICE: Mapping[int, str] = {
    401: "Put a token of an organisation's owner or billing manager where `{place}` points, and restart Tokens.",
    403: 'The token needs the organisation permission "Administration" (read and write), or classic scope admin:org.',
    404: "Check the names in teams.yml and `options`. GitHub also answers 404 to a token without the right.",
    422: "Check in GitHub's billing settings whether this budget can be set there.",
}


class GitHub:
    """Caps on AI credits at GitHub. `options` names the organisation or the enterprise that pays."""

    kind: ClassVar[GatewayKind] = "github"

    def __init__(self, settings: GatewaySettings, key: str, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        headers = {
            "Authorization": f"Bearer {key}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": API_VERSION,
        }
        self._calls = ApiCalls(settings, key, session, headers, advice=_ADVICE)

    async def test_connection(self) -> Connection:
        """Reads the budget of every target. GitHub doesn't say whether a token may write until it does."""
        notes = []
        for target in self._settings.targets:
            try:
                cap = await self.read_cap(target)
            except CapRefused as refusal:
                notes.append(str(refusal))
                continue
            if cap.seen.get("alerts_only"):
                notes.append(
                    f"The budget of {target.ref} only sends e-mail today. The first write makes it stop usage."
                )
        notes.append("GitHub counts in whole dollars. Whether the token may write, it says at the first write.")
        return Connection(can_read=True, can_write=True, notes=tuple(notes))

    async def read_cap(self, target: CapTarget) -> Cap:
        """Returns a target's budget. GitHub says what was spent of a user's budget alone."""
        place, scope = self._place(target)
        found = [budget for budget in await self._budgets(place, scope) if self._is_of(budget, target, scope)]
        if len(found) > 1:
            words = f"{self._calls.name} has {len(found)} budgets for the AI credits of {target.ref}."
            raise CapRefused(f"{words} Remove all but one in GitHub (Billing → Budgets).")
        return self._cap(found[0]) if found else Cap(cap_nanos=None, spent_nanos=None, unit_nanos=NANOS)

    async def write_cap(self, target: CapTarget, cap_nanos: int, *, seen: Cap, change: CapChange) -> Cap:
        """Sets the budget, in whole dollars rounded down, to stop usage at its end. GitHub's audit names the token's owner."""
        if cap_nanos < 0:
            raise ValueError("a cap is never negative")
        place, scope = self._place(target)
        body: dict[str, Any] = {"budget_amount": cap_nanos // NANOS, "prevent_further_usage": True}
        budget_id = seen.seen.get("id")
        if budget_id:
            answer = await self._calls.ask("PATCH", f"{place}/{quote(str(budget_id), safe='')}", body=body)
        else:
            is_user = scope == "user"
            body |= {
                "budget_scope": scope,
                "budget_entity_name": "" if is_user else target.ref,
                "budget_type": "BundlePricing",
                "budget_product_sku": self._sku,
                "budget_alerting": {"will_alert": False, "alert_recipients": []},
                **({"user": target.ref} if is_user else {}),
            }
            answer = await self._calls.ask("POST", place, body=body)
        budget = answer.fields.get("budget")
        if not isinstance(budget, dict) or {"budget_amount", "prevent_further_usage"} - budget.keys():
            return await self.read_cap(target)
        cap = self._cap(budget)
        spent = cap.spent_nanos if cap.spent_nanos is not None else seen.spent_nanos
        return replace(cap, spent_nanos=spent)

    @property
    def _sku(self) -> str:
        sku = str(self._settings.options.get("sku", _SKUS[0]))
        if sku not in _SKUS:
            raise CapRefused(f"{self._calls.name} has caps for {' or '.join(_SKUS)}; `options.sku` names {sku[:40]}.")
        return sku

    def _place(self, target: CapTarget) -> tuple[str, str]:
        """Returns the path of the budgets in which a target's is, and GitHub's word for its scope."""
        options, name = self._settings.options, self._calls.name
        enterprise, organisation = str(options.get("enterprise") or ""), str(options.get("organisation") or "")
        scope = {"organisation": "organization", "user": "user", "member": "user", "group": "cost_center"}.get(
            target.kind
        )
        if scope is None:
            words = f"{name} has budgets of organisations, users and cost centres; {target.kind} {target.ref} is none."
            raise CapRefused(f"{words} Write {{user: login}} or {{group: cost centre}} in teams.yml.")
        if enterprise:
            return f"/enterprises/{quote(enterprise, safe='')}/settings/billing/budgets", scope
        if scope == "cost_center":
            raise CapRefused(
                f"Cost centres are an enterprise's at GitHub. Name it in `options: {{enterprise: …}}` of {name}."
            )
        organisation = organisation or (target.ref if scope == "organization" else "")
        if not organisation:
            raise CapRefused(f"Name who pays for {target.ref} in `options: {{organisation: …}}` of {name}.")
        return f"/organizations/{quote(organisation, safe='')}/settings/billing/budgets", scope

    async def _budgets(self, place: str, scope: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for page in range(1, MAX_PAGES + 1):
            query = {"scope": scope, "per_page": "100", "page": str(page)}
            answer = await self._calls.ask("GET", place, query=query)
            rows = answer.rows("budgets")
            found += rows
            if not answer.fields.get("has_next_page") or not rows:
                return found
        raise CapUnreachable(f"{self._calls.name} has no end of pages.")

    def _is_of(self, budget: Mapping[str, Any], target: CapTarget, scope: str) -> bool:
        named = budget.get("user") if scope == "user" else budget.get("budget_entity_name")
        if scope == "user" and not named:
            named = budget.get("budget_entity_name")
        is_same = str(named or "").casefold() == target.ref.casefold()
        return is_same and budget.get("budget_scope") == scope and budget.get("budget_product_sku") == self._sku

    def _cap(self, budget: Mapping[str, Any]) -> Cap:
        stops = budget.get("prevent_further_usage") is True
        consumed = budget.get("consumed_amount")
        return Cap(
            cap_nanos=self._nanos(budget.get("budget_amount")) if stops else None,
            spent_nanos=None if consumed is None else self._nanos(consumed),
            seen={"id": budget.get("id"), "alerts_only": not stops},
            unit_nanos=NANOS,
        )

    def _nanos(self, amount: Any) -> int:
        try:
            return max(nanos_from_decimal(str(amount)), 0)
        except ValueError:
            raise CapUnreachable(f"{self._calls.name} answered with an amount that is no number.") from None
