"""Budgets of a part of a team's spend: of a tool, a kind of tool, a model family, a workflow or a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.books.gatekeeping.calls import Call, belongs
from bot.books.gatekeeping.limits import Limit
from bot.money import usd
from bot.org.budget_terms import Enforce, PartKind
from bot.org.tools import Tools

_KIND_WORDS: dict[str, str] = {"in_house": "in-house tools", "third_party": "third-party tools"}


class Labels(NamedTuple):
    """The labels by which spend belongs to parts. They are those of a series of usage, or of a sum of reservations."""

    tool: str
    model: str
    workflow: str
    person_id: int


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a team's budget. A person's has all ids and spellings of that person."""

    kind: PartKind
    pattern: str
    amount_nanos: int
    enforce: Enforce = "absolute"
    degrade_to: str = ""
    person_ids: frozenset[int] = field(default=frozenset())
    spellings: frozenset[str] = field(default=frozenset())

    @property
    def key(self) -> str:
        """Returns the part's name for machines; it names no person."""
        return "person" if self.kind == "person" else f"{self.kind}:{self.pattern}"

    @property
    def is_private(self) -> bool:
        """Whether its figures are one person's."""
        return self.kind == "person"

    def words(self) -> str:
        """Returns what the part is, for people."""
        if self.kind == "person":
            return "this person"
        return _KIND_WORDS.get(self.pattern, self.pattern) if self.kind == "tool_kind" else self.pattern

    def has_call(self, call: Call) -> bool:
        return belongs(self.kind, self.pattern, call, spellings=self.spellings)

    def has_labels(self, labels: Labels, tools: Tools) -> bool:
        """Returns whether spend with these labels belongs to the part."""
        if self.kind == "person":
            return labels.person_id in self.person_ids
        call = Call(
            tool=labels.tool,
            tool_kind=tools.kind_of(labels.tool) if self.kind == "tool_kind" else "",
            model=labels.model,
            workflow=labels.workflow,
        )
        return belongs(self.kind, self.pattern, call)


def spent_by_part(parts: Iterable[Part], spend: Mapping[Labels, int], tools: Tools) -> dict[Part, int]:
    """Returns the nano-dollars of each part; spend may belong to several."""
    return {part: sum(nanos for labels, nanos in spend.items() if part.has_labels(labels, tools)) for part in parts}


def labels_kept(parts: Iterable[Part], call: Call, person_id: int) -> Labels:
    """Returns the labels of a reservation that its sum keeps: those that a part of the team's budget asks for."""
    kinds = {part.kind for part in parts}
    return Labels(
        tool=call.tool if kinds & {"tool", "tool_kind"} else "",
        model=call.model if "model" in kinds else "",
        workflow=call.workflow if "workflow" in kinds else "",
        person_id=person_id if "person" in kinds else 0,
    )


def part_limit(
    team_name: str, part: Part, *, spent_nanos: int, reserved_nanos: int, warns_at: int, degraded: bool
) -> Limit:
    """Returns the limit of a part. A person's names no amount."""
    left = part.amount_nanos - spent_nanos - reserved_nanos
    name = f"The budget for {part.words()} in {team_name}"
    used = f"{name} is used" if part.is_private else f"{name} is used: {usd(left)} of {usd(part.amount_nanos)} left"
    return Limit(
        key=part.key,
        name=name,
        allocated_nanos=part.amount_nanos,
        spent_nanos=spent_nanos + reserved_nanos,
        left_nanos=left,
        warns_at=warns_at,
        enforce=part.enforce,
        degrade_to=part.degrade_to,
        empty=f"{used}.",
        is_degraded=degraded,
        hides_amounts=part.is_private,
    )
