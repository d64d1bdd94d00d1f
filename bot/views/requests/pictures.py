"""The picture on a request's card, of the budget before and after, and the same in words."""

from bot.books.budgets import Standing
from bot.books.ledger import Balance
from bot.charts.amounts import money_label
from bot.charts.values import BudgetChange
from bot.money import usd
from bot.periods import day_text
from bot.requests.effects import after_grant
from bot.text import plain
from bot.views.blocks import name
from bot.views.books.budgets import IDLE
from bot.views.wording import a_day, budget_words, last_day_text


def budget_change(standing: Standing, nanos: int) -> BudgetChange:
    """Returns the budget now and with so much more, as a strip of two bars."""
    balance, then = standing.balance, after_grant(standing, nanos).balance
    has_budget, burns = balance.budget == "set", standing.forecast.usual_nanos_per_day > 0
    now, after = _left(balance) if has_budget else "No budget", _left(then)
    team, end = plain(standing.team.name, limit=40), standing.forecast.end_nanos if burns else None
    return BudgetChange(
        title=f"{now} now, {after} if approved",
        subtitle=f"{team}: {_spent(standing)}",
        spent_nanos=balance.charged_nanos,
        held_nanos=balance.allocated_nanos - balance.charged_nanos - balance.available_nanos if has_budget else 0,
        forecast_nanos=end,
        budget_nanos=balance.allocated_nanos if has_budget else None,
        grown_nanos=then.allocated_nanos,
        alt=f"Budget of {team} before and after.",
    )


def _spent(standing: Standing) -> str:
    """Returns `$11,940 spent, $15,672 expected by 30 Nov`."""
    said = f"{money_label(standing.balance.charged_nanos)} spent"
    if standing.forecast.usual_nanos_per_day <= 0:
        return said
    return f"{said}, {money_label(standing.forecast.end_nanos)} expected by {last_day_text(standing.period)}"


def _left(balance: Balance) -> str:
    """Returns `$60 available`, or `$40 over budget`."""
    left = balance.available_nanos
    return f"{money_label(left)} available" if left >= 0 else f"{money_label(-left)} over budget"


def budget_change_words(standing: Standing, nanos: int) -> str:
    """Returns the same in a sentence, for a message's text: what the team has, and what it would have."""
    then = after_grant(standing, nanos)
    has = f"{name(standing.team.name)} has {budget_words(standing.balance)} and would have {usd(then.balance.available_nanos)}."
    return f"{has} {run_out_words(standing, then)} {_spent(standing)}."


def run_out_words(now: Standing, then: Standing) -> str:
    """Returns how long a budget lasts now and with more of it, at the present burn rate."""
    burn = now.forecast.usual_nanos_per_day
    if burn <= 0:
        return IDLE
    lasts = {"now": _lasts(now), "then": _lasts(then)}
    if now.balance.budget != "set":
        return f"At {a_day(burn)} it {lasts['then']} if approved."
    if lasts["now"] == lasts["then"]:
        return f"At {a_day(burn)} it {lasts['now']} either way."
    return f"At {a_day(burn)} it {lasts['now']}; if approved, it {lasts['then']}."


def _lasts(standing: Standing) -> str:
    if standing.balance.left_nanos <= 0:
        return "is used up"
    day = standing.forecast.run_out_day
    if day is None:
        return f"lasts until {last_day_text(standing.period)}"
    return "runs out today" if day == standing.today else f"runs out on {day_text(day)}"
