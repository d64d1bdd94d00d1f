"""The top tools, models or workflows of a team over a span of days, compared with the days before."""

from dataclasses import dataclass
from typing import Literal

from bot.org.teams import Team
from bot.periods import period_of
from bot.refusals import Refusal
from bot.reporting.digests import Share
from bot.reporting.mix import ToolMix

TopPart = Literal["tool", "model", "workflow"]
TopSpan = Literal["7d", "30d", "mtd"]

_PARTS: dict[str, TopPart] = {
    "tool": "tool",
    "tools": "tool",
    "model": "model",
    "models": "model",
    "workflow": "workflow",
    "workflows": "workflow",
}
_SPANS: dict[str, TopSpan] = {"7d": "7d", "30d": "30d", "mtd": "mtd"}
_PEOPLE = frozenset({"people", "person", "users", "user", "members", "who"})


@dataclass(frozen=True, kw_only=True)
class TopQuery:
    """The parsed words after `top`."""

    part: TopPart
    span: TopSpan


@dataclass(frozen=True, kw_only=True)
class ComparedDays:
    """The days [first_day, end_day), compared with [before_day, before_end)."""

    first_day: int
    end_day: int
    before_day: int
    before_end: int


@dataclass(frozen=True, kw_only=True)
class TopReport:
    """A team's shares, largest first. The mix is present if the query asks for tools."""

    team: Team
    query: TopQuery
    shares: tuple[Share, ...]
    mix: ToolMix | None

    @property
    def cost_nanos(self) -> int:
        return sum(share.cost_nanos for share in self.shares)

    @property
    def before_nanos(self) -> int:
        return sum(share.before_nanos for share in self.shares)


def parse_top_query(text: str) -> TopQuery:
    """Parses the words after `top` in any order; the default is tools of the last seven days. Refuses people and unknown
    words.
    """
    part: TopPart = "tool"
    span: TopSpan = "7d"
    for word in text.casefold().split():
        if word in _PEOPLE:
            raise Refusal("Tokens ranks no people. Ask for `top tools`, `top models` or `top workflows`.")
        if word in _PARTS:
            part = _PARTS[word]
        elif word in _SPANS:
            span = _SPANS[word]
        else:
            raise Refusal(
                "After `top` comes `tools`, `models` or `workflows`, and `7d`, `30d` or `mtd` (this month so far): "
                "`top models 30d`, for example."
            )
    return TopQuery(part=part, span=span)


def days_of(span: TopSpan, *, today: int) -> ComparedDays:
    """Returns the days of a span, today included, and as many before them.

    A month so far is compared with the same days of the last month, or all of it if that month is shorter.
    """
    if span == "mtd":
        month = period_of(today, "month")
        return compare_period_so_far(month.first_day, period_of(month.first_day - 1, "month").first_day, today=today)
    length = 7 if span == "7d" else 30
    first = today + 1 - length
    return ComparedDays(first_day=first, end_day=today + 1, before_day=first - length, before_end=first)


def compare_period_so_far(first_day: int, last_first_day: int, *, today: int) -> ComparedDays:
    """Returns a period's days so far, compared with the same days of the period before."""
    end = today + 1
    before_end = min(last_first_day + end - first_day, first_day)
    return ComparedDays(first_day=first_day, end_day=end, before_day=last_first_day, before_end=before_end)
