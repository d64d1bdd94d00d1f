"""A team's budget and spend in words: headline, outlook, and single figures."""

from bot.books.budgets import Standing
from bot.books.closing.releases import release_words
from bot.books.forecasts import Forecast
from bot.books.ledger import Balance
from bot.books.usual_days import ENOUGH_DAYS
from bot.money import percent, usd, usd_round
from bot.org.teams import Team
from bot.periods import day_text, long_day_text, short_day_text
from bot.text import plain
from bot.views.blocks import Element, button, date_mark, name
from bot.views.wording import (
    NO_PRICE,
    a_day,
    an_hour,
    change_words,
    cost_words,
    counted,
    last_day_text,
    no_comparison_words,
    range_words,
    unpriced_words,
)

REQUEST_BUDGET = "request_budget"
"""Action id of the button that opens the request form; its value is the team's id."""


def has_budget(standing: Standing) -> bool:
    """Returns whether the team has a budget, of $0 or more, and a mode that shows budgets. The organisation has one while
    something is left that no team was given."""
    balance = standing.balance
    is_there = balance.budget == "set" if standing.team.kind == "team" else balance.allocated_nanos > 0
    return standing.team.mode != "announce" and is_there


def may_request(standing: Standing) -> bool:
    """Returns whether a budget request for the team has an effect, so that its button is shown."""
    return team_may_request(standing.team)


def team_may_request(team: Team) -> bool:
    """Returns the same for a team without a standing."""
    return team.kind == "team" and team.mode == "govern" and not team.has_ended


def request_buttons(team: Team) -> tuple[Element, ...]:
    """Returns the button that requests budget for a team; none where there is nothing to ask for."""
    if not team_may_request(team):
        return ()
    label = f"Request budget for {plain(team.name, limit=40)}"
    return (button("Request budget", action_id=REQUEST_BUDGET, value=team.id, label=label),)


def headline(standing: Standing) -> str:
    """Returns the main sentence in mrkdwn: the budget left and its end, or the spend."""
    team, balance = name(standing.team.name), standing.balance
    until = f"until {last_day_text(standing.period)}"
    if standing.team.kind == "organisation":
        return f"{team} has {usd_round(balance.available_nanos)} {until} that no team was given."
    if not has_budget(standing):
        used = f"used {unpriced_words(standing.unpriced_tokens)}"
        spent = used if standing.has_no_price else f"spent {usd_round(balance.charged_nanos)}"
        return f"{team} has {spent} since {short_day_text(standing.since_day)}."
    if balance.allocated_nanos <= 0:
        return _nothing_kept(standing)
    allocated, available = usd_round(balance.allocated_nanos), balance.available_nanos
    teams = f"; its teams got {usd_round(balance.handed_nanos)}" if balance.handed_nanos > 0 else ""
    if available > 0 or balance.left_nanos > 0:
        words = f"{usd_round(available)} left" if available > 0 else "used what is released so far"
        return f"{team} has {words} of {allocated} {until}{teams}."
    held = f": {usd_round(balance.held_nanos)} of it is held" if balance.held_nanos > 0 else ""
    if balance.charged_nanos > balance.allocated_nanos:
        over = usd_round(balance.charged_nanos - balance.allocated_nanos)
        return f"{team} is {over} over its budget of {allocated} {until}{teams}."
    return f"{team} has nothing left of {allocated} {until}{held}{teams}."


def _nothing_kept(standing: Standing) -> str:
    """Returns the main sentence of a budget of $0, and of one that went to the teams below."""
    team, balance = name(standing.team.name), standing.balance
    until = f"until {last_day_text(standing.period)}"
    if balance.handed_nanos > 0:
        words = f"{team} handed its whole budget of {usd_round(balance.received_nanos)} {until} to its teams"
    else:
        words = f"The budget of {team} is $0 {until}"
    return f"{words}; it has spent {usd(balance.charged_nanos)}." if balance.charged_nanos > 0 else f"{words}."


def outlook(standing: Standing) -> str:
    """Returns the usual day, the period's end with its range, and the run-out in a few sentences; without a budget, the
    usual day and the end only."""
    forecast = standing.forecast
    if standing.has_no_price:
        return f"It used {unpriced_words(standing.unpriced_tokens)}, so there is no forecast."
    if forecast.usual_nanos_per_day <= 0:
        return IDLE
    if not forecast.is_known:
        return f"{too_early_words(standing)}."
    spender = "Unattributed usage costs" if standing.team.kind == "organisation" else "It spends"
    end = f"{forecast_words(standing)} by {last_day_text(standing.period)}"
    words = f"{spender} {a_day(forecast.usual_nanos_per_day)}; at this rate it comes to {end}"
    if not has_budget(standing) or standing.team.kind == "organisation":
        return f"{words}."
    words = f"{words}, {against_budget(standing)}."
    if standing.balance.left_nanos <= 0:
        return words
    return " ".join(filter(None, (words, run_out_words(standing))))


IDLE = "Nothing was spent in the last four weeks."


def too_early_words(standing: Standing) -> str:
    """Returns why there is no forecast yet, without a full stop."""
    return no_forecast_words(standing.forecast)


def no_forecast_words(forecast: Forecast) -> str:
    """Returns the same for any forecast."""
    first = forecast.first_day
    since = f": first usage {short_day_text(first)}" if first is not None else ""
    return f"No forecast yet{since}, and it takes {ENOUGH_DAYS} full days"


def forecast_words(standing: Standing) -> str:
    """Returns `$5,461 ($5,120–$5,860)`: what the period comes to, and the range of 80% of cases."""
    forecast = standing.forecast
    return f"{usd_round(forecast.end_nanos)}{range_words(forecast.low_nanos, forecast.high_nanos)}"


def run_out_words(standing: Standing) -> str:
    """Returns when the budget runs out at the pace of today, where that is far above the usual, and at the usual one;
    nothing if it lasts."""
    forecast = standing.forecast
    words = []
    if forecast.pace is not None and forecast.pace.run_out_at is not None:
        at = date_mark(forecast.pace.run_out_at, timezone=standing.zone)
        words.append(f"At the current {an_hour(forecast.pace.nanos_per_hour)} it runs out {at}")
    if forecast.run_out_day is not None:
        lead = "at the usual pace" if words else "The budget runs out"
        words.append(f"{lead} on {day_text(forecast.run_out_day)}")
    elif words:
        words.append("at the usual pace it lasts")
    return f"{'; '.join(words)}." if words else ""


def spent_words(standing: Standing) -> str:
    """Returns `Spent $11,688.00 (97%), $250.00 held.` for a team with a budget."""
    balance = standing.balance
    held = f", {usd(balance.held_nanos)} held" if balance.held_nanos else ""
    words = (
        f"Spent: {NO_PRICE}{held}." if standing.has_no_price else f"Spent {spent_share(balance)}{held}.",
        released_words(standing),
        uncounted_words(standing),
    )
    return " ".join(filter(None, words))


def spent_share(balance: Balance, of: str = "") -> str:
    """Returns `$11,688.00 (97%)`; a budget of $0 has no share."""
    if balance.allocated_nanos <= 0:
        return usd(balance.charged_nanos)
    return f"{usd(balance.charged_nanos)} ({percent(balance.charged_nanos, balance.allocated_nanos)}{of})"


def released_words(standing: Standing) -> str:
    """Returns what is released of a budget that is released over time, or nothing."""
    released = standing.balance.released
    return release_words(released, standing.zone) if released is not None and has_budget(standing) else ""


def uncounted_words(standing: Standing) -> str:
    """Returns what was spent before the budget's first day, or nothing."""
    uncounted = standing.balance.uncounted_nanos
    if uncounted <= 0:
        return ""
    return f"The budget began on {short_day_text(standing.since_day)}: {usd(uncounted)} spent before does not count."


def no_budget_words(standing: Standing) -> str:
    """Returns why the team has no budget: it begins later, or none is declared."""
    team = standing.team
    if standing.balance.budget == "later" and team.starts_day is not None:
        amount = usd_round(team.budget_nanos or 0)
        return (
            f"Its budget of {amount} begins on {long_day_text(team.starts_day)}. Until then nothing is denied for it."
        )
    return "No budget is declared for it, so nothing is denied. Finance declares one in teams.yml, under `budget`."


def figures(standing: Standing) -> list[str]:
    """Returns the single figures as a section's fields."""
    balance, forecast = standing.balance, standing.forecast
    week = f"*Last 7 full days*\n{usd(standing.week_nanos)}, {week_change_words(standing)}"
    if standing.week_has_no_price:
        week = f"*Last 7 full days*\n{NO_PRICE}"
    burn = f"*Burn rate*\n{NO_PRICE if standing.has_no_price else a_day(forecast.usual_nanos_per_day)}"
    end = f"*Forecast for {last_day_text(standing.period)}*\n"
    end += forecast_words(standing) if forecast.is_known else _no_forecast(standing)
    since = short_day_text(standing.since_day)
    if standing.team.kind == "organisation":
        return [
            f"*Unattributed since {since}*\n{usd(balance.charged_nanos)}",
            f"*Held for requests*\n{usd(balance.held_nanos)}",
            *([subtree_field(standing)] if standing.subtree else []),
        ]
    own, with_teams = ("Own spend", [subtree_field(standing)]) if standing.subtree else ("Spent", [])
    if not has_budget(standing):
        spent = cost_words(balance.charged_nanos, has_no_price=standing.has_no_price)
        return [f"*{own} since {since}*\n{spent}", *with_teams, week, burn, end]
    return [
        f"*{own}*\n{NO_PRICE if standing.has_no_price else spent_share(balance, ' of budget')}",
        *with_teams,
        f"*Available*\n{usd(balance.available_nanos)}",
        f"*Held*\n{usd(balance.held_nanos)}",
        burn,
        f"*Runs out*\n{_run_out(standing)}",
        f"{end}, {against_budget(standing)}" if forecast.is_known else end,
        week,
    ]


def week_change_words(standing: Standing) -> str:
    """Returns the change of the last 7 full days against the 7 days before, or why there is none yet."""
    if standing.first_day is not None:
        return no_comparison_words(standing.first_day)
    return change_words(standing.week_nanos, standing.week_before_nanos, before="the 7 days before")


def subtree_field(standing: Standing) -> str:
    """Returns the figures with all teams below, as a section's field."""
    title, words = _subtree_parts(standing)
    return f"*{title}*\n{words}"


def subtree_words(standing: Standing) -> str:
    """Returns `With its 4 teams: $5,200.00 spent, $800.00 left.`; an empty text for a team without teams."""
    return "{}: {}.".format(*_subtree_parts(standing)) if standing.subtree else ""


def _subtree_parts(standing: Standing) -> tuple[str, str]:
    below = standing.subtree
    assert below is not None, "only a team with teams below has these figures"
    has_left = standing.team.mode != "announce" and below.allocated_nanos > 0
    left = f", {usd(below.available_nanos)} left" if has_left else ""
    return f"With its {counted(below.teams, 'team')}", f"{usd(below.charged_nanos)} spent{left}"


def against_budget(standing: Standing) -> str:
    """Returns the forecast against the allocation, such as `$1,200 over budget`."""
    difference = standing.forecast.end_nanos - standing.balance.allocated_nanos
    if difference == 0:
        return "exactly the budget"
    return f"{usd_round(abs(difference))} {'over' if difference > 0 else 'under'} budget"


def _no_forecast(standing: Standing) -> str:
    """Returns why a field has no forecast: nothing is used, nothing has a price, or there are too few days."""
    if standing.has_no_price:
        return NO_PRICE
    return "Too early to tell" if standing.forecast.first_day is not None else "Nothing spent in four weeks"


def _run_out(standing: Standing) -> str:
    if standing.balance.left_nanos <= 0:
        return "Nothing is left now"
    if not standing.forecast.is_known:
        return _no_forecast(standing)
    pace, day = standing.forecast.pace, standing.forecast.run_out_day
    if pace is not None and pace.run_out_at is not None:
        usual = f"{day_text(day)} at the usual pace" if day is not None else "it lasts at the usual pace"
        return f"{date_mark(pace.run_out_at, timezone=standing.zone)} at the current pace; {usual}"
    return f"Not before {last_day_text(standing.period)}" if day is None else day_text(day)
