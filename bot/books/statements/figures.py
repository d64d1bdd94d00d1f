"""A statement: a team's account of a period in figures, each the sum of entries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.books.statements.coverage import Coverage
from bot.books.statements.lines import (
    CHARGE_LINES,
    CLOSE_LINES,
    LABELS,
    LINES,
    Line,
    StatementEntry,
    changes_budget,
    held_sum,
    line_sums,
)
from bot.periods import Period

Seal = Literal["sealed", "closing", "preliminary", "earlier", "later"]
"""`preliminary`: the period is open. `closing`: it is over, and not sealed yet. `earlier`: it was over before the books began.
`later`: it has not begun."""
MAX_TOOLS = 12
"""A page has room for this many tools; the others are one row."""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What lies beside a statement's period: the period before, and where the books begin."""

    before: str
    ended_early: Period | None = None
    """The period before, if it was closed early."""
    is_sealed: bool = False
    books_begin: str | None = None
    """The first period of the books; None before the first."""
    begins_before_books: bool = False


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A team's statement of a period. `lines` are in their order, without those of nothing; opening + in − out = closing.

    `days` and `tools` sum to the charges with their corrections. `seal` and `previous` are hashes in hexadecimal, empty
    unless sealed; `number` counts the team's statements.
    """

    slug: str
    name: str
    cost_center: str
    currency: str
    period: Period
    state: Seal
    lines: tuple[tuple[Line, int], ...]
    days: tuple[tuple[int, int], ...]
    tools: tuple[tuple[str, int], ...]
    coverage: Coverage
    still_held_nanos: int = 0
    """What holds still set aside of the closing."""
    entries: tuple[StatementEntry, ...] = ()
    made_at: int = 0
    number: int = 0
    previous: str = ""
    seal: str = ""

    @property
    def opening_nanos(self) -> int:
        return self.amount("opening")

    @property
    def in_nanos(self) -> int:
        """Returns what came in after the opening."""
        return sum(nanos for line, nanos in self._changes if nanos > 0 and line != "opening")

    @property
    def out_nanos(self) -> int:
        return -sum(nanos for line, nanos in self._changes if nanos < 0)

    @property
    def before_close_nanos(self) -> int:
        """Returns what was left before the close carried it forward, let it lapse, or covered it."""
        return sum(nanos for line, nanos in self._changes if line not in CLOSE_LINES)

    @property
    def closing_nanos(self) -> int:
        return self.opening_nanos + self.in_nanos - self.out_nanos

    @property
    def charged_nanos(self) -> int:
        """Returns what the days of the period cost."""
        return -sum(nanos for line, nanos in self.lines if line in CHARGE_LINES)

    @property
    def _changes(self) -> list[tuple[Line, int]]:
        return [(line, nanos) for line, nanos in self.lines if changes_budget(line)]

    def amount(self, line: Line) -> int:
        return dict(self.lines).get(line, 0)


def make_statement(
    *,
    team_id: int,
    slug: str,
    name: str,
    cost_center: str,
    currency: str,
    period: Period,
    state: Seal,
    entries: Sequence[StatementEntry],
    unposted: Mapping[int, int],
    tools: Mapping[str, int],
    coverage: Coverage,
    made_at: int,
) -> Statement:
    """Returns a statement of entries. `unposted` has usage by day that has no entry yet; `tools` the usage by tool.

    Usage that came after the close is among the tools and in no day: a row of its own takes it out again.
    """
    sums = line_sums(entries)
    if missing := sum(unposted.values()):
        sums["unposted"] = -missing
    days = dict(unposted)
    for one in entries:
        if one.line in CHARGE_LINES and one.entry.usage_day is not None:
            days[one.entry.usage_day] = days.get(one.entry.usage_day, 0) - one.effect_nanos
    charged = -sum(nanos for line, nanos in sums.items() if line in CHARGE_LINES)
    return Statement(
        slug=slug,
        name=name,
        cost_center=cost_center,
        currency=currency,
        period=period,
        state=state,
        lines=tuple((line, sums[line]) for line in LINES if sums.get(line)),
        days=tuple(sorted((day, nanos) for day, nanos in days.items() if nanos)),
        tools=_tied(tools, charged),
        coverage=coverage,
        still_held_nanos=held_sum(entries, team_id=team_id, period=period.name),
        entries=tuple(entries),
        made_at=made_at,
    )


LATER_USAGE = "Posted in a later period"
"""The row of tools that takes out usage which the days don't have."""


def _tied(tools: Mapping[str, int], charged: int) -> tuple[tuple[str, int], ...]:
    """Returns the tools, largest first, with a last row that makes them sum to the charges."""
    listed = sorted(((name, nanos) for name, nanos in tools.items() if nanos), key=lambda one: (-one[1], one[0]))
    rest = charged - sum(nanos for _, nanos in listed)
    return (*listed, *([(LATER_USAGE, rest)] if rest else []))


def folded_tools(tools: Sequence[tuple[str, int]], *, most: int = MAX_TOOLS) -> tuple[tuple[str, int], ...]:
    """Returns as many tools as there is room for; the rest is one row, so that the sum stays."""
    if len(tools) <= most:
        return tuple(tools)
    kept, rest = tools[: most - 1], tools[most - 1 :]
    return (*kept, (f"{len(rest)} others", sum(nanos for _, nanos in rest)))


def label_of(line: Line, *, is_organisation: bool = False) -> str:
    """Returns a line's words. The organisation's own charges are the usage of no team."""
    if is_organisation and line == "charges":
        return "Unattributed usage"
    return LABELS[line]
