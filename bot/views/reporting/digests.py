"""A team's Monday digest: the finding and its cause, one picture, and at most five lines."""

from dataclasses import replace

from bot.books.budgets import Standing
from bot.charts.values import ChartSpan, SpendByDay, days_text, encode, fold_tools
from bot.charts.worth import is_worth_drawing
from bot.messages import Block, Message
from bot.money import NANOS, percent, usd, usd_round
from bot.periods import day_text, short_day_text
from bot.reporting.digests import AnnouncedSpend, Digest, Driver
from bot.text import plain
from bot.views.blocks import Element, actions, button, chart_placeholder, name, section
from bot.views.books.budgets import REQUEST_BUDGET, has_budget, headline, may_request, no_budget_words, outlook
from bot.views.books.standing_charts import plan_of
from bot.views.detection.data_gaps import gaps_words
from bot.views.reporting.causes import cause_words
from bot.views.reporting.subtree_reports import change
from bot.views.requests.waiting.reminders import list_button
from bot.views.wording import NO_PRICE, counted, part_name, signed_usd, week_words, zone_words

SHOW_WEEK = "show_week"
"""Action id of the button that opens a week's details; its value has the week's Monday and the team's id."""
_ALT_CHARACTERS = 1_000
_MOST_LINES = 5
_DRIVERS = 2
_NEAR = 10
_CHECKS = {
    "swap": "Was the new model planned? If not, go back to {left}.",
    "cache": "Find out why less is cached, and mend it.",
    "part": "Was it planned? If not, stop it or set a limit.",
}
"""What to do about a cause that made the week cost more. Prices, people and calls are not the team's to undo."""
_MEASURED = frozenset({"price", "cache", "swap", "people", "calls", "size"})
"""Causes whose amount no part of the spend shows."""


def digest_message(digest: Digest, *, command: str) -> Message:
    """Returns the digest. A quiet week is one line; any other has a chart to draw. The text has every figure."""
    team, key = digest.standing.team, f"digest-{digest.standing.team.id}-{digest.monday}"
    finding, lines = f"{finding_words(digest)}.", _lines(digest)
    gaps = gaps_words(digest.gaps, zone=digest.standing.zone) if digest.gaps else ""
    told = "" if is_over(digest.standing) else f" {gaps}".rstrip()  # an overrun leads, and nothing else
    has_chart = not is_quiet(digest) and is_worth_drawing(digest_chart(digest))
    blocks: list[Block] = [section(f"*{finding}*{told}", block_id=f"{key}-headline")]
    if has_chart:
        blocks.append(chart_placeholder(0, block_id=f"{key}-chart"))
    if lines:
        listed = "\n".join(f"*{label}:* {words}" for label, words in lines)
        blocks.append(section(listed, block_id=f"{key}-lines"))
    blocks.append(actions(*_buttons(digest, plain(team.name, limit=40)), block_id=f"{key}-actions"))
    spoken = [f"{label}: {words if words.endswith('.') else f'{words}.'}" for label, words in lines]
    chart = digest_chart(digest) if has_chart else None
    shown = [f"{chart.title}."] if chart is not None else []
    return Message(
        text=" ".join([f"{finding}{told}", *shown, *spoken]),
        blocks=tuple(blocks),
        charts=(encode(chart),) if chart is not None else (),
    )


def is_quiet(digest: Digest) -> bool:
    """Returns whether the week needs one line alone."""
    standing = digest.standing
    is_usual = digest.change.kind in ("quiet", "usual_again") and not digest.is_first
    return is_usual and not digest.gaps and not is_over(standing) and not _is_heading_over(standing)


def is_over(standing: Standing) -> bool:
    """Returns whether the team has spent more than its budget, which is more than nothing."""
    return has_budget(standing) and standing.balance.charged_nanos > standing.balance.allocated_nanos > 0


def _is_heading_over(standing: Standing) -> bool:
    forecast = standing.forecast
    is_over_at_end = forecast.is_known and forecast.end_nanos > standing.balance.allocated_nanos
    return has_budget(standing) and forecast.run_out_day is not None and is_over_at_end


def finding_words(digest: Digest) -> str:
    """Returns the finding and its cause in mrkdwn, without a full stop: `Search spent $8,412 last week, up 23%: evals (new)`.

    An overrun leads. Where data is missing there is no verdict on the week.
    """
    team, standing = name(digest.standing.team.name), digest.standing
    if is_over(standing):
        over = usd_round(standing.balance.charged_nanos - standing.balance.allocated_nanos)
        lead = f"{team} is {over} over its budget of {usd_round(standing.balance.allocated_nanos)}"
        return f"{lead}. It {_week_words(digest)}"
    return f"{team} {_week_words(digest)}"


def _week_words(digest: Digest) -> str:
    """Returns what was spent, its change, and the cause."""
    spent, before = digest.week_nanos, digest.before_nanos
    if digest.gaps:
        sources = list(dict.fromkeys(gap.source for gap in digest.gaps))
        others = f" and {counted(len(sources) - 1, 'other source')}" if len(sources) > 1 else ""
        lacking = f"{counted(digest.gap_hours, 'hour')} of data from {name(sources[0], limit=40)}{others}"
        return f"spent at least {usd_round(spent)} last week: {lacking} are missing"
    if not spent:
        if digest.week.has_no_price:
            return f"made {counted(digest.calls, 'call')} last week, and none has a price yet"
        return f"spent nothing last week, {f'after {usd_round(before)} the' if before else 'as in the'} week before"
    said = f"spent {usd_round(spent)}"
    if digest.is_first or digest.is_first_full:
        since = digest.week.first_day or digest.monday
        began = f", from {day_text(since)} on" if since > digest.monday else ""
        return f"{said} in its first {'' if digest.is_first else 'full '}week{began}"
    if before <= 0:
        earlier = f"with {NO_PRICE} for" if digest.week.before_has_no_price else "after nothing"
        return f"{said} last week, {earlier} the week before"
    return f"{said} last week, {change(spent, before)}{_cause(digest)}"


def _cause(digest: Digest) -> str:
    changed = digest.change
    if changed.cause is not None:
        return f": {cause_words(changed.cause, hides_key=digest.hides_key)}"
    if changed.kind == "quiet":
        is_near = abs(digest.week_nanos - digest.before_nanos) * _NEAR <= digest.before_nanos
        return ": a usual week" if is_near else ", within the usual range"
    return ": back to a usual week" if changed.kind == "usual_again" else ""


def _lines(digest: Digest) -> list[tuple[str, str]]:
    """Returns at most five lines with their labels: what drove the week, budget and forecast, tools, what to do, and what
    waits. A quiet week has what to do and what waits alone.
    """
    steps = next_steps(digest)
    is_urgent = bool(steps) and has_budget(digest.standing)
    quiet = is_quiet(digest)
    found = [
        ("" if quiet else "Drove it" if _drivers(digest) else "Announced", _drove(digest)),
        ("" if quiet else "Budget" if has_budget(digest.standing) else "Forecast", _stands(digest.standing)),
        ("" if quiet else "Tools", _tools(digest)),
        ("To do" if not quiet or is_urgent else "", steps[0] if steps else ""),
        ("Waiting", _waiting(digest)),
    ]
    return [(label, words) for label, words in found if label and words][:_MOST_LINES]


def _drove(digest: Digest) -> str:
    """Returns what drove the week, and what was announced."""
    return "; ".join([*_drivers(digest), *map(announced_words, digest.announced[:1])])


def _drivers(digest: Digest) -> list[str]:
    """Returns the largest changes against the week before; nothing where no week can be compared."""
    if digest.gaps or digest.is_first or digest.is_first_full or digest.before_nanos <= 0:
        return []
    cause = digest.change.cause
    said = [driver_words(driver) for driver in digest.drivers[:_DRIVERS]]
    if cause is not None and cause.kind in _MEASURED:
        usual = usd_round(digest.change.usual_nanos)
        said = [f"{signed_usd(cause.effect_nanos)} against a usual week of {usual}", *said[: _DRIVERS - 1]]
    return said


def _stands(standing: Standing) -> str:
    """Returns the budget and its forecast; what the headline says is left out."""
    if is_over(standing):
        return outlook(standing)
    lacks = "" if has_budget(standing) or standing.team.mode == "announce" else f" {no_budget_words(standing)}"
    return f"{headline(standing)} {outlook(standing)}{lacks}"


def _tools(digest: Digest) -> str:
    """Returns the two largest tools and the share of in-house ones."""
    if digest.week_nanos <= 0:
        return ""
    largest = [tool for tool in digest.tools if tool.cost_nanos > 0][:2]
    said = ", ".join(
        f"{part_name(tool.name)} {usd(tool.cost_nanos)} ({percent(tool.cost_nanos, digest.week_nanos)})"
        for tool in largest
    )
    if len(digest.tools) == 1:  # the headline has its amount
        said = part_name(largest[0].name) if largest else ""
    in_house = digest.mix.in_house
    if not in_house.tokens and not in_house.cost_nanos:
        return said
    if in_house.has_no_price:
        return f"{said}; in-house ones have {NO_PRICE}"
    return f"{said}; {percent(in_house.cost_nanos, digest.week_nanos)} in-house"


def _waiting(digest: Digest) -> str:
    if not digest.open_requests:
        return ""
    asked = sum(one.amount_nanos for one in digest.waiting)
    amount = f", {usd(asked)}{' in all' if digest.open_requests > 1 else ''}" if asked else ""
    return f"{counted(digest.open_requests, 'budget request')}{amount}"


def _buttons(digest: Digest, shown: str) -> list[Element]:
    value = f"w{digest.monday}:{digest.standing.team.id}"
    label = f"Show the week of {shown} in detail"
    buttons = [button("Details", action_id=SHOW_WEEK, value=value, label=label)]
    if may_request(digest.standing) and not is_quiet(digest):
        label = f"Request budget for {shown}"
        buttons.insert(
            0, button("Request budget", action_id=REQUEST_BUDGET, value=digest.standing.team.id, label=label)
        )
    if digest.waiting:
        buttons.append(list_button())
    return buttons


def digest_chart(digest: Digest) -> SpendByDay:
    """Returns spend per day by tool, with the budget by weekday if there is one."""
    standing, days = digest.standing, digest.chart_days
    tools = tuple((plain(tool) if tool.strip() else "unnamed tool", nanos) for tool, nanos in digest.tool_days)
    totals = {day: sum(nanos[at] for _, nanos in tools) for at, day in enumerate(days)}
    plan = plan_of(standing, days) if has_budget(standing) else ()
    span = days_text(days[0], days[-1]) if days else week_words(digest.monday)
    chart = SpendByDay(
        title="",
        subtitle=f"Cost per day by tool, {span}, {zone_words(standing.zone)}",
        days=days,
        tools=fold_tools(tools),
        budget_line_nanos=None,
        plan_nanos=plan,
        closed_through=digest.monday + 6,
        alt="",
        spans=tuple(
            ChartSpan(words, first, first + 6)
            for words, first in (("last week", digest.monday), ("week before", digest.monday - 7))
            if days and days[0] <= first
        ),
    )
    title = _chart_finding(digest, chart, totals)
    return replace(chart, title=title, alt=plain(f"Chart of cost per day by tool. {title}.", limit=_ALT_CHARACTERS))


def _chart_finding(digest: Digest, chart: SpendByDay, totals: dict[int, int]) -> str:
    """Returns what the days show beyond the week's total: days well above the budget, or the highest day."""
    week = {day: nanos for day, nanos in totals.items() if digest.monday <= day < digest.monday + 7}
    above = sum(over for day, over in zip(chart.days, chart.over, strict=True) if day in week)
    if above:
        return f"Well above the budget on {above} of 7 days"
    highest = max(week, key=lambda day: week[day], default=digest.monday)
    if sum(1 for nanos in week.values() if nanos) == 1:
        return f"All of it on {day_text(highest)}"
    return f"{day_text(highest)} was the highest day: {usd_round(week.get(highest, 0))}"


def driver_words(driver: Driver) -> str:
    """Returns `workflow nightly-evals +$720.00, to $1,260.00`, or `workflow evals $601.42, new`."""
    share = driver.share
    named = f"{driver.dimension} {part_name(share.name, kind=driver.dimension)}"
    if share.is_new:
        return f"{named} {usd(share.cost_nanos)}, new"
    return f"{named} {signed_usd(share.change_nanos)}, to {usd(share.cost_nanos)}"


def next_steps(digest: Digest) -> list[str]:
    """Returns the next steps, most urgent first, each a sentence in mrkdwn."""
    standing, steps = digest.standing, []
    if has_budget(standing):
        over = standing.forecast.end_nanos - standing.balance.allocated_nanos
        if standing.balance.left_nanos <= 0 < standing.balance.charged_nanos:
            steps.append("Nothing is left of the budget: request more, or stop what can wait.")
        elif _is_heading_over(standing):
            steps.append(f"Request {usd_round(over)} now, or move what can wait: the period is heading over budget.")
    if digest.unpriced_calls:
        verb, their = ("has", "its") if digest.unpriced_calls == 1 else ("have", "their")
        steps.append(
            f"{counted(digest.unpriced_calls, 'call')} {verb} no price yet, so {their} cost is missing: ask finance to set one."
        )
    cause = digest.change.cause
    if cause is not None and not digest.gaps and cause.effect_nanos >= 100 * NANOS and cause.kind in _CHECKS:
        steps.append(_CHECKS[cause.kind].format(left=name(cause.left, limit=40)))
    return steps


def announced_words(one: AnnouncedSpend) -> str:
    """Returns `launch, 26–28 Nov: $190.00 above the usual, of $500 announced`, without the person who announced it."""
    days = short_day_text(one.first_day)
    if one.last_day != one.first_day:
        days += f" – {short_day_text(one.last_day)}"
    limit = "" if one.limit_nanos is None else f", of {usd_round(one.limit_nanos)} announced"
    return f"{name(one.what)}, {days}: {usd(one.extra_nanos)} above the usual{limit}"
