"""The rules of a spend limit's body at the Claude apps gateway, with its own texts (captured of 2.1.332)."""

import re
from typing import Any

PERIODS = ("daily", "weekly", "monthly")
_CENTS = re.compile(r"[0-9]{1,18}")
_KINDS = ("user", "rbac_group", "organization")
_IDS = {"user": "user_id", "rbac_group": "rbac_group_id"}
_ABSENT = object()
_SET = "Set amount; it may equal pooled_budget.amount."


def body_fault(body: Any, *, is_known: bool, present: dict[str, Any] | None) -> str | None:
    """The fault of a body, or None. `present` is the limit that it would replace."""
    if not isinstance(body, dict):
        return "invalid JSON body"
    fault = scope_fault(body.get("scope", _ABSENT)) or _amount_fault(body, "amount") or _rest_fault(body)
    if fault is None and "amount" not in body and not isinstance(body.get("pooled_budget"), dict):
        return "amount: Required"
    return fault or pool_fault(body, is_known=is_known, present=present)


def scope_fault(scope: Any) -> str | None:
    if not isinstance(scope, dict):
        return "scope: Required" if scope is _ABSENT else f"scope: Expected object, received {_name(scope)}"
    kind = scope.get("type")
    if kind not in _KINDS:
        return "scope.type: Invalid discriminator value. Expected 'user' | 'rbac_group' | 'organization'"
    member = _IDS.get(kind)
    given = scope.get(member, _ABSENT) if member else "none"
    if isinstance(given, str):
        return None if given else f"scope.{member}: String must contain at least 1 character(s)"
    return f"scope.{member}: " + ("Required" if given is _ABSENT else f"Expected string, received {_name(given)}")


def clean_scope(scope: dict[str, Any]) -> dict[str, Any]:
    """The scope as the gateway keeps it: unknown members are dropped."""
    kept = {"type": scope["type"]}
    member = _IDS.get(scope["type"])
    return {**kept, member: scope[member]} if member else kept


def _amount_fault(body: dict[str, Any], member: str, *, prefix: str = "") -> str | None:
    amount = body.get(member)
    if amount is None:
        return None
    if not isinstance(amount, str):
        return f"{prefix}{member}: Expected string, received {_name(amount)}"
    if not _CENTS.fullmatch(amount):
        return f"{prefix}{member}: must be a whole-number decimal string of cents"
    return None


def _rest_fault(body: dict[str, Any]) -> str | None:
    period = body.get("period", "monthly")
    if period not in PERIODS:
        return f"period: Invalid enum value. Expected 'daily' | 'weekly' | 'monthly', received '{period}'"
    if body.get("currency", "USD") != "USD":
        return 'currency: Invalid literal value, expected "USD"'
    return None


def pool_fault(body: dict[str, Any], *, is_known: bool, present: dict[str, Any] | None) -> str | None:
    pool = body.get("pooled_budget")
    if not isinstance(pool, dict):
        return None
    fault = _amount_fault(pool, "amount", prefix="pooled_budget.")
    each = body["amount"] if "amount" in body else (present or {}).get("amount")
    after = {**((present or {}).get("pooled_budget") or {}), **pool}
    if fault is None and body["scope"]["type"] != "rbac_group":
        fault = "Pooled budget fields can only be set on a group-level limit"
    elif fault is None and body.get("period", "monthly") != "monthly":
        fault = "Pooled budgets are monthly only. Set pooled fields on the group's monthly limit."
    elif fault is None and "amount" not in body and not is_known:
        fault = f"This spend limit doesn't exist yet, so it needs amount (each member's own limit). {_SET}"
    elif fault is None and each is None and after.get("amount") is not None and not after.get("paused"):
        fault = (
            f"A pooled budget that isn't paused needs amount (each member's own limit) on the same spend limit. {_SET}"
        )
    return fault


def _name(value: Any) -> str:
    kinds = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null", list: "array"}
    return kinds.get(type(value), "object")
