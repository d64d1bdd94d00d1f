"""Spend limits as Claude's three admin APIs have them: the apps gateway's, Claude Enterprise's and the Claude Console's."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from bot.crosschecks.caps import CENT_NANOS, Cap
from bot.money import nanos_from_decimal
from handlers.crosschecks.caps.adapter import CapRefused, CapUnreachable
from handlers.crosschecks.caps.apis.api_calls import MAX_PAGES, ApiCalls, Reply

LIMITS = "/v1/organizations/spend_limits"
ANTHROPIC_VERSION = "2023-06-01"
READS_BETA = "spend-limit-reads-2026-09-26"
"""The list of limits is in beta at Anthropic, and wants this in `anthropic-beta`."""
_PAGE = 1000

Paging = Literal["after_id", "page"]
"""The apps gateway pages by the last id, Anthropic by a cursor."""


def cents(nanos: int) -> str:
    """Returns an amount as these APIs want it: whole cents, rounded down, as text. A negative one is a fault of ours."""
    if nanos < 0:
        raise ValueError("a cap is never negative")
    return str(nanos // CENT_NANOS)


def nanos_of(amount: Any, calls: ApiCalls) -> int | None:
    """Returns the nano-dollars of an amount in cents; None of null, which means unlimited."""
    if amount is None:
        return None
    try:
        found = nanos_from_decimal(amount if isinstance(amount, str) else "", per_dollar=100)
    except ValueError:
        raise CapUnreachable(f"{calls.name} answered with an amount that is no number.") from None
    return max(found, 0)


def require_dollars(limit: Mapping[str, Any], calls: ApiCalls) -> None:
    """Refuses a limit in another currency."""
    currency = limit.get("currency", "USD")
    if currency != "USD":
        raise CapRefused(f"{calls.name} has its limits in {str(currency)[:8]}. Tokens writes US dollars alone.")


def limit_cap(limit: Mapping[str, Any], calls: ApiCalls, *, spent: Any = None, per_member: bool = False) -> Cap:
    """Returns the cap of a limit or of an effective row."""
    require_dollars(limit, calls)
    return Cap(
        cap_nanos=nanos_of(limit.get("amount"), calls),
        spent_nanos=nanos_of(spent, calls),
        per_member=per_member,
        seen={"id": limit.get("id") or limit.get("spend_limit_id")},
    )


async def all_rows(
    calls: ApiCalls, path: str, query: Mapping[str, str], *, paging: Paging, beta: str = "", size: int = _PAGE
) -> list[Any]:
    """Returns the rows of all pages."""
    rows: list[Any] = []
    cursor, headers = "", {"anthropic-beta": beta} if beta else None
    for _ in range(MAX_PAGES):
        more: dict[str, str] = {paging: cursor} if cursor else {}
        answer = await calls.ask("GET", path, query={"limit": str(size), **query, **more}, headers=headers)
        rows += answer.rows()
        found = _next(answer, paging)
        if not found:
            return rows
        if found == cursor:
            break
        cursor = found
    raise CapUnreachable(f"{calls.name} has no end of pages.")


def _next(answer: Reply, paging: Paging) -> str:
    after = answer.fields.get("next_page") if paging == "page" else None
    if paging == "after_id" and answer.fields.get("has_more") is True:
        after = answer.fields.get("last_id")
    return after if isinstance(after, str) else ""


async def set_limit(calls: ApiCalls, scope: Mapping[str, str], **members: Any) -> Mapping[str, Any]:
    """Creates or replaces a monthly limit, and returns it as the API then has it."""
    body = {"scope": dict(scope), "period": "monthly", **members}
    answer = await calls.ask("POST", LIMITS, body=body)
    if answer.fields.get("type") != "spend_limit" or answer.fields.get("scope") != scope:
        raise CapUnreachable(f"{calls.name} answered with another limit than the one that was set.")
    return answer.fields


async def may_write(calls: ApiCalls) -> tuple[bool, str]:
    """Returns whether the key may set limits, and the refusal. The body sets nothing: it names no scope and no amount."""
    answer = await calls.ask("POST", LIMITS, body={}, also=frozenset({400, 401, 403, 422}))
    if answer.status in (401, 403):
        error = answer.fields.get("error")
        said = error.get("message", "") if isinstance(error, dict) else ""
        return False, str(calls.refused(answer.status, str(said)))
    return True, ""


async def effective_rows(calls: ApiCalls, **query: str) -> list[Any]:
    """Returns people's limits in force, one row per person, for the monthly period."""
    rows = await all_rows(calls, f"{LIMITS}/effective", {"period[]": "monthly", **query}, paging="page")
    return [row for row in rows if row.get("period") == "monthly"]


def user_of(row: Mapping[str, Any]) -> tuple[str, str]:
    """Returns the id and the e-mail of an effective row's person; "" for what it has not."""
    actor = row.get("actor")
    found = actor if isinstance(actor, dict) else {}
    return str(found.get("user_id") or ""), str(found.get("email_address") or "")


def month_start(moment: datetime) -> datetime:
    """Returns the first moment of a month in UTC, in which these APIs count."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


async def cap_of_user(calls: ApiCalls, user_id: str) -> Cap:
    """Returns a person's limit in force this month, whoever set it, and what they spent."""
    rows = await effective_rows(calls, **{"user_ids[]": user_id})
    row = next((row for row in rows if user_of(row)[0] == user_id), None)
    if row is None:
        return Cap(cap_nanos=None, spent_nanos=None, seen={"user_id": user_id})
    cap = limit_cap(row, calls, spent=row.get("period_to_date_spend"))
    return replace(cap, seen={**cap.seen, "user_id": user_id, "source": row.get("source")})
