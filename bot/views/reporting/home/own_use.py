"""A person's own use on their Home: this month and the last one, and a curve of two weeks."""

from bot.messages import Block
from bot.money import tokens_short, usd, usd_round
from bot.reporting.reports import PersonUse
from bot.views.bars import curve
from bot.views.blocks import context, preformatted, section
from bot.views.org.people import has_use, month_lead, notional_text
from bot.views.wording import change_words, counted, month_words, part_name

_TOOLS = 3


def own_use_blocks(use: PersonUse) -> list[Block]:
    """Returns what a person used. Nobody else sees it here."""
    if not has_use(use) and not use.last_month_nanos:
        return [section("*My use*\nNothing is recorded for you this month.", block_id="home-use")]
    blocks = [section(f"*My use*\n{_words(use)}", block_id="home-use")]
    if any(use.days):
        highest = max(use.days)
        line = f"{curve(use.days)}  last {len(use.days)} days, highest {usd(highest)}, today {usd(use.today_nanos)}"
        blocks.append(preformatted(line, block_id="home-use-days"))
    if use.notional_nanos:
        blocks.append(context(notional_text(use), block_id="home-use-notional"))
    return blocks


def _words(use: PersonUse) -> str:
    calls, tokens = counted(use.month_calls, "call"), tokens_short(use.month_tokens)
    lead = f"{month_lead(use)}: {calls}, {tokens} tokens."
    if use.has_no_price:
        return lead
    if use.last_month_nanos:
        month = month_words(use.last_month)
        change = change_words(use.month_nanos, use.last_month_so_far_nanos, before=f"the same days of {month}")
        lead += f" That is {change}; all of {month} came to {usd_round(use.last_month_nanos)}."
    lead += f" Last 7 full days: {usd(use.week_nanos)}."
    tools = [f"{part_name(share.name)} {usd(share.cost_nanos)}" for share in use.tools[:_TOOLS] if share.cost_nanos]
    return f"{lead}\n{' · '.join(tools)}" if tools else lead
