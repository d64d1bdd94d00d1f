"""The terms of a team's budget: how it is released, what carries over, what it enforces, and budgets of its parts."""

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Literal

from bot.money import usd

Release = Literal["", "even", "weekly", "daily"]
"""Empty: the whole budget is available from the period's first day."""
Enforce = Literal["advisory", "warn", "absolute"]
PartKind = Literal["tool", "tool_kind", "model", "workflow", "person"]
PART_KINDS: tuple[PartKind, ...] = ("tool", "tool_kind", "model", "workflow", "person")


@dataclass(frozen=True, kw_only=True)
class BudgetPart:
    """A budget for a part of a team's usage. `pattern` may contain `*` and `?`, except for a tool's kind."""

    kind: PartKind
    pattern: str
    amount_nanos: int
    enforce: Enforce = "absolute"
    degrade_to: str = ""


@dataclass(frozen=True, kw_only=True)
class BudgetTerms:
    """The terms of a budget beside its amount.

    Of the unspent rest a percent of the budget or an amount carries over; without either all of it lapses. A budget with
    `top_up_to_nanos` is filled up to that amount at a period's start. `degrade_to` is the model to use instead.
    """

    carry_forward_percent: int | None = None
    carry_forward_nanos: int | None = None
    release: Release = ""
    per_day_max_nanos: int | None = None
    top_up_to_nanos: int | None = None
    enforce: Enforce = "absolute"
    parts: tuple[BudgetPart, ...] = ()
    each_person_nanos: int | None = None
    degrade_to: str = ""


DEFAULT_TERMS = BudgetTerms()
_RELEASED: dict[Release, str] = {"": "at once", "even": "evenly", "weekly": "weekly", "daily": "daily"}


def terms_words(terms: BudgetTerms) -> str:
    """Returns what differs from the defaults in a few words; an empty text if nothing does."""
    words = [
        f"carries {terms.carry_forward_percent}%" if terms.carry_forward_percent else "",
        f"carries {usd(terms.carry_forward_nanos)}" if terms.carry_forward_nanos else "",
        f"released {_RELEASED[terms.release]}" if terms.release else "",
        f"at most {usd(terms.per_day_max_nanos)} a day" if terms.per_day_max_nanos is not None else "",
        f"topped up to {usd(terms.top_up_to_nanos)}" if terms.top_up_to_nanos is not None else "",
        terms.enforce if terms.enforce != DEFAULT_TERMS.enforce else "",
        *(_part_words(part) for part in terms.parts),
        f"each person {usd(terms.each_person_nanos)}" if terms.each_person_nanos is not None else "",
        f"else {terms.degrade_to}" if terms.degrade_to else "",
    ]
    return ", ".join(filter(None, words))


def _part_words(part: BudgetPart) -> str:
    enforced = f" {part.enforce}" if part.enforce != DEFAULT_TERMS.enforce else ""
    instead = f", else {part.degrade_to}" if part.degrade_to else ""
    return f"{part.kind.replace('_', ' ')} {part.pattern} {usd(part.amount_nanos)}{enforced}{instead}"


def terms_json(terms: BudgetTerms) -> str:
    """Returns terms as they are stored: what differs from the defaults."""
    defaults = asdict(DEFAULT_TERMS)
    return json.dumps({name: value for name, value in asdict(terms).items() if value != defaults[name]})


@lru_cache(maxsize=4_096)  # teams share their texts, and each reading meets them again
def terms_from_json(text: str) -> BudgetTerms:
    """Returns the terms of a stored text."""
    stored = json.loads(text)
    return BudgetTerms(**{**stored, "parts": tuple(BudgetPart(**part) for part in stored.get("parts", ()))})
