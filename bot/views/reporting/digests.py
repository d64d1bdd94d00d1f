"""A team's Monday digest: the closed week, its drivers, the budget, the tools, and next steps."""

from bot.books.budgets import Standing
from bot.charts.values import ChartSpan, SpendByDay, encode, fold_tools
from bot.messages import Block, Message
from bot.money import NANOS, tokens_short, usd, usd_round
from bot.periods import short_day_text
from bot.reporting.digests import AnnouncedSpend, Digest, Driver
from bot.text import plain
from bot.views.blocks import actions, button, chart_placeholder, context, date_mark, header, name, section
from bot.views.books.budgets import REQUEST_BUDGET, has_budget, headline, may_request, no_budget_words, outlook
from bot.views.books.standings import SHOW_STANDING
from bot.views.detection.data_gaps import gaps_words
from bot.views.reporting.mix import mix_lines
from bot.views.requests.waiting.reminders import list_button
from bot.views.wording import change_words, counted, part_name, requests_waiting, share_lines, signed_usd, week_words

_ALT_CHARACTERS = 1_000
_MAX_ANNOUNCED = 5
_MAX_WAITING = 5


def digest_message(digest: Digest, *, command: str) -> Message:
    """Returns the digest with a chart to draw. Every figure is also in the text or a section."""
    team, key = digest.standing.team, f"digest-{digest.standing.team.id}-{digest.monday}"
    finding = f"{_finding(digest, name(team.name))}."
    shown = plain(team.name, limit=40)
    blocks: list[Block] = [
        header(f"AI spend of {shown}, week of {week_words(digest.monday)}", block_id=f"{key}-title"),
        section(f"*{finding}* {_calls(digest)}", block_id=f"{key}-headline"),
    ]
    if digest.chart_days and any(any(nanos) for _, nanos in digest.tool_days):
        blocks.append(chart_placeholder(0, block_id=f"{key}-chart"))
    if digest.drivers:
        drivers = "\n".join(f"• {_driver(driver)}" for driver in digest.drivers)
        blocks.append(section(f"*What moved it*\n{drivers}", block_id=f"{key}-drivers"))
    if digest.announced:
        lines = "\n".join(f"• {_announced(one)}" for one in digest.announced[:_MAX_ANNOUNCED])
        blocks.append(section(f"*Announced ahead*\n{lines}", block_id=f"{key}-announced"))
    stands = f"{headline(digest.standing)} {outlook(digest.standing)}"
    budget_title = "Budget and forecast" if has_budget(digest.standing) else "Spend and forecast"
    blocks.append(section(f"*{budget_title}*\n{stands}", block_id=f"{key}-budget"))
    if digest.week_nanos or any(tool.tokens for tool in digest.tools):
        lines = share_lines(digest.tools, total_nanos=digest.week_nanos)
        mix = mix_lines(digest.mix, against="the week before")
        blocks.append(section(f"*Tools*\n{lines}\n{mix}", block_id=f"{key}-tools"))
    lacking = gaps_words(digest.gaps, zone=digest.standing.zone) if digest.gaps else ""
    if lacking:
        blocks.append(context(lacking, block_id=f"{key}-gaps"))
    hints = _hints(digest)
    if hints:
        listed = "\n".join(f"• {hint}" for hint in hints)
        blocks.append(section(f"*What to do*\n{listed}", block_id=f"{key}-hints"))
    if digest.waiting:
        blocks.append(section(f"*Waiting for a decision*\n{_waiting(digest)}", block_id=f"{key}-requests"))
    buttons = [button("Details", action_id=SHOW_STANDING, value=team.id, label=f"Show how {shown} stands now")]
    if may_request(digest.standing):
        label = f"Request budget for {shown}"
        buttons.insert(0, button("Request budget", action_id=REQUEST_BUDGET, value=team.id, label=label))
    if digest.waiting:
        buttons.append(list_button())
    blocks += [
        actions(*buttons, block_id=f"{key}-actions"),
        context(f"`{command} me` shows your own use, to you alone.", block_id=f"{key}-notes"),
    ]
    moved = f" What moved it: {'; '.join(_driver(d) for d in digest.drivers)}." if digest.drivers else ""
    lacks = f" {lacking}" if lacking else ""
    to_do = f" {' '.join(hints)}" if hints else ""
    charts = (
        (encode(digest_chart(digest)),)
        if any(b["type"] == chart_placeholder(0, block_id="")["type"] for b in blocks)
        else ()
    )
    return Message(
        text=f"{finding} {_calls(digest)}{moved} {stands}{lacks}{to_do}", blocks=tuple(blocks), charts=charts
    )


def digest_chart(digest: Digest) -> SpendByDay:
    """Returns spend per day by tool, with the daily budget if there is one."""
    standing = digest.standing
    days = digest.chart_days
    tools = tuple((plain(tool) if tool.strip() else "unnamed tool", nanos) for tool, nanos in digest.tool_days)
    title = _finding(digest, plain(standing.team.name, limit=40))
    span = f"{short_day_text(days[0])} to {short_day_text(days[-1])}" if days else week_words(digest.monday)
    return SpendByDay(
        title=title,
        subtitle=f"Cost per day by tool, {span}",
        days=days,
        tools=fold_tools(tools),
        budget_line_nanos=_daily_budget(standing) if has_budget(standing) else None,
        closed_through=digest.monday + 6,
        alt=plain(f"Chart of cost per day by tool. {title}.", limit=_ALT_CHARACTERS),
        spans=tuple(
            ChartSpan(words, first, first + 6)
            for words, first in (("last week", digest.monday), ("week before", digest.monday - 7))
            if days and days[0] <= first
        ),
    )


def _daily_budget(standing: Standing) -> int:
    """Returns the budget per day of its time, from its first day on."""
    return max(0, standing.balance.allocated_nanos) // (standing.period.end_day - standing.since_day)


def _finding(digest: Digest, team: str) -> str:
    """Returns the week in one sentence without a full stop; `team` is the name as it is escaped there."""
    if digest.week_nanos == 0 and digest.before_nanos == 0:
        return f"{team} spent nothing last week, as in the week before"
    change = change_words(digest.week_nanos, digest.before_nanos, before="the week before")
    return f"{team} spent {usd_round(digest.week_nanos)} last week, {change}"


def _calls(digest: Digest) -> str:
    if not digest.calls:
        return "No calls were recorded."
    return f"{counted(digest.calls, 'call')}, {tokens_short(digest.mix.tokens)} tokens."


def _driver(driver: Driver) -> str:
    share = driver.share
    new = ", new" if share.before_nanos == 0 and share.cost_nanos > 0 else ""
    named = part_name(share.name, kind=driver.dimension)
    return f"{driver.dimension} {named} {signed_usd(share.change_nanos)}, to {usd(share.cost_nanos)}{new}"


def _waiting(digest: Digest) -> str:
    """Returns the requests that wait, oldest first, and how long decisions take."""
    lines = [
        f"• {one.asker_mention} asks for {usd(one.amount_nanos)}, since {date_mark(one.since)}"
        for one in digest.waiting[:_MAX_WAITING]
    ]
    rest = len(digest.waiting) - _MAX_WAITING
    if rest > 0:
        lines.append(f"• and {rest:,} more")
    return "\n".join([*lines, *([digest.decision_times] if digest.decision_times else [])])


def _hints(digest: Digest) -> list[str]:
    """Returns the next steps, most urgent first, each a sentence in mrkdwn."""
    standing, hints = digest.standing, []
    if has_budget(standing):
        over = standing.forecast.end_nanos - standing.balance.allocated_nanos
        if standing.balance.left_nanos <= 0 < standing.balance.charged_nanos:
            hints.append("Nothing is left of the budget: request more, or stop what can wait.")
        elif standing.forecast.run_out_day is not None and over > 0:
            hints.append(
                f"The period is heading for {usd_round(over)} over budget: request it now, or move what can wait."
            )
    elif standing.team.mode != "announce" and standing.balance.budget == "later":
        hints.append(no_budget_words(standing))
    elif standing.team.mode != "announce":
        hints.append("No budget is declared for the team: ask finance to set one.")
    if digest.open_requests and not digest.waiting:  # else they are listed below
        hints.append(f"{requests_waiting(digest.open_requests, 'a decision')}.")
    if digest.unpriced_calls:
        verb, their = ("has", "its") if digest.unpriced_calls == 1 else ("have", "their")
        hints.append(
            f"{counted(digest.unpriced_calls, 'call')} {verb} no known price, so {their} cost is missing "
            "here: ask finance to add one."
        )
    if digest.alerts:
        verb = "was" if digest.alerts == 1 else "were"
        hints.append(f"There {verb} {counted(digest.alerts, 'alert')} in the week: see the channel above.")
    top = digest.drivers[0].share if digest.drivers else None
    if (
        top is not None
        and top.change_nanos >= 100 * NANOS
        and top.change_nanos * 2 > digest.week_nanos - digest.before_nanos > 0
    ):
        hints.append(f"Most of the increase is {part_name(top.name, kind='part')}: was it planned?")
    return hints


def _announced(one: AnnouncedSpend) -> str:
    """Returns `launch, 26–28 Nov: $190.00 on top of the usual, of $500 announced`, without the person who announced it."""
    days = short_day_text(one.first_day)
    if one.last_day != one.first_day:
        days += f" – {short_day_text(one.last_day)}"
    limit = "" if one.limit_nanos is None else f", of {usd_round(one.limit_nanos)} announced"
    return f"{name(one.what)}, {days}: {usd(one.extra_nanos)} on top of the usual{limit}"
