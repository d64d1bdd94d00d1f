"""Charts that Slack draws, as a table for clients that refuse them."""

from bot.messages import Block, Message
from bot.views.blocks import table


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
