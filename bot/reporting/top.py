"""The top tools, models or workflows of a team over a span of days, compared with the days before."""

from dataclasses import dataclass
from typing import Literal

from bot.org.teams import Team
from bot.refusals import Refusal
from bot.reporting.figures import Share, Spend
from bot.reporting.mix import ToolMix
from bot.reporting.spans import SpanKind

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
SPAN_KINDS: dict[TopSpan, SpanKind] = {"7d": "7d", "30d": "30d", "mtd": "month"}
_PEOPLE = frozenset({"people", "person", "users", "user", "members", "who"})


@dataclass(frozen=True, kw_only=True)
class TopQuery:
    """The parsed words after `top`."""

    part: TopPart
    span: TopSpan


@dataclass(frozen=True, kw_only=True)
class TopReport:
    """A team's spend over a span and its shares, largest first. The mix is present if the query asks for tools."""

    team: Team
    query: TopQuery
    spend: Spend
    shares: tuple[Share, ...]
    mix: ToolMix | None


def parse_top_query(text: str) -> TopQuery:
    """Parses the words after `top` in any order; the default is tools of the last 7 full days. Refuses people and unknown
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
