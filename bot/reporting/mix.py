"""In-house tools beside third-party ones: what each kind costs, what it does for it, and what a million tokens come to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from bot.org.tools import ToolKind

MILLION = 1_000_000
_NOT_PRICED = frozenset({"unpriced", "notional"})
"""Bases of tokens that a bill holds nothing of: nobody knows their price, or somebody pays for them privately."""


class ToolUse(NamedTuple):
    """What a tool did on one cost basis."""

    tool: str
    basis: str
    tokens: int
    cost_nanos: int


@dataclass(frozen=True, kw_only=True)
class ToolKindTotals:
    """One kind's dollars and tokens, and its dollars before. `priced_tokens` are those that its dollars paid for."""

    cost_nanos: int
    before_nanos: int
    tokens: int
    priced_tokens: int

    @property
    def change_nanos(self) -> int:
        return self.cost_nanos - self.before_nanos

    @property
    def nanos_per_million(self) -> int | None:
        """What a million tokens cost, half up; None where none had a price. Tokens without one would make the kind look
        cheap, so they are left out."""
        if self.priced_tokens <= 0:
            return None
        return (2 * self.cost_nanos * MILLION + self.priced_tokens) // (2 * self.priced_tokens)


@dataclass(frozen=True, kw_only=True)
class ToolMix:
    """Both kinds over the same days."""

    in_house: ToolKindTotals
    third_party: ToolKindTotals

    @property
    def cost_nanos(self) -> int:
        return self.in_house.cost_nanos + self.third_party.cost_nanos

    @property
    def tokens(self) -> int:
        return self.in_house.tokens + self.third_party.tokens


def mix_of(uses: Iterable[ToolUse], before: Iterable[ToolUse], *, kind_of: Callable[[str], ToolKind]) -> ToolMix:
    """The mix of what tools did over some days, with their dollars over the days that these are compared with."""
    now, then = list(uses), list(before)

    def kind(wanted: ToolKind) -> ToolKindTotals:
        of_kind = [use for use in now if kind_of(use.tool) == wanted]
        return ToolKindTotals(
            cost_nanos=sum(use.cost_nanos for use in of_kind),
            before_nanos=sum(use.cost_nanos for use in then if kind_of(use.tool) == wanted),
            tokens=sum(use.tokens for use in of_kind),
            priced_tokens=sum(use.tokens for use in of_kind if use.basis not in _NOT_PRICED),
        )

    return ToolMix(in_house=kind("in_house"), third_party=kind("third_party"))
