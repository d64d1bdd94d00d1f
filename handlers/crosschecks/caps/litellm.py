"""LiteLLM: the caps of teams, their members and keys, by the proxy's admin API."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

import aiohttp

from bot.crosschecks.caps import CENT_NANOS, Cap, CapChange, CapTarget, Connection, GatewaySettings
from bot.money import nanos_from_decimal, usd
from bot.org.gateways import GatewayKind
from bot.periods import micros
from bot.text import plain
from handlers.crosschecks.caps.adapter import CapRefused
from handlers.crosschecks.caps.calls import Answer, GatewayCalls, key_place

CHANGED_BY = "litellm-changed-by"
_MANY_KEYS = {"key_limit": "1"}
"""A team's keys are not needed, and may be thousands."""


class LiteLLM:
    """Reads and writes `max_budget`. LiteLLM's `spend` is of its own present period, and its amounts are dollars."""

    kind: ClassVar[GatewayKind] = "litellm"

    def __init__(self, settings: GatewaySettings, key: str, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._calls = GatewayCalls(settings, session, {"Authorization": f"Bearer {key}"})

    def __repr__(self) -> str:
        return f"LiteLLM({self._settings.name})"

    async def test_connection(self) -> Connection:
        """Reads every target. Whether a cap may be raised shows only when one is."""
        notes, can_read = [], False
        for target in self._settings.targets:
            try:
                cap = await self.read_cap(target)
            except CapRefused as refused:
                notes.append(str(refused))
                continue
            can_read = True
            if cap.cap_nanos is None:
                notes.append(f"{target.kind} {target.ref} has no cap yet; the first write sets one")
        if not self._settings.targets:
            answer = await self._calls.get("/team/list")
            if not answer.is_ok:
                raise self._refused(answer, CapTarget(kind="team", ref=""))
            return Connection(can_read=True, can_write=True, notes=("no team of this gateway is named in teams.yml",))
        return Connection(can_read=can_read, can_write=can_read, notes=tuple(notes))

    async def read_cap(self, target: CapTarget) -> Cap:
        if target.kind == "key":
            return await self._read_key(target)
        team_id = target.member_of if target.kind == "member" else target.ref
        if target.kind not in ("team", "member"):
            raise CapRefused(
                f"LiteLLM has no caps for a {target.kind}. Name a team, a member or a key below gateways[{self._name}].teams."
            )
        answer = await self._calls.get("/team/info", {"team_id": team_id, **_MANY_KEYS})
        if not answer.is_ok:
            raise self._refused(answer, target)
        body = answer.body if isinstance(answer.body, dict) else {}
        if target.kind == "member":
            return self._member_cap(body, target)
        team = body.get("team_info")
        if not isinstance(team, dict):
            raise self._unreadable(target)
        return self._cap(team, target, seen={"soft_budget": team.get("soft_budget")})

    async def write_cap(self, target: CapTarget, cap_nanos: int, *, seen: Cap, change: CapChange) -> Cap:
        """Sends `max_budget` alone: sending `budget_duration` would move the reset. `soft_budget` goes along where it would not
        be below the cap, which LiteLLM refuses.
        """
        dollars = _dollars(cap_nanos)
        headers = {CHANGED_BY: f"{change.changed_by} (tokens change {change.version})"}
        if target.kind == "member":
            body = {"team_id": target.member_of, "user_id": target.ref, "max_budget_in_team": dollars}
            answer = await self._calls.post("/team/member_update", body, headers=headers)
        elif target.kind == "key":
            answer = await self._calls.post("/key/update", {"key": target.ref, "max_budget": dollars}, headers=headers)
        else:
            body = {"team_id": target.ref, "max_budget": dollars}
            soft = self._nanos(seen.seen.get("soft_budget"), target)
            if soft is not None and soft >= cap_nanos:
                body["soft_budget"] = _dollars(max(cap_nanos - CENT_NANOS, 0)) if cap_nanos > 0 else None
            answer = await self._calls.post("/team/update", body, headers=headers)
        if not answer.is_ok:
            raise self._refused(answer, target, cap_nanos=cap_nanos)
        return await self.read_cap(target)

    async def _read_key(self, target: CapTarget) -> Cap:
        answer = await self._calls.get("/key/info", {"key": target.ref})
        if not answer.is_ok:
            raise self._refused(answer, target)
        info = answer.body.get("info") if isinstance(answer.body, dict) else None
        if not isinstance(info, dict):
            raise self._unreadable(target)
        return self._cap(info, target)

    def _member_cap(self, body: dict[str, Any], target: CapTarget) -> Cap:
        for membership in body.get("team_memberships") or []:
            if isinstance(membership, dict) and membership.get("user_id") == target.ref:
                budget = membership.get("litellm_budget_table") or {}
                return self._cap({**budget, "spend": membership.get("spend")}, target)
        raise CapRefused(
            f"LiteLLM's team {plain(target.member_of)} has no member {plain(target.ref)}. "
            f"Add that user to it, or correct gateways[{self._name}] in teams.yml."
        )

    def _cap(self, row: dict[str, Any], target: CapTarget, *, seen: dict[str, Any] | None = None) -> Cap:
        return Cap(
            cap_nanos=self._nanos(row.get("max_budget"), target),
            spent_nanos=self._nanos(row.get("spend"), target),
            resets_at=_moment(row.get("budget_reset_at")),
            seen=seen or {},
        )

    def _nanos(self, value: Any, target: CapTarget) -> int | None:
        if value is None:
            return None
        try:
            if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
                raise ValueError("is no number")
            return nanos_from_decimal(str(value))
        except ValueError:
            raise self._unreadable(target) from None

    def _unreadable(self, target: CapTarget) -> CapRefused:
        return CapRefused(
            f"{self._name} answered about {target.kind} {plain(target.ref)} with no budget in it. "
            "Check that `url` is the proxy's own address, and that the proxy has a database."
        )

    def _refused(self, answer: Answer, target: CapTarget, *, cap_nanos: int | None = None) -> CapRefused:
        """Returns a sentence for what LiteLLM refused. Its own texts may repeat a key, so only known parts are recognised."""
        said = str(answer.body)[:20_000].casefold()
        named, key = f"{target.kind} {plain(target.ref)}".strip(), key_place(self._settings)
        amount = usd(cap_nanos) if cap_nanos is not None else "this"
        if "organization's max_budget" in said or "organization max_budget" in said:
            why = f"{amount} is above the cap of its organization in LiteLLM"
            return CapRefused(f"{self._name}: {why}. Raise that organization's `max_budget` there, then retry.")
        if answer.status == 401 or (answer.status == 400 and "api key" in said):
            return CapRefused(
                f"{self._name} doesn't accept the key in {key}. Put a proxy-admin key there, or a team-admin key of {named}."
            )
        if answer.status == 403 or "only a proxy admin" in said or "only proxy admin" in said:
            return CapRefused(
                f"{self._name} doesn't let the key in {key} set the cap of {named}. Use a proxy-admin key, or name "
                "`max_budget` and `raise_max_budget` in `team_admin_editable_team_fields` of the proxy."
            )
        if answer.status == 404 or "not found" in said or "doesn't exist" in said:
            return CapRefused(
                f"{self._name} knows no {named}. Correct its id below gateways[{self._name}] in teams.yml, or create it there."
            )
        if "soft_budget" in said:
            return CapRefused(
                f"{self._name} wants `soft_budget` of {named} below {amount}. Lower or clear it there, then retry."
            )
        return CapRefused(
            f"{self._name} refused to {'set' if cap_nanos is not None else 'show'} the cap of {named} "
            f"(HTTP {answer.status}). Look into the proxy's log, then retry."
        )

    @property
    def _name(self) -> str:
        return self._settings.name


def _dollars(nanos: int) -> float:
    """Returns whole cents as a JSON number of dollars: the shortest decimal with at most two places."""
    return (nanos // CENT_NANOS) / 100


def _moment(value: Any) -> int | None:
    """Returns a time of LiteLLM in microseconds; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return micros(found if found.tzinfo is not None else found.replace(tzinfo=UTC))
