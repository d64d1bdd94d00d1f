"""The report of a department or the company in words: one line for each finding, and the lists behind it."""

from collections.abc import Sequence
from itertools import dropwhile

from bot.charts.native import NativeChart, NativePoint, NativeSeries
from bot.charts.values import MixByWeek
from bot.messages import Block
from bot.money import NANOS, percent, tokens_short, usd, usd_round
from bot.periods import day_text, short_day_text
from bot.reporting.subtree_reports import BudgetRisk, CostCentreSpend, MixWeek, Mover, SubtreeReport, TeamSpend
from bot.text import plain
from bot.views.blocks import bar_chart, name
from bot.views.books.budgets import no_forecast_words
from bot.views.reporting.causes import cause_words
from bot.views.requests.waiting.reminders import worked_words
from bot.views.wording import counted, last_day_text, part_name, period_words, range_words, signed_usd

_NAME = 40
_NAMED = 3


def nodes_name(report: SubtreeReport, *, escaped: bool = True) -> str:
    """Returns `Product`, `Product and Support`, or `Product, Support and 2 more`."""
    names = [name(node.name, limit=_NAME) if escaped else node.name for node in report.nodes]
    if len(names) == 1:
        return names[0]
    if len(names) == 2:
        return " and ".join(names)
    return f"{names[0]}, {names[1]} and {len(names) - 2:,} more"


def change(now_nanos: int, before_nanos: int) -> str:
    """Returns `up 23%`, `down 4%`, `unchanged`, or `new`; nothing without spend in both spans."""
    if now_nanos == before_nanos:
        return "unchanged" if now_nanos else ""
    if before_nanos <= 0:
        return "new"
    way = "up" if now_nanos > before_nanos else "down"
    if now_nanos >= 10 * before_nanos:
        return f"{now_nanos / before_nanos:,.0f}× as much"
    share = percent(abs(now_nanos - before_nanos), before_nanos)
    return f"{way} {'less than 1%' if share == '0%' else share}"


def share(part: int, whole: int) -> str:
    """Returns `59%`, and `under 1%` for what is there."""
    shown = percent(part, whole)
    return "under 1%" if shown == "0%" and part > 0 else shown


def mover_line(mover: Mover, *, with_cause: bool = True) -> str:
    """Returns `Search +$720.00 to $1,260.00 (nightly-evals)`."""
    spend, cause = mover.spend, mover_cause(mover) if with_cause else ""
    by = f" ({cause})" if cause else ""
    return f"{name(spend.team.name, limit=_NAME)} {signed_usd(spend.change_nanos)} to {usd(spend.cost_nanos)}{by}"


def mover_cause(mover: Mover) -> str:
    """Returns the cause that the team's own digest names, or else the part that changed most: `evals stopped`."""
    if mover.cause is not None:
        return cause_words(mover.cause, hides_key=mover.hides_key)
    driver = mover.driver
    return "" if driver is None else part_name(driver.share.name, kind=driver.dimension)


def movers_words(report: SubtreeReport) -> str:
    """Returns the teams that moved most; what there is to say if no single one did. The headline says what drove the main
    one.
    """
    main = report.main_mover
    if not report.is_compared:
        return ""
    if report.movers:
        return "; ".join(mover_line(mover, with_cause=mover is not main) for mover in report.movers)
    return "Many small changes." if report.change_nanos and report.teams else ""


def budget_words(report: SubtreeReport) -> str:
    """Returns what is spent of the budget in the period, and what it comes to, with the range of 80% of cases."""
    budget, course = report.budget, forecast_words(report)
    if budget is None:
        return course
    period = period_words(report.period.name)
    spent = f"{usd_round(budget.charged_nanos)} of {usd_round(budget.allocated_nanos)} spent in {period}"
    over = report.forecast.end_nanos - budget.allocated_nanos
    if not report.forecast.is_known:
        return f"{spent}. {course}"
    against = "exactly the budget" if over == 0 else f"{usd_round(abs(over))} {'over' if over > 0 else 'under'} budget"
    return f"{spent}. {course.rstrip('.')}, {against}."


def forecast_words(report: SubtreeReport) -> str:
    """Returns `On course for $22,300 ($20,100–$24,600) by 30 Nov.`, or why that can't be told yet."""
    forecast = report.forecast
    if not forecast.is_known:
        return f"{no_forecast_words(forecast)}."
    if forecast.end_nanos <= 0:
        return ""
    end = f"{usd_round(forecast.end_nanos)}{range_words(forecast.low_nanos, forecast.high_nanos)}"
    return f"On course for {end} by {last_day_text(report.period)}."


def risk_line(risk: BudgetRisk) -> str:
    """Returns `Search has nothing left`, or `Mobile runs out on Tue 24 Nov`."""
    team = name(risk.team.name, limit=_NAME)
    if risk.run_out_day is None:
        return f"{team} has nothing left"
    return f"{team} runs out on {day_text(risk.run_out_day)}"


def risks_words(report: SubtreeReport) -> str:
    """Returns the most urgent budgets and how many more there are."""
    rest = len(report.risks) - _NAMED
    more = f"; and {counted(rest, 'more budget')}" if rest > 0 else ""
    return f"{'; '.join(risk_line(risk) for risk in report.risks[:_NAMED])}{more}." if report.risks else ""


def unallocated_words(report: SubtreeReport) -> str:
    budget = report.budget
    return f"{usd(budget.unallocated_nanos)}" if budget is not None and budget.unallocated_nanos > 0 else ""


def mix_words(report: SubtreeReport) -> str:
    """Returns the share of in-house tools, and what it was in the first of the weeks."""
    mix = report.mix
    if mix.cost_nanos <= 0 or not mix.in_house.cost_nanos:
        return ""
    now = share(mix.in_house.cost_nanos, mix.cost_nanos)
    words = f"In-house tools are {now} of spend"
    first = next((week for week in report.weeks if week.cost_nanos > 0), None)
    if first is None or first.monday >= report.span.first_day:
        return f"{words}."
    then = share(first.in_house_nanos, first.cost_nanos)
    week = f"the week of {short_day_text(first.monday)}"
    return f"{words}, as in {week}." if now == then else f"{words}; {then} in {week}."


def data_words(report: SubtreeReport) -> str:
    """Returns the unattributed share, and what has no price yet."""
    said = []
    if report.unattributed_nanos > 0:
        part = share(report.unattributed_nanos, report.cost_nanos)
        said.append(f"{usd(report.unattributed_nanos)} unattributed ({part} of spend)")
    if report.unpriced_calls:
        part = share(report.unpriced_tokens, report.tokens)
        tokens = f"{tokens_short(report.unpriced_tokens)} tokens, {part}"
        said.append(f"no price yet for {counted(report.unpriced_calls, 'call')} ({tokens})")
    return f"{'; '.join(said)}." if said else ""


def times_words(report: SubtreeReport) -> str:
    """Returns the median time to decide; nothing without decisions."""
    median = report.times.median_micros
    return "" if median is None else f"Median time to decide: {worked_words(median)}."


def team_line(spend: TeamSpend, *, is_compared: bool) -> str:
    """Returns `*Search* $8,412.00, up 23%`."""
    moved = change(spend.cost_nanos, spend.before_nanos) if is_compared else ""
    return f"*{name(spend.team.name, limit=_NAME)}* {usd(spend.cost_nanos)}{', ' + moved if moved else ''}"


def cost_centre_line(centre: CostCentreSpend, *, is_compared: bool) -> str:
    """Returns `CC-110: $8,412.00, up 23%`."""
    shown = name(centre.name, limit=_NAME) if centre.name.strip() else "No cost centre"
    moved = change(centre.cost_nanos, centre.before_nanos) if is_compared else ""
    return f"{shown}: {usd(centre.cost_nanos)}{', ' + moved if moved else ''}"


def rest_line(rest: Sequence[TeamSpend] | Sequence[CostCentreSpend], noun: str) -> str:
    """Returns the line for what a list leaves out, with its sum."""
    return f"and {counted(len(rest), f'more {noun}')}, {usd(sum(one.cost_nanos for one in rest))} together"


def weeks_text(report: SubtreeReport, *, with_shares: bool = True) -> str:
    """Returns the weeks of the picture in words: `28 Sep $9,812 (12% in-house), …`."""
    return ", ".join(
        f"{short_day_text(week.monday)} {usd_round(week.cost_nanos)}"
        + (f" ({share(week.in_house_nanos, week.cost_nanos)} in-house)" if with_shares and week.in_house_nanos else "")
        for week in _weeks(report)
    )


def _weeks(report: SubtreeReport) -> tuple[MixWeek, ...]:
    """Returns the weeks from the first one with spend on."""
    return tuple(dropwhile(lambda week: not week.cost_nanos, report.weeks))


def has_trend(report: SubtreeReport) -> bool:
    """Returns whether there are at least two weeks to compare in a picture."""
    return sum(week.cost_nanos > 0 for week in report.weeks) > 1


def mix_picture(report: SubtreeReport) -> MixByWeek | None:
    """Returns the picture of both kinds of tools by week; None without in-house spend, of which bars alone say as much."""
    weeks = _weeks(report)
    if not report.mix.in_house.cost_nanos or not any(week.in_house_nanos for week in weeks):
        return None
    title = mix_words(report).rstrip(".")
    shown = plain(nodes_name(report, escaped=False), limit=60)
    return MixByWeek(
        title=title,
        subtitle=f"{shown}: spend by week, from Monday",
        mondays=tuple(week.monday for week in weeks),
        in_house_nanos=tuple(week.in_house_nanos for week in weeks),
        third_party_nanos=tuple(week.third_party_nanos for week in weeks),
        alt=f"Chart of spend by week. {title}.",
    )


def weeks_chart(report: SubtreeReport, *, block_id: str) -> Block:
    """Returns spend by week and kind of tool, as a chart that Slack draws. A kind without spend has no bars."""
    weeks = _weeks(report)
    kinds = (
        ("Third-party", tuple(week.third_party_nanos for week in weeks)),
        ("In-house", tuple(week.in_house_nanos for week in weeks)),
    )
    labels = [short_day_text(week.monday) for week in weeks]
    series = [
        NativeSeries(
            name=kind,
            data=[
                NativePoint(label=at, value=round(nanos / NANOS, 2)) for at, nanos in zip(labels, amounts, strict=True)
            ],
        )
        for kind, amounts in kinds
        if any(amounts)
    ]
    title = "Spend by week, from Monday"
    chart = NativeChart(title=title, categories=labels, series=series, y_label="US dollars per week")
    return bar_chart(chart, block_id=block_id)
