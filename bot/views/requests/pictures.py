"""The picture on a request's card, of the budget before and after, and the same in words."""

from bot.books.budgets import Standing
from bot.charts.budget_change import native_budget_change
from bot.messages import Block
from bot.money import usd
from bot.periods import day_text
from bot.requests.effects import after_grant
from bot.views.blocks import bar_chart, name
from bot.views.wording import a_day, budget_words, last_day_text, progress_bar


def budget_picture(standing: Standing, nanos: int, *, block_id: str) -> Block:
    """Returns the budget now and with so much more, as a chart that Slack draws."""
    balance, then = standing.balance, after_grant(standing, nanos).balance
    burns = standing.forecast.burn_nanos_per_day > 0
    chart = native_budget_change(
        spent_nanos=balance.charged_nanos,
        forecast_nanos=standing.forecast.end_nanos if burns else None,
        budget_nanos=balance.allocated_nanos if balance.budget == "set" else 0,
        grown_nanos=then.allocated_nanos,
        left_nanos=(balance.available_nanos, then.available_nanos),
    )
    return bar_chart(chart, block_id=block_id)


def budget_lines(standing: Standing, nanos: int) -> str:
    """Returns the budget now and with so much more as two bars of text, what is spent, and how long each lasts."""
    then = after_grant(standing, nanos)
    spent = f"{usd(standing.balance.charged_nanos)} is spent"
    return f"{_bar('now', standing)}\n{_bar('if approved', then)}\n{spent}. {run_out_words(standing, then)}"


def _bar(when: str, standing: Standing) -> str:
    balance = standing.balance
    if balance.budget != "set":
        return f"No budget *{when}*"
    if balance.allocated_nanos <= 0:
        return f"*{when.capitalize()}*: {budget_words(balance)}"
    used = f"{progress_bar(balance.charged_nanos, balance.allocated_nanos)} used"
    return f"{used} *{when}*: {budget_words(balance)}"


def budget_change_words(standing: Standing, nanos: int) -> str:
    """Returns the same in a sentence, for a message's text: what the team has, and what it would have."""
    then = after_grant(standing, nanos)
    has = f"{name(standing.team.name)} has {budget_words(standing.balance)} and would have {usd(then.balance.available_nanos)}."
    return f"{has} {run_out_words(standing, then)}"


def run_out_words(now: Standing, then: Standing) -> str:
    """Returns how long a budget lasts now and with more of it, at the present burn rate."""
    burn = now.forecast.burn_nanos_per_day
    if burn <= 0:
        return "Nothing was spent in the last seven days."
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
