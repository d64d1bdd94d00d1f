"""In-house and third-party tools compared: cost, tokens, and cost per million tokens."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.org.tools import ToolKind
from bot.reporting.figures import UNPRICED, BasisUse

MILLION = 1_000_000
_NOT_PRICED = frozenset({"unpriced", "notional", "provisioned"})
"""Cost bases whose tokens cost the company nothing: unpriced, paid for privately, or by the hour."""


@dataclass(frozen=True, kw_only=True)
class ToolKindTotals:
    """Cost and tokens of one kind of tool, with its cost before. `priced_tokens` are the tokens that the cost covers."""

    cost_nanos: int
    before_nanos: int
    tokens: int
    priced_tokens: int
    unpriced_tokens: int = 0

    @property
    def has_no_price(self) -> bool:
        """Returns whether nothing is known of its cost: no token of it has a price."""
        return self.cost_nanos == 0 == self.priced_tokens < self.unpriced_tokens

    @property
    def change_nanos(self) -> int:
        return self.cost_nanos - self.before_nanos

    @property
    def nanos_per_million(self) -> int | None:
        """Returns the cost of a million priced tokens, half up; None without any. Unpriced tokens are left out, because
        they would make the kind look cheap.
        """
        if self.priced_tokens <= 0:
            return None
        return (2 * self.cost_nanos * MILLION + self.priced_tokens) // (2 * self.priced_tokens)


@dataclass(frozen=True, kw_only=True)
class ToolMix:
    """Both kinds of tools over the same days."""

    in_house: ToolKindTotals
    third_party: ToolKindTotals

    @property
    def cost_nanos(self) -> int:
        return self.in_house.cost_nanos + self.third_party.cost_nanos

    @property
    def tokens(self) -> int:
        return self.in_house.tokens + self.third_party.tokens


def mix_of(uses: Iterable[BasisUse], before: Iterable[BasisUse], *, kind_of: Callable[[str], ToolKind]) -> ToolMix:
    """Returns the mix of tools from their uses over some days, with their cost over the days before."""
    now, then = list(uses), list(before)

    def kind(tool_kind: ToolKind) -> ToolKindTotals:
        of_kind = [use for use in now if kind_of(use.name) == tool_kind]
        return ToolKindTotals(
            cost_nanos=sum(use.cost_nanos for use in of_kind),
            before_nanos=sum(use.cost_nanos for use in then if kind_of(use.name) == tool_kind),
            tokens=sum(use.tokens for use in of_kind),
            priced_tokens=sum(use.tokens for use in of_kind if use.basis not in _NOT_PRICED),
            unpriced_tokens=sum(use.tokens for use in of_kind if use.basis == UNPRICED),
        )

    return ToolMix(in_house=kind("in_house"), third_party=kind("third_party"))
