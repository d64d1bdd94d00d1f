"""The Monday digest of the company, and of all that a person manages: one finding, one picture, at most seven lines."""

from collections.abc import Iterable
from typing import Any

from bot.charts.values import encode
from bot.messages import Block, Message
from bot.money import usd_round
from bot.reporting.company_digests import CompanyDigest
from bot.reporting.subtree_reports import SubtreeReport
from bot.text import plain
from bot.views.alerting.alert_quality import quality_words
from bot.views.blocks import actions, button, chart_placeholder, context, date_mark, header, name, page, section
from bot.views.reporting.mix import mix_lines
from bot.views.reporting.subtree_reports import (
    budget_words,
    change,
    cost_centre_line,
    data_words,
    has_trend,
    mix_picture,
    mix_words,
    mover_cause,
    mover_line,
    movers_words,
    nodes_name,
    rest_line,
    risk_line,
    risks_words,
    team_line,
    times_words,
    unallocated_words,
    weeks_chart,
    weeks_text,
)
from bot.views.requests.waiting.decision_times import team_line as decided_line
from bot.views.requests.waiting.decision_times import times_words as all_times_words
from bot.views.requests.waiting.lists import all_teams_button
from bot.views.requests.waiting.reminders import list_button
from bot.views.spoken import with_figures
from bot.views.wording import counted, no_comparison_words, requests_waiting, week_words

COMPANY_WEEK = "company_week"
"""The button opens the details of the company's week; its value is the week's Monday."""
MANAGED_WEEK = "managed_week"
"""The button opens the details of the week of all that the person manages."""
MOST_LINES = 7
_TEAMS_LISTED = 15
_LISTED = 10
_NAMED = 3


def company_digest_message(digest: CompanyDigest) -> Message:
    """Returns the digest. Every figure of the picture is also in the text."""
    report = digest.report
    key = f"{'company' if report.is_company else 'managed'}-{digest.monday}"
    finding = _finding(digest)
    picture = mix_picture(report) if has_trend(report) else None
    charts = () if picture is None else (encode(picture),)
    lines = [line for line in _lines(digest) if not charts or line[0] != "Tools"][:MOST_LINES]
    title = f"AI spend of {plain(nodes_name(report, escaped=False), limit=80)}, week of {week_words(digest.monday)}"
    blocks: list[Block] = [
        header(title, block_id=f"{key}-title"),
        section(f"*{finding}*", block_id=f"{key}-headline"),
    ]
    if has_trend(report):
        block_id = f"{key}-chart"
        blocks.append(chart_placeholder(0, block_id=block_id) if charts else weeks_chart(report, block_id=block_id))
    if lines:
        listed = "\n".join(f"• *{label}*: {words}" for label, words in lines)
        blocks.append(section(listed, block_id=f"{key}-lines"))
    blocks.append(actions(*_buttons(digest), block_id=f"{key}-actions"))
    notes = _notes(report)
    if notes:
        blocks.append(context(" ".join(notes), block_id=f"{key}-notes"))
    spoken = " ".join(f"{label}: {words if words.endswith('.') else f'{words}.'}" for label, words in lines)
    weeks = f"Spend by week, from Monday: {weeks_text(report, with_shares=not charts)}." if has_trend(report) else ""
    drawn = [chart["alt"] for chart in charts]
    text = " ".join(filter(None, (finding, spoken, weeks, *drawn, *notes)))
    text = with_figures(text, [f"The week is {week_words(digest.monday)}"])
    return Message(text=text, blocks=tuple(blocks), charts=charts)


def _finding(digest: CompanyDigest) -> str:
    """Returns the week in one sentence: the spend, its change, and the team that explains most of it."""
    report = digest.report
    moved = change(report.cost_nanos, report.before_nanos)
    said = f"{nodes_name(report)} spent {usd_round(report.cost_nanos)} last week"
    if not report.cost_nanos and report.unpriced_calls:
        calls = counted(report.unpriced_calls, "call")
        return f"{nodes_name(report)} made {calls} last week, and none has a price yet."
    if not report.cost_nanos:
        return f"{nodes_name(report)} spent nothing last week."
    if report.first_day is not None:
        return f"{said}; {no_comparison_words(report.first_day)}."
    if moved == "new":
        return f"{said}, after nothing the week before."
    main = report.main_mover
    if main is None:
        return f"{said}, {moved}."
    team = [] if (main.spend.team,) == report.nodes else [name(main.spend.team.name, limit=40)]
    cause = ", ".join(filter(None, [*team, mover_cause(main)]))
    mostly = "mostly " if team else ""
    return f"{said}, {moved}: {mostly}{cause}." if cause else f"{said}, {moved}."


def _lines(digest: CompanyDigest) -> list[tuple[str, str]]:
    """Returns what is worth a line, most important first, each with its label."""
    report = digest.report
    found = (
        ("At risk", risks_words(report)),
        ("Moved most", movers_words(report)),
        ("Budget" if report.budget else "Forecast", budget_words(report)),
        ("Unallocated", unallocated_words(report)),
        ("Waiting", _waiting_words(digest)),
        ("Tools", mix_words(report)),
        ("Data", data_words(report)),
        ("Alerts", _noise_words(report)),
    )
    return [(label, words) for label, words in found if words]


def _waiting_words(digest: CompanyDigest) -> str:
    report = digest.report
    if not report.waiting:
        return times_words(report)
    count, yours = len(report.waiting), 0 if digest.is_shared else digest.yours
    lead = requests_waiting(count, "you" if yours == count else "a decision")
    of_them = f", {yours:,} of them for you" if 0 < yours < count else ""
    since = date_mark(report.waiting[0].created_at)
    oldest = f", since {since}" if count == 1 else f"; the oldest since {since}"
    return f"{lead}{of_them}{oldest}. {times_words(report)}".strip()


def _noise_words(report: SubtreeReport) -> str:
    """Returns whose alerts were mostly noise; nothing where they were not."""
    if not report.noisy:
        return ""
    named = ", ".join(name(team.name, limit=40) for team, _ in report.noisy[:_NAMED])
    rest = len(report.noisy) - _NAMED
    more = f" and {counted(rest, 'more team')}" if rest > 0 else ""
    return f"mostly noise for {named}{more}. Consider adjusting thresholds or mutes."


def _buttons(digest: CompanyDigest) -> list[Any]:
    report = digest.report
    action = COMPANY_WEEK if report.is_company else MANAGED_WEEK
    shown = plain(nodes_name(report, escaped=False), limit=30)
    buttons = [button("Details", action_id=action, value=digest.monday, label=f"Show the week of {shown} in detail")]
    if digest.yours:
        buttons.append(list_button())
    elif report.waiting and report.is_company and not digest.is_shared:
        buttons.append(all_teams_button())
    return buttons


def _notes(report: SubtreeReport) -> list[str]:
    """Returns how the figures are counted, and what they lack."""
    several = len({spend.team.timezone for spend in report.teams}) > 1
    said = ["Each team's days are those of its own time zone."] if several else []
    if report.unfinished:
        named = ", ".join(name(team.name, limit=40) for team in report.unfinished[:_NAMED])
        rest = len(report.unfinished) - _NAMED
        more = f" and {counted(rest, 'more team')}" if rest > 0 else ""
        verb = "is" if len(report.unfinished) == 1 else "are"
        said.append(f"The week of {named}{more} {verb} not over yet.")
    if report.hidden_teams:
        verb = "is" if report.hidden_teams == 1 else "are"
        said.append(f"{counted(report.hidden_teams, 'team')} in preview {verb} left out.")
    return said


def week_page(digest: CompanyDigest) -> dict[str, Any]:
    """Returns the details of the week as a modal: teams, budgets at risk, tools, cost centres, requests and alerts."""
    report, key = digest.report, f"week-{digest.monday}"
    blocks: list[Block] = [section(f"*{_finding(digest)}*", block_id=f"{key}-headline")]

    def listed(title: str, lines: Iterable[str], part: str) -> None:
        text = "\n".join(line for line in lines if line)
        if text:
            blocks.append(section(f"*{title}*\n{text}", block_id=f"{key}-{part}"))

    teams, rest = report.teams[:_TEAMS_LISTED], report.teams[_TEAMS_LISTED:]
    more = [rest_line(rest, "team")] if rest else []
    lines = [*(team_line(one, is_compared=report.is_compared) for one in teams), *more]
    listed("Teams", lines, "teams")
    listed("Moved most", map(mover_line, report.movers if report.is_compared else ()), "movers")
    listed("Budget" if report.budget else "Forecast", [budget_words(report), _unallocated_line(report)], "budget")
    risks = report.risks[:_LISTED]
    others = len(report.risks) - len(risks)
    listed(
        "Budgets at risk",
        [*map(risk_line, risks), *([f"and {counted(others, 'more budget')}"] if others else [])],
        "risks",
    )
    if report.mix.cost_nanos or report.mix.tokens:
        listed("Tools", [mix_lines(report.mix, against="the week before")], "tools")
    listed("Spend by week, from Monday", [weeks_text(report)], "weeks")
    centres, other_centres = report.cost_centres[:_LISTED], report.cost_centres[_LISTED:]
    if any(centre.name for centre in report.cost_centres):
        tail = [rest_line(other_centres, "cost centre")] if other_centres else []
        listed(
            "Cost centres",
            [*(cost_centre_line(one, is_compared=report.is_compared) for one in centres), *tail],
            "centres",
        )
    listed("Data", [_sentence(data_words(report))], "data")
    decided = [decided_line(team.name, times) for team, times in report.team_times[:_LISTED]]
    listed("Requests", [all_times_words(report.times), *decided], "requests")
    if digest.yours:
        blocks.append(actions(list_button(), block_id=f"{key}-waiting"))
    listed("Alerts, last 30 days", [quality_words(report.alerts), _sentence(_noise_words(report))], "alerts")
    if notes := _notes(report):
        blocks.append(context(" ".join(notes), block_id=f"{key}-notes"))
    return page(title=f"Week of {week_words(digest.monday)}", blocks=blocks)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _unallocated_line(report: SubtreeReport) -> str:
    words = unallocated_words(report)
    return f"Unallocated: {words}." if words else ""
