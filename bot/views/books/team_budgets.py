"""`/tokens budget`: a team's budget with its teams: its own figures and those with the teams below, apart."""

from collections.abc import Sequence

from bot.books.allocations import Allocator, Spend, TeamShare
from bot.messages import Block, Message
from bot.money import usd, usd_round
from bot.org.teams import Team
from bot.text import plain
from bot.views.blocks import actions, button, context, name, section, table
from bot.views.books.allocations import HAND_OUT
from bot.views.books.budgets import REQUEST_BUDGET, team_may_request
from bot.views.books.grants import GrantLine
from bot.views.grant_ends import end_grant_button
from bot.views.wording import NO_PRICE, cost_words, counted, last_day_text, period_words, round_cost_words

_MAX_TEAMS = 50
_MAX_GRANTS = 10


def team_budget_message(
    allocator: Allocator,
    *,
    set_by: str,
    grants: Sequence[GrantLine],
    may_hand_out: bool,
    has_no_price: bool = False,
) -> Message:
    """Returns the answer to `/tokens budget`.

    `set_by` mentions who set its budget in Slack, or is empty. `grants`
    are its grants with an end. With `has_no_price` all its usage lacks a price.
    """
    team, key = allocator.team, f"budget-{allocator.team.id}"
    blocks: list[Block] = [
        section(f"*{budget_headline(allocator)}*", block_id=f"{key}-headline", fields=_figures(allocator, has_no_price))
    ]
    notes = [_origin(allocator, set_by=set_by)] if team.kind == "team" else []
    if team.mode != "govern":
        notes.append(f"In mode {team.mode} budgets have no consequences yet.")
    for line in grants[:_MAX_GRANTS]:
        end = end_grant_button(line.grant, team=team, payer=line.payer) if line.may_end else None
        blocks.append(section(f"• {line.words}", block_id=f"{key}-grant-{line.grant.id}", accessory=end))
    if len(grants) > _MAX_GRANTS:
        notes.append(f"{counted(len(grants) - _MAX_GRANTS, 'more grant')} end later.")
    visible = [share for share in allocator.shares if share.spend is not None]
    if visible:
        blocks.append(table(_rows(visible, allocator), block_id=f"{key}-teams"))
    hidden = len(allocator.shares) - len(visible)
    if len(visible) > _MAX_TEAMS:
        notes.append(f"{counted(len(visible) - _MAX_TEAMS, 'more team')} have smaller budgets.")
    if hidden:
        notes.append(f"Figures of {counted(hidden, 'team')} are for their members and managers.")
    buttons = []
    shown = plain(team.name, limit=40)
    if may_hand_out and allocator.shares:
        label = f"Hand out the budget of {shown}"
        buttons.append(button("Hand out budget", action_id=HAND_OUT, value=team.id, label=label))
    if team_may_request(team):
        label = f"Request budget for {shown}"
        buttons.append(button("Request budget", action_id=REQUEST_BUDGET, value=team.id, label=label))
    if buttons:
        blocks.append(actions(*buttons, block_id=f"{key}-actions"))
    if notes:
        blocks.append(context(" ".join(notes), block_id=f"{key}-notes"))
    text = " ".join(
        [
            budget_headline(allocator),
            _spoken(allocator, has_no_price),
            *(line.words for line in grants[:_MAX_GRANTS]),
            *notes,
        ]
    )
    return Message(text=text, blocks=tuple(blocks))


def budget_headline(allocator: Allocator) -> str:
    """Returns the main sentence: what is available, of which budget and period."""
    team, balance = name(allocator.team.name), allocator.balance
    month = period_words(allocator.period.name)
    if allocator.team.kind == "organisation":
        return f"{team} has {usd(balance.available_nanos)} in {month} that no team was given."
    if balance.budget == "none":
        return f"{team} has no budget in {month}."
    if balance.budget == "later":
        return f"The budget of {team} has not begun."
    whole = usd(balance.received_nanos)
    if balance.available_nanos < 0:
        return f"{team} is {usd(-balance.available_nanos)} over the budget that it keeps of {whole} in {month}."
    return f"{team} has {usd(balance.available_nanos)} available of {whole} in {month}."


def _figures(allocator: Allocator, has_no_price: bool) -> list[str]:
    balance = allocator.balance
    end, spent = last_day_text(allocator.period), cost_words(balance.charged_nanos, has_no_price=has_no_price)
    is_company = allocator.team.kind == "organisation"
    parts = [f"*{'Funding' if is_company else 'Budget'}*\n{usd(balance.received_nanos)}{_extra(allocator)}"]
    if allocator.shares:
        parts.append(f"*Handed to its teams*\n{usd(balance.handed_nanos)}")
    parts += [
        f"*{'Unattributed usage' if is_company else 'Spent by itself'}*\n{spent}",
        f"*Held*\n{usd(balance.held_nanos)}",
        f"*Available*\n{usd(balance.available_nanos)}",
    ]
    if allocator.spend is not None and allocator.shares:
        together = cost_words(allocator.spend.spent_nanos, has_no_price=allocator.spend.has_no_price)
        parts.append(f"*Spent with its teams*\n{together}")
        parts.append(f"*Forecast with its teams by {end}*\n{_forecast(allocator.spend)}")
    elif allocator.spend is not None:
        parts.append(f"*Forecast by {end}*\n{_forecast(allocator.spend)}")
    return parts


def _forecast(spend: Spend) -> str:
    return round_cost_words(spend.forecast_nanos, has_no_price=spend.has_no_price)


def _extra(allocator: Allocator) -> str:
    extra = allocator.balance.received_nanos - allocator.balance.base_nanos
    if extra <= 0 or allocator.team.kind == "organisation":
        return ""
    return f", {usd(extra)} of it this {allocator.kind} only"


def _origin(allocator: Allocator, *, set_by: str) -> str:
    """Returns where the budget comes from: teams.yml, or who set it in Slack."""
    nanos = allocator.base_nanos
    if nanos is None:
        return "No budget is declared for it in teams.yml, or set in Slack."
    each = f"{usd(nanos)} each {allocator.kind}"
    if allocator.team.set_budget is None:
        return f"teams.yml gives it {each}."
    return f"{set_by or 'Somebody'} set it to {each} in Slack."


def _rows(shares: Sequence[TeamShare], allocator: Allocator) -> list[list[str]]:
    """Returns a table of the teams with the largest budgets, their own teams' spend included."""
    largest = sorted(shares, key=lambda share: (-share.balance.received_nanos, share.team.name.casefold()))
    rows = [["Team", "Budget", "Spent", f"By {last_day_text(allocator.period)}", "Available"]]
    for share in largest[:_MAX_TEAMS]:
        balance = share.balance
        is_set = balance.budget == "set"
        rows.append(
            [
                plain(share.team.name, limit=40),
                usd_round(balance.received_nanos) if is_set else "none",
                round_cost_words(share.spend.spent_nanos, has_no_price=share.spend.has_no_price) if share.spend else "",
                _forecast(share.spend) if share.spend else "",
                usd_round(balance.available_nanos) if is_set else "",
            ]
        )
    return rows


def _spoken(allocator: Allocator, has_no_price: bool) -> str:
    balance = allocator.balance
    held = f", {usd(balance.held_nanos)} is held" if balance.held_nanos else ""
    spent = f"It spent {usd(balance.charged_nanos)} by itself{held}."
    if has_no_price:
        spent = f"Its own usage has {NO_PRICE}{held}."
    if not allocator.shares:
        return spent
    together = ""
    if allocator.spend is not None:
        whole = cost_words(allocator.spend.spent_nanos, has_no_price=allocator.spend.has_no_price)
        together = f" Spent with its teams: {whole}."
    return f"{usd(balance.handed_nanos)} is with its teams. {spent}{together}"


def no_budget_team_message(teams: Sequence[Team], command: str) -> Message:
    """Returns the answer to somebody whose team is not known here."""
    named = ", ".join(name(team.name) for team in teams[:5])
    yours = f" Yours: {named}." if named else ""
    text = f"Which team? Type `{command} budget` in its channel, or with its name: `{command} budget search`.{yours}"
    return Message(text=text, blocks=(section(text, block_id="budget-which"),))
