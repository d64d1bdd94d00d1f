"""The answer to `/tokens value`: what a team's spend brought, by week, workflow and tool, and never by person."""

from collections.abc import Sequence

from bot.charts.native import NativeChart, NativePoint, NativeSeries
from bot.messages import Block, Message
from bot.money import NANOS, percent, tokens_short, usd, usd_round
from bot.periods import short_day_text
from bot.reporting.value.outcomes import LEAST_OUTCOMES, OutcomeCost, PartCost, PartCosts, ValueReport
from bot.reporting.value.value_spans import ValueSpan
from bot.reporting.value.what_ifs import WhatIf
from bot.requests.worth import WorthCounts
from bot.text import cut
from bot.views.blocks import actions, bar_chart, button, context, name, section
from bot.views.reporting.what_ifs import OPEN_WHAT_IF, what_if_line
from bot.views.wording import before_words, counted, days_words, in_span_words, part_name

_MOST_PARTS = 6
_LEAST_WEEKS = 3
_NAME = 40
SHOWN_WHAT_IFS = 2
RULE = "AI spend divided by all outcomes, whoever or whatever made them."


def value_message(report: ValueReport, *, worth: WorthCounts, what_ifs: Sequence[WhatIf], has_more: bool) -> Message:
    """Returns the message. `what_ifs` are all of them, the first ones are shown; `has_more` offers the form."""
    key = f"value-{report.team.id}"
    headline = headline_of(report)
    coverage = coverage_words(report)
    chart = week_chart(report)
    weeks, parts = week_line(report), parts_of(report)
    grants = [line for line in (worth_words(worth),) if line]
    suggestions = [what_if_line(one) for one in what_ifs[:SHOWN_WHAT_IFS]]
    blocks: list[Block] = [section(f"*{headline}*", block_id=key), context(coverage, block_id=f"{key}-coverage")]
    if chart is not None:
        blocks.append(bar_chart(chart, block_id=f"{key}-weeks"))
    elif weeks:
        blocks.append(section(weeks, block_id=f"{key}-weeks"))
    for at, part in enumerate((*parts, *grants)):
        blocks.append(section(part, block_id=f"{key}-part-{at}"))
    if suggestions:
        lines = "\n".join(f"• {line}" for line in suggestions)
        blocks.append(section(f"*What if*, over the last 4 weeks\n{lines}", block_id=f"{key}-what-if"))
    if has_more:
        label = f"Compare the models of {report.team.name} with others"
        more = button("What if…", action_id=OPEN_WHAT_IF, value=report.team.id, label=label)
        blocks.append(actions(more, block_id=f"{key}-actions"))
    notes = ["Only you see this.", RULE, *_notes(report)]
    if not report.cost.outcomes:
        notes = ["Only you see this.", "An admin connects GitHub or GitLab: `tokens connect github` prints the steps."]
    blocks.append(context(" ".join(notes), block_id=f"{key}-notes"))
    texts = [*([weeks] if weeks else []), *parts, *grants]
    spoken = [headline, f"{coverage}.", *(_spoken(text) for text in texts), *suggestions]
    return Message(text=" ".join(spoken), blocks=tuple(blocks))


def kind_words(kind: str, number: int = 1) -> str:
    """Formats `merged change` or `closed tickets` for kinds like `ticket_closed`, and `deploy outcomes` for others."""
    thing, _, done = kind.rpartition("_")
    noun = f"{done} {thing}" if thing and done.endswith("ed") else f"{kind} outcome"
    noun = noun.replace("_", " ").replace(".", " ")
    return noun if number == 1 else f"{noun}s"


def weeks_words(span: ValueSpan) -> str:
    """Returns `in the last 8 full weeks`, or `in October 2026`."""
    if span.asked is not None:
        return in_span_words(span.asked)
    return f"in the last {span.weeks} full weeks" if span.weeks > 1 else "last week"


def weeks_before_words(span: ValueSpan) -> str:
    """Returns `the 8 weeks before`, or `September 2026`."""
    if span.asked is not None:
        return before_words(span.asked)
    return f"the {span.weeks} weeks before" if span.weeks > 1 else "the week before"


def headline_of(report: ValueReport) -> str:
    """Returns `Search: $41.20 per merged change in the last 8 full weeks, 12% less than the 8 weeks before.`"""
    team, span, cost = name(report.team.name), weeks_words(report.span), report.cost
    average = cost.average_nanos
    if average is not None:
        change = _change(average, report.before, report.span)
        return f"{team}: {usd(average)} per {kind_words(report.kind)} {span}{change}."
    spent = f"{usd_round(cost.cost_nanos)} of AI spend"
    if not cost.outcomes:
        return f"{team}: {spent} {span}; no outcomes are recorded."
    counts = f"{cost.outcomes:,} {kind_words(report.kind, cost.outcomes)} and {spent} {span}"
    if cost.outcomes < LEAST_OUTCOMES:
        return f"{team}: {counts}, too few for an average."
    if cost.cost_nanos <= 0:
        return f"{team}: {counts}."
    return f"{team}: {counts}, too little known for an average."


def _change(now: int, earlier: OutcomeCost, span: ValueSpan) -> str:
    before = earlier.average_nanos
    if before is None:
        known = earlier.cost_nanos > 0 or earlier.outcomes > 0
        return f"; too little is known of {weeks_before_words(span)}" if known else ""
    if now == before:
        return f", the same as {weeks_before_words(span)}"
    share = percent(abs(now - before), before)
    shown = f"less than {percent(1, 100)}" if share == "0%" else share
    return f", {shown} {'more' if now > before else 'less'} than {weeks_before_words(span)}"


def coverage_words(report: ValueReport) -> str:
    """Returns `5 Oct – 29 Nov · 84 merged changes · known for 64% of $5,420 spend`."""
    cost, span = report.cost, report.span
    days = days_words(span.first_day, span.end_day)
    counts = f"{cost.outcomes:,} {kind_words(report.kind, cost.outcomes)}"
    return f"{days} · {counts} · {_known(cost)}"


def _known(cost: OutcomeCost) -> str:
    if cost.cost_nanos <= 0:
        return "no spend"
    return f"known for {percent(cost.known_nanos, cost.cost_nanos)} of {usd_round(cost.cost_nanos)} spend"


def parts_of(report: ValueReport) -> list[str]:
    """Returns the paragraphs below the weeks: by team, workflow and tool."""
    listed = (("team", report.teams), ("workflow", report.workflows), ("tool", report.tools))
    return [text for kind, parts in listed if (text := _part_lines(kind, parts, report.kind))]


def week_line(report: ValueReport) -> str:
    """Returns each week's average with its outcomes; nothing without any."""
    if not report.cost.outcomes or not report.weeks:
        return ""
    weeks = " · ".join(f"{short_day_text(week.monday)} {_short(week.cost)}" for week in report.weeks)
    return f"*By week*\n{weeks}"


def week_chart(report: ValueReport) -> NativeChart | None:
    """Returns the weeks with an average as a chart; None where there are too few to see a trend."""
    known = [(week.monday, week.cost.average_nanos) for week in report.weeks if week.cost.average_nanos is not None]
    if len(known) < _LEAST_WEEKS:
        return None
    points = [NativePoint(label=short_day_text(day), value=round(nanos / NANOS, 2)) for day, nanos in known]
    per, (before, last) = kind_words(report.kind), (nanos for _, nanos in known[-2:])
    return NativeChart(
        title=cut(f"{usd(last)} in the week from {points[-1]['label']}, {usd(before)} before", 50),
        categories=[point["label"] for point in points],
        series=[NativeSeries(name="Cost", data=points)],
        y_label=cut(f"US dollars per {per}", 50),
    )


def _short(cost: OutcomeCost) -> str:
    """Returns a week: its average, or how many outcomes it had."""
    if cost.average_nanos is not None:
        return f"{usd_round(cost.average_nanos)} ({cost.outcomes:,})"
    return f"– ({cost.outcomes:,})"


def _part_lines(kind: str, parts: PartCosts, outcome_kind: str) -> str:
    lines = [f"• {_part_line(part, kind, outcome_kind)}" for part in parts.parts[:_MOST_PARTS]]
    rest = parts.parts[_MOST_PARTS:]
    if rest:
        outcomes = sum(part.cost.outcomes for part in rest)
        cost = sum(part.cost.cost_nanos for part in rest)
        more = f"{outcomes:,} {kind_words(outcome_kind, outcomes)}"
        lines.append(f"• and {counted(len(rest), f'other {kind}')}: {usd_round(cost)}, {more}")
    if parts.small:
        few = "one person" if kind == "team" else "fewer than five people"
        lines.append(f"• {counted(parts.small, kind)} of {few}: not shown")
    return "\n".join((f"*By {kind}*", *lines)) if lines else ""


def _part_line(part: PartCost, kind: str, outcome_kind: str) -> str:
    """Returns `code-review: $12.40 per merged change (34 of $421)`."""
    cost, shown = part.cost, part_name(part.name, kind=kind)
    counts = f"{cost.outcomes:,} {kind_words(outcome_kind, cost.outcomes)}, {usd_round(cost.cost_nanos)}"
    if cost.average_nanos is not None:
        return f"{shown}: {usd(cost.average_nanos)} each ({counts})"
    if cost.outcomes < LEAST_OUTCOMES or cost.cost_nanos <= 0:
        return f"{shown}: {counts}"
    return f"{shown}: {counts}, known for {percent(cost.known_nanos, cost.cost_nanos)}"


def worth_words(worth: WorthCounts) -> str:
    """Returns `4 ended grants: 3 worth it, 1 partly.`, or nothing without answers."""
    said = ((worth.yes, "worth it"), (worth.partly, "partly"), (worth.no, "not worth it"))
    counts = ", ".join(f"{number:,} {words}" for number, words in said if number)
    return f"{counted(worth.grants, 'ended grant')}: {counts}." if worth.grants else ""


def _notes(report: ValueReport) -> list[str]:
    notes = []
    if report.unpriced_tokens:
        notes.append(f"{tokens_short(report.unpriced_tokens)} tokens have no price yet and are left out.")
    if report.others:
        kinds = ", ".join(
            f"{number:,} {name(kind_words(kind, number), limit=_NAME)}" for kind, number in report.others[:3]
        )
        notes.append(f"Also counted: {kinds}.")
    if report.is_subtree:
        notes.append("Days are each team's own.")
    return notes


def _spoken(part: str) -> str:
    title, _, lines = part.replace("*", "").partition("\n")
    said = lines.removeprefix("• ").replace("\n• ", "; ")
    text = f"{title}: {said}" if lines else title
    return text if text.endswith(".") else f"{text}."


def value_text(report: ValueReport, *, worth: WorthCounts, what_ifs: Sequence[WhatIf]) -> str:
    """Returns the report for a terminal."""
    lines = [headline_of(report), coverage_words(report), *filter(None, [week_line(report)]), *parts_of(report)]
    lines += [line for line in (worth_words(worth),) if line]
    lines += [f"What if: {what_if_line(one)}" for one in what_ifs[:SHOWN_WHAT_IFS]]
    lines.append(" ".join([RULE, *_notes(report)]))
    return "\n".join(lines).replace("*", "").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
