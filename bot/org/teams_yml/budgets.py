"""The budget of a team in teams.yml."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bot.org.budget_terms import DEFAULT_TERMS, PART_KINDS, BudgetPart, BudgetTerms, Enforce, PartKind
from bot.org.teams_yml.fields import Nanos, Percent, PersonRef, read_nanos
from bot.periods import PeriodKind

_CARRY_WORDS = 'write a percent like 20 or "20%", or an amount like {max: 500}'


STRICT = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
"""A section knows all its fields."""


class _Strict(BaseModel):
    model_config = STRICT


def _carried(value: Any) -> tuple[int | None, int | None]:
    """Returns the percent or the nano-dollars that carry over: of `20`, `"20%"`, `{max: "20%"}` or `{max: 500}`."""
    is_amount = False
    if isinstance(value, dict):
        if set(value) != {"max"}:
            raise ValueError(_CARRY_WORDS)
        value, is_amount = value["max"], True
    if isinstance(value, str) and value.rstrip().endswith("%"):
        value, is_amount = value.rstrip()[:-1].strip(), False
        value = int(value) if value.isascii() and value.isdigit() and len(value) <= 3 else None
    if is_amount:
        return None, read_nanos(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(_CARRY_WORDS)
    if not 0 <= value <= 100:
        raise ValueError("must be between 0% and 100%")
    return value, None


Carried = Annotated[tuple[int | None, int | None], BeforeValidator(_carried)]


class PartFile(_Strict):
    """A budget for a part of the team's usage: exactly one kind, and an amount."""

    tool: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    tool_kind: Literal["in_house", "third_party"] | None = None
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    workflow: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    person: PersonRef | None = None
    amount: Nanos
    enforce: Enforce = "absolute"
    degrade_to: Annotated[str, Field(max_length=200)] = ""

    @model_validator(mode="after")
    def _has_one_kind(self) -> "PartFile":
        if len(self.kinds) != 1:
            raise ValueError("needs one of tool, tool_kind, model, workflow or person")
        return self

    @property
    def kinds(self) -> dict[PartKind, str]:
        """Returns the patterns that the line gives, by kind."""
        return {kind: value for kind in PART_KINDS if (value := getattr(self, kind)) is not None}

    def part(self) -> BudgetPart:
        """Returns the part as rules see it."""
        ((kind, pattern),) = self.kinds.items()
        return BudgetPart(
            kind=kind,
            pattern=pattern,
            amount_nanos=self.amount,
            enforce=self.enforce,
            degrade_to=self.degrade_to,
        )


class BudgetFile(_Strict):
    """A declared budget. Without an amount it is what `top_up_to` says."""

    amount: Nanos
    thresholds: list[Percent] = [80, 100]
    starts: date | None = None
    carry_forward: Carried | None = None
    period: PeriodKind | None = None
    release: Literal["even", "weekly", "daily"] | None = None
    per_day_max: Nanos | None = None
    top_up_to: Nanos | None = None
    enforce: Enforce = DEFAULT_TERMS.enforce
    parts: list[PartFile] = []
    each_person: Nanos | None = None
    degrade_to: Annotated[str, Field(max_length=200)] = ""

    @model_validator(mode="before")
    @classmethod
    def _amount_of_a_top_up(cls, given: Any) -> Any:
        if isinstance(given, dict) and "amount" not in given and "top_up_to" in given:
            return {**given, "amount": given["top_up_to"]}
        return given

    def terms(self) -> BudgetTerms:
        """Returns the budget's terms as rules see them."""
        percent, nanos = self.carry_forward or (None, None)
        return BudgetTerms(
            carry_forward_percent=percent,
            carry_forward_nanos=nanos,
            release=self.release or "",
            per_day_max_nanos=self.per_day_max,
            top_up_to_nanos=self.top_up_to,
            enforce=self.enforce,
            parts=tuple(part.part() for part in self.parts),
            each_person_nanos=self.each_person,
            degrade_to=self.degrade_to,
        )

    def faults(self) -> list[tuple[str, str]]:
        """Returns (field, fault) of terms that contradict each other."""
        found = []
        if self.per_day_max is not None and self.release is None:
            found.append(("per_day_max", "needs `release` beside it: even, weekly or daily"))
        if self.top_up_to is not None and self.amount > self.top_up_to:
            found.append(("top_up_to", "is less than `amount`; leave `amount` out, or lower it"))
        if self.top_up_to is not None and self.carry_forward is not None:
            found.append(("carry_forward", "leave it out: a budget with `top_up_to` keeps what is unspent"))
        kinds = [tuple(part.kinds.items()) for part in self.parts]
        for index, part in enumerate(kinds):
            if part in kinds[:index]:
                ((kind, pattern),) = part
                found.append((f"parts[{index}]", f"{kind} {pattern} has a budget already; name it once"))
        return found
