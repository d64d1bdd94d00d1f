"""A person's own use, visible to that person only."""

from bot.messages import Block, Message
from bot.money import tokens_short, usd, usd_round
from bot.reporting.reports import PersonUse
from bot.views.blocks import context, date_mark, name, section
from bot.views.wording import NO_PRICE, cost_words, counted, share_lines

_MAX_TEAMS = 5


def has_use(use: PersonUse) -> bool:
    """Returns whether the person used anything this month."""
    return bool(use.month_calls or use.month_nanos or use.notional_nanos or use.month_tokens)


def my_use_text(use: PersonUse) -> str:
    """Returns a person's use in one or two sentences of mrkdwn."""
    if not has_use(use):
        return "Nothing is recorded for you this month."
    calls, tokens = counted(use.month_calls, "call"), tokens_short(use.month_tokens)
    if use.has_no_price:
        text = f"{month_lead(use)}: {calls}, {tokens} tokens."
    else:
        text = (
            f"{month_lead(use)}: {calls}, {tokens} tokens. "
            f"Today {usd(use.today_nanos)}, last 7 full days {usd(use.week_nanos)}."
        )
    if use.notional_nanos:
        text += f" {notional_text(use)}"
    return text


def month_lead(use: PersonUse) -> str:
    """Returns `You used $180 this month`, or that nothing of it has a price."""
    return (
        f"Your use this month has {NO_PRICE}"
        if use.has_no_price
        else f"You used {usd_round(use.month_nanos)} this month"
    )


def notional_text(use: PersonUse) -> str:
    return f"On a personal subscription, and not charged: {usd(use.notional_nanos)} at list prices."


def my_use_message(use: PersonUse, *, command: str, limit_nanos: int | None = None) -> Message:
    """Returns the answer to `/tokens me`: sums, tools and models of the month so far."""
    own = f" Your own limit: {usd(limit_nanos)} a month." if limit_nanos is not None else ""
    private = f"Only you see this. `{command}` shows your team's figures.{own}"
    if not has_use(use):
        text = (
            "Nothing is recorded for you this month. "
            "If you use AI tools, their calls may carry another name for you: ask an admin to add it as an alias."
        )
        return Message(text=text, blocks=(section(text, block_id="my-use"), context(private, block_id="my-use-notes")))
    costs = (("Today", use.today_nanos), ("Last 7 full days", use.week_nanos), ("This month", use.month_nanos))
    fields = [
        *(f"*{days}*\n{cost_words(nanos, has_no_price=use.has_no_price and not nanos)}" for days, nanos in costs),
        f"*Calls and tokens this month*\n{counted(use.month_calls, 'call')}, {tokens_short(use.month_tokens)} tokens",
    ]
    blocks: list[Block] = [section(f"*{month_lead(use)}.*", block_id="my-use", fields=fields)]
    for title, shares, kind in (("Tools", use.tools, "tool"), ("Models", use.models, "model")):
        if shares:
            lines = share_lines(shares, total_nanos=use.month_nanos, kind=kind)
            blocks.append(section(f"*{title} this month*\n{lines}", block_id=f"my-{kind}s"))
    if use.notional_nanos:
        blocks.append(section(notional_text(use), block_id="my-notional"))
    notes = [private]
    if use.teams:
        rest = len(use.teams) - _MAX_TEAMS
        more = f" and {counted(rest, 'other team')}" if rest > 0 else ""
        notes.insert(0, f"Counted for {', '.join(name(team) for team in use.teams[:_MAX_TEAMS])}{more}.")
    if use.looks:
        looked = ", ".join(f"{who} ({date_mark(at)})" for who, at in use.looks)
        notes.append(f"Looked at your figures last: {looked}.")
    blocks.append(context(" ".join(notes), block_id="my-use-notes"))
    return Message(text=f"{my_use_text(use)} Only you see this.", blocks=tuple(blocks))
