"""The Claude apps gateway: a group's pooled budget follows the books; caps of people and of the organisation hold per person.

Shapes tried with 2.1.332 (docs/gateways.md). A limit is created or replaced by its scope and period, without a version: a
change between the read and the write is not noticed, so the read comes right before.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import aiohttp

from bot.crosschecks.caps import Cap, CapChange, CapTarget, Connection, GatewaySettings
from bot.org.gateways import GatewayKind
from handlers.crosschecks.caps.adapter import CapRefused
from handlers.crosschecks.caps.apis import spend_limits
from handlers.crosschecks.caps.apis.api_calls import ApiCalls
from handlers.crosschecks.caps.apis.spend_limits import LIMITS, cents, nanos_of, require_dollars, set_limit

_ADVICE: Mapping[int, str] = {
    401: "Put one of `admin.write_keys` of gateway.yaml where `{place}` points, and restart Tokens.",
    403: "The key is one of `admin.read_keys`. Put one of `admin.write_keys` where `{place}` points.",
    404: "Check that `url` is the gateway's own address, and that it is 2.1.195 or newer.",
}
BLOCKED_NOTE = (
    "The gateway shows `admin.blocked_message` of gateway.yaml to whoever is stopped, and doesn't tell what it is. "
    'Let it name the way out: "Ask in Slack: /tokens request".'
)


class ClaudeGateway:
    """Caps of groups, people and the organisation at a Claude apps gateway."""

    kind: ClassVar[GatewayKind] = "claude_gateway"

    def __init__(self, settings: GatewaySettings, key: str, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._calls = ApiCalls(settings, key, session, {"x-api-key": key}, advice=_ADVICE)

    async def test_connection(self) -> Connection:
        """Reads the limits and who has called, and asks for a limit without a scope, which nothing can come of."""
        limits = await self._limits("")
        can_write, refusal = await spend_limits.may_write(self._calls)
        notes = [refusal] if refusal else []
        notes += await self._unknown_targets()
        notes += self._pool_notes(limits)
        return Connection(can_read=True, can_write=can_write, notes=(*notes, BLOCKED_NOTE))

    async def read_cap(self, target: CapTarget) -> Cap:
        """Returns a group's pooled budget, if it has one that isn't paused; else what each member may spend.

        A pool counts from its own beginning, so a group without one has spent nothing of it yet.
        """
        scope = _scope(target, self._calls)
        if scope["type"] == "user":
            return await self._user_cap(target.ref)
        found = await self._limit(scope)
        if found is None:
            spent = 0 if scope["type"] == "rbac_group" else None
            return Cap(cap_nanos=None, spent_nanos=spent, per_member=scope["type"] == "organization")
        return self._cap(found)

    async def write_cap(self, target: CapTarget, cap_nanos: int, *, seen: Cap, change: CapChange) -> Cap:
        """Sets a group's pool, or what each person may spend, and returns the limit as the gateway then has it.

        The gateway's audit names the key, not the person: its API has no place for who decided.
        """
        amount = cents(cap_nanos)
        scope = _scope(target, self._calls)
        if scope["type"] != "rbac_group":
            if scope["type"] == "user":
                scope = {"type": "user", "user_id": str(seen.seen.get("user_id") or await self._user_id(target.ref))}
            return self._cap(await set_limit(self._calls, scope, amount=amount), spent_nanos=seen.spent_nanos)
        members: dict[str, Any] = {"pooled_budget": {"amount": amount, "paused": False}}
        if _moves_along(seen):
            members["amount"] = amount
        return self._cap(await set_limit(self._calls, scope, **members))

    def _cap(self, limit: Mapping[str, Any], *, spent_nanos: int | None = None) -> Cap:
        kind = limit["scope"]["type"]
        require_dollars(limit, self._calls)
        pool = limit.get("pooled_budget")
        each = nanos_of(limit.get("amount"), self._calls)
        seen = {"id": limit.get("id"), "each_nanos": each, "user_id": limit["scope"].get("user_id")}
        if kind != "rbac_group":
            return Cap(cap_nanos=each, spent_nanos=spent_nanos, per_member=kind == "organization", seen=seen)
        if not isinstance(pool, dict):
            return Cap(cap_nanos=each, spent_nanos=0, per_member=True, seen=seen)
        spent = nanos_of(pool.get("period_to_date_spend"), self._calls)
        pooled = nanos_of(pool.get("amount"), self._calls)
        if pool.get("paused") is True:
            return Cap(cap_nanos=each, spent_nanos=spent, per_member=True, seen={**seen, "paused_nanos": pooled})
        return Cap(cap_nanos=pooled, spent_nanos=spent, seen={**seen, "pool_nanos": pooled})

    async def _limits(self, scope_type: str) -> list[Any]:
        query = {"scope_type": scope_type} if scope_type else {}
        return await spend_limits.all_rows(self._calls, LIMITS, query, paging="after_id")

    async def _limit(self, scope: Mapping[str, str]) -> Mapping[str, Any] | None:
        """Returns the monthly limit of a scope. There is no filter by id, so all pages are read."""
        for limit in await self._limits(scope["type"]):
            if limit.get("scope") == scope and _is_monthly(limit):
                return dict(limit)
        return None

    async def _user_cap(self, ref: str) -> Cap:
        user_id = await self._user_id(ref)
        return await spend_limits.cap_of_user(self._calls, user_id)

    async def _user_id(self, ref: str) -> str:
        """Returns the identity provider's id of a person, who may be named by an e-mail."""
        if "@" not in ref:
            return ref
        rows = await spend_limits.effective_rows(self._calls, q=ref)
        found = {user_id for user_id, email in map(spend_limits.user_of, rows) if email.casefold() == ref.casefold()}
        if len(found) == 1:
            return found.pop()
        if found:
            raise CapRefused(
                f"{self._calls.name} knows several people by {ref}. Write the right one's id below `people`."
            )
        words = f"Nobody by {ref} has called through {self._calls.name} yet, so their id there is unknown."
        raise CapRefused(f"{words} Let them sign in once, or write their id at the identity provider below `people`.")

    async def _unknown_targets(self) -> list[str]:
        """Returns sentences on groups and people of teams.yml whom nobody has heard of: their caps would stop nobody."""
        rows = await spend_limits.effective_rows(self._calls)
        groups = {str(group) for row in rows for group in row.get("groups") or ()}
        people = {part.casefold() for row in rows for part in spend_limits.user_of(row) if part}
        notes = []
        for target in self._settings.targets:
            kind = _scope(target, self._calls)["type"]
            if kind == "rbac_group" and target.ref not in groups:
                notes.append(
                    f"Nobody in group {target.ref} has called through {self._calls.name} yet, so its cap stops nobody. "
                    f"Is it spelled as in the groups claim? Groups seen: {_listed(groups)}."
                )
            elif kind == "user" and target.ref.casefold() not in people:
                notes.append(f"{target.ref} has not called through {self._calls.name} yet, so this cap stops nobody.")
        return notes

    def _pool_notes(self, limits: list[Any]) -> list[str]:
        """Returns sentences on caps that hold per person, where a team's budget would be expected."""
        notes = []
        pools = {
            limit["scope"].get("rbac_group_id"): limit.get("pooled_budget") for limit in limits if _is_monthly(limit)
        }
        for target in self._settings.targets:
            kind = _scope(target, self._calls)["type"]
            pool = pools.get(target.ref)
            if kind == "organization":
                notes.append("The organisation's cap at this gateway holds for each person, not for all together.")
            elif kind == "rbac_group" and not isinstance(pool, dict):
                notes.append(
                    f"Group {target.ref} has no pooled budget yet. The first write makes one, which counts from then."
                )
            elif isinstance(pool, dict) and pool.get("paused") is True:
                notes.append(f"The pooled budget of group {target.ref} is paused. The next write ends the pause.")
        return notes


def _scope(target: CapTarget, calls: ApiCalls) -> dict[str, str]:
    if target.kind == "organisation":
        return {"type": "organization"}
    if target.kind in ("group", "team"):
        return {"type": "rbac_group", "rbac_group_id": target.ref}
    if target.kind in ("user", "member"):
        return {"type": "user", "user_id": target.ref}
    words = f"{calls.name} has caps of groups, users and the organisation; {target.kind} {target.ref} is none of them."
    raise CapRefused(f"{words} Write it as {{group: …}} or {{user: …}} in teams.yml.")


def _is_monthly(limit: Mapping[str, Any]) -> bool:
    return limit.get("period") == "monthly" and isinstance(limit.get("scope"), dict)


def _moves_along(seen: Cap) -> bool:
    """Returns whether each member's limit follows the pool: a new limit needs one, and one that equals the pool is ours.

    A limit per member that an administrator chose stays as it is.
    """
    each = seen.seen.get("each_nanos")
    return each is None or each in (seen.seen.get("pool_nanos"), seen.seen.get("paused_nanos"))


def _listed(names: set[str]) -> str:
    first = sorted(names)[:8]
    return (", ".join(first) + (" …" if len(names) > len(first) else "")) or "none"
