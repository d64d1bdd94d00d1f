"""A call that a gateway asks about before it is made, and the part of a budget that it belongs to."""

from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bot.org.budget_terms import PartKind
from bot.org.workflows import Priority


@dataclass(frozen=True, kw_only=True)
class Call:
    """What is known of a call before it is made; "" is unknown. `spelling` is the person as senders spell them."""

    workflow: str = ""
    tool: str = ""
    tool_kind: str = ""
    model: str = ""
    spelling: str = ""
    priority: Priority = "normal"


UNKNOWN_CALL = Call()


def fits(pattern: str, value: str) -> bool:
    """Returns whether a name fits a pattern with `*` and `?`, in any case."""
    return bool(value) and fnmatchcase(value.casefold(), pattern.casefold())


def fits_model(pattern: str, model: str) -> bool:
    """Returns whether a model fits a pattern; gateways send `openai/metacode-2` for `metacode-2`."""
    return fits(pattern, model) or fits(pattern, model.partition("/")[2])


def belongs(kind: PartKind, pattern: str, call: Call, *, spellings: Collection[str] = ()) -> bool:
    """Returns whether a call belongs to a part of a budget. What a gateway leaves out belongs to no part.

    `spellings` has all spellings of the person that a pattern names.
    """
    if kind == "person":
        return bool(call.spelling) and call.spelling in spellings
    if kind == "tool_kind":
        return call.tool_kind == pattern
    if kind == "model":
        return fits_model(pattern, call.model)
    return fits(pattern, call.tool if kind == "tool" else call.workflow)
