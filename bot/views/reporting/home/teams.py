"""The budgets of a person's teams on their Home, as aligned bars, with words about those that need somebody."""

from collections.abc import Sequence

from bot.books.budgets import Standing
from bot.messages import Block
from bot.money import usd, usd_round
from bot.reporting.concerns import is_spent_out, runs_out, shows_budget
from bot.reporting.home_places import HomePlace
from bot.text import plain
from bot.views.bars import bar_lines
from bot.views.blocks import button, name, preformatted, section
from bot.views.books.budgets import (
    REQUEST_BUDGET,
    has_budget,
    headline,
    may_request,
    no_budget_words,
    subtree_words,
)
from bot.views.reporting.home.pages import page_blocks, page_words
from bot.views.reporting.home.trees import INCLUDES, tree_rows
from bot.views.wording import NO_PRICE

_FEW = 3
"""So many teams have their own words each; of more, only those that need somebody."""
_PAGE = 10
_MOST_AT_RISK = 4


def team_blocks(standings: Sequence[Standing], *, place: HomePlace) -> list[Block]:
    """Returns a person's teams, each below the one it belongs to: bars, and words for those to look at."""
    rows = tree_rows(standings)
    page = place.page("teams", rows, size=_PAGE)
    note = f"\n{INCLUDES}" if any(row.depth for row in rows) else ""
    blocks = [section(f"*My teams*{page_words(page)}{note}", block_id="home-teams")]
    if len(rows) > 1 or rows[0].whole_nanos:
        blocks.append(preformatted(bar_lines(page.shown), block_id="home-teams-bars"))
    blocks += page_blocks(page, "teams", what="my teams")
    to_look_at = standings if len(standings) <= _FEW else [s for s in standings if is_at_risk(s)][:_MOST_AT_RISK]
    return [*blocks, *(_team_block(standing) for standing in to_look_at)]


def is_at_risk(standing: Standing) -> bool:
    return shows_budget(standing) and (is_spent_out(standing) or runs_out(standing))


def _team_block(standing: Standing) -> Block:
    team = standing.team
    label = f"Request budget for {plain(team.name, limit=40)}"
    request = button("Request budget", action_id=REQUEST_BUDGET, value=team.id, label=label)
    asks = request if may_request(standing) else None
    return section(_team_words(standing), block_id=f"home-team-{team.id}", accessory=asks)


def _team_words(standing: Standing) -> str:
    below = subtree_words(standing)
    return f"{_own_words(standing)}\n{below}" if below else _own_words(standing)


def _own_words(standing: Standing) -> str:
    burn = f"{usd_round(standing.forecast.usual_nanos_per_day)} a day"
    if not has_budget(standing):
        none = f" {no_budget_words(standing)}" if standing.team.mode != "announce" else ""
        return f"*{name(standing.team.name)}*\n{headline(standing)} {burn}.{none}"
    balance = standing.balance
    if balance.allocated_nanos <= 0:
        return f"*{headline(standing)}*\n{burn}"
    if standing.has_no_price:
        return f"*{headline(standing)}*\nSpent: {NO_PRICE}."
    return f"*{headline(standing)}*\nSpent {usd(balance.charged_nanos)}, {burn}."
