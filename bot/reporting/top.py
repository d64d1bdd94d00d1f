"""The top tools, models or workflows of a team over a span of days, compared with the days before."""

from dataclasses import dataclass
from typing import Literal

from bot.org.teams import Team
from bot.reporting.figures import Share, Spend
from bot.reporting.mix import ToolMix

TopPart = Literal["tool", "model", "workflow"]


@dataclass(frozen=True, kw_only=True)
class TopReport:
    """A team's spend over a span and its shares, largest first, with so many teams below it. The mix is present for tools."""

    team: Team
    part: TopPart
    spend: Spend
    shares: tuple[Share, ...]
    mix: ToolMix | None
    teams_below: int = 0
