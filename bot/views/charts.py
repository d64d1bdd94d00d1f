"""A team's spend per day as a chart that Slack draws, with a table as fallback."""

from bot.books.budgets import Standing
from bot.charts.native import native_spend_by_day
from bot.charts.values import SpendByDay
from bot.messages import Block, Message
from bot.money import usd_round
from bot.views.blocks import bar_chart, section, table

CHART_DAYS = 14


def spend_chart(standing: Standing) -> Block:
    """Returns spend per day over the last two weeks, today included; a sentence if there was none."""
    days = tuple(range(standing.today - CHART_DAYS + 1, standing.today + 1))
    by_day = dict(standing.spent_by_day)
    nanos = tuple(by_day.get(day, 0) for day in days)
    block_id = f"standing-{standing.team.id}-chart"
    if not any(nanos):
        return section(f"Nothing was spent in the last {CHART_DAYS} days.", block_id=block_id)
    chart = SpendByDay(
        title=f"{usd_round(sum(nanos))} in the last {CHART_DAYS} days",
        subtitle="",
        days=days,
        tools=(("Spend per day", nanos),),
        budget_line_nanos=None,
        closed_through=standing.today - 1,
        alt="",
    )
    return bar_chart(native_spend_by_day(chart), block_id=block_id)


def without_chart(message: Message) -> Message:
    """Returns the message with its chart replaced by a table, for clients that refuse the chart block.

    A message takes one table; the text has the numbers of further charts.
    """
    blocks: list[Block] = []
    tables = 0
    for block in message.blocks:
        if block["type"] != "data_visualization":
            blocks.append(block)
        elif tables == 0:
            blocks.append(_as_table(block))
            tables += 1
    return Message(text=message.text, blocks=tuple(blocks), charts=message.charts)


def _as_table(chart: Block) -> Block:
    """Returns a chart's figures as a table of dollars."""
    series = chart["chart"]["series"]
    rows = [[chart["title"], *(s["name"] for s in series)]]
    for at, label in enumerate(chart["chart"]["axis_config"]["categories"]):
        rows.append([label, *(_dollars(s["data"][at]["value"]) for s in series)])
    return table(rows, block_id=f"{chart['block_id']}-table")


def _dollars(value: float) -> str:
    return f"{'-' if value < 0 else ''}${abs(value):,.2f}"
