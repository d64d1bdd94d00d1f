"""A team's spend as charts: what Slack draws itself, and what the worker draws."""

from bot.books.budgets import Standing
from bot.books.forecasts import planned_by_day
from bot.charts.amounts import money_label
from bot.charts.native import native_against_plan, native_spend_by_day
from bot.charts.values import SpendAgainstPlan, SpendByDay
from bot.charts.worth import is_worth_drawing
from bot.messages import Block
from bot.money import usd_round
from bot.text import plain
from bot.views.blocks import bar_chart, line_chart, section
from bot.views.books.budgets import has_budget
from bot.views.wording import days_words, last_day_text, zone_words

CHART_DAYS = 14


def standing_chart(standing: Standing) -> tuple[Block, ...]:
    """Returns how a team stands as a chart that Slack draws: its spend against the plan, or without a budget by day.

    There is none where there is nothing to see, and a sentence if nothing was spent.
    """
    block_id = f"standing-{standing.team.id}-chart"
    plan = against_plan(standing)
    if plan is not None:
        return (line_chart(native_against_plan(plan), block_id=block_id),)
    chart = spend_by_day(standing)
    if not any(any(nanos) for _, nanos in chart.tools):
        is_unpriced = any(day in chart.days for day, _ in standing.unpriced_by_day)
        nothing = "No price yet for the usage of" if is_unpriced else "Nothing was spent in"
        return (section(f"{nothing} the last {CHART_DAYS} days.", block_id=block_id),)
    return (bar_chart(native_spend_by_day(chart), block_id=block_id),) if is_worth_drawing(chart) else ()


def spend_by_day(standing: Standing) -> SpendByDay:
    """Returns spend per day over the last two weeks, today included."""
    days = tuple(range(standing.today - CHART_DAYS + 1, standing.today + 1))
    by_day = dict(standing.spent_by_day)
    nanos = tuple(by_day.get(day, 0) for day in days)
    return SpendByDay(
        title=f"{usd_round(sum(nanos))} in the last {CHART_DAYS} days",
        subtitle="",
        days=days,
        tools=(("Spend per day", nanos),),
        budget_line_nanos=None,
        closed_through=standing.today - 1,
        alt="",
    )


def plan_of(standing: Standing, days: tuple[int, ...]) -> tuple[int | None, ...]:
    """Returns the budget of each of some days, by what weekdays usually cost; None on days of other periods."""
    planned = _planned(standing)
    return tuple(planned.get(day) for day in days)


def against_plan(standing: Standing) -> SpendAgainstPlan | None:
    """Returns the period's spend against its budget with the range of its forecast.

    None without a budget, and where too little is known or there is nothing to see.
    """
    balance, forecast, first = standing.balance, standing.forecast, standing.since_day
    if (
        standing.team.kind != "team"
        or not has_budget(standing)
        or balance.allocated_nanos <= 0
        or not forecast.is_known
    ):
        return None
    by_day = dict(standing.spent_by_day)
    spent = [by_day.get(day, 0) for day in range(first, min(standing.today, standing.period.end_day - 1) + 1)]
    if not spent:
        return None
    spent[0] += balance.charged_nanos - sum(spent)  # what came late, and credits: the sum is what was charged
    planned = _planned(standing)
    last, budget = last_day_text(standing.period), money_label(balance.allocated_nanos)
    expected = money_label(forecast.end_nanos)
    chart = SpendAgainstPlan(
        title=f"{expected} expected by {last}, of {budget}",
        subtitle=f"{plain(standing.team.name, limit=40)}: spend added up by day, "
        f"{days_words(first, standing.period.end_day)}, {zone_words(standing.zone)}",
        first_day=first,
        end_day=standing.period.end_day,
        spent_nanos=tuple(spent),
        budget_nanos=balance.allocated_nanos,
        end_nanos=forecast.end_nanos,
        low_nanos=forecast.low_nanos,
        high_nanos=forecast.high_nanos,
        run_out_day=forecast.run_out_day if balance.left_nanos > 0 else None,
        alt=f"Spend of {plain(standing.team.name, limit=40)} against its budget.",
        plan_nanos=tuple(planned.get(day, 0) for day in range(first, standing.period.end_day)),
    )
    return chart if is_worth_drawing(chart) else None


def _planned(standing: Standing) -> dict[int, int]:
    weekdays = standing.forecast.weekday_nanos if standing.forecast.is_known else ()
    return planned_by_day(standing.balance, period=standing.period, weekday_nanos=weekdays)
