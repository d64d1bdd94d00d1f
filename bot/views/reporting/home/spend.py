"""The company's spend on the Home of admins and finance: figures, teams as a tree of bars, the mix of tools, and movers."""

from collections.abc import Sequence

from bot.books.budgets import Standing
from bot.messages import Block
from bot.money import percent, tokens_short, usd, usd_round
from bot.periods import short_day_text
from bot.reporting.concerns import spent_of
from bot.reporting.home_places import HomePlace
from bot.reporting.reports import CompanyHealth, CompanyView
from bot.reporting.subtree_reports import MixWeek
from bot.views.bars import Bar, bar_lines, curve
from bot.views.blocks import context, name, preformatted, section
from bot.views.reporting.home.pages import page_blocks, page_words
from bot.views.reporting.home.trees import INCLUDES, tree_rows
from bot.views.reporting.mix import mix_lines
from bot.views.wording import (
    before_words,
    cost_words,
    counted,
    in_span_words,
    last_day_text,
    period_words,
    range_words,
    signed_usd,
    span_words,
)

_PAGE = 12
_MOVERS = 3
_NAMED = 3


def spend_blocks(company: CompanyView, *, place: HomePlace) -> list[Block]:
    """Returns the company's figures. The lines of the first level add up to the total."""
    if not company.shows_figures:
        words = "Tokens is in preview, so only finance sees the figures of teams."
        return [section(f"*Company*\n{words}", block_id="company")]
    rows = company_rows(company)
    page = place.page("company", rows, size=_PAGE)
    blocks = [section(f"*Company*\n{_words(company)}", block_id="company", fields=_fields(company))]
    if rows:
        note = f"\n{INCLUDES}" if any(row.depth for row in rows) else ""
        blocks += [
            section(f"*Teams by spend*{page_words(page)}{note}", block_id="company-teams"),
            preformatted(bar_lines(page.shown), block_id="company-teams-bars"),
            *page_blocks(page, "company", what="teams by spend"),
        ]
    if company.hidden_teams:
        left_out = f"Without {counted(company.hidden_teams, 'team')} in preview, whose figures only finance sees."
        blocks.append(context(left_out, block_id="company-hidden"))
    return [*blocks, *_mix(company), *_moved(company.teams)]


def company_rows(company: CompanyView) -> list[Bar]:
    """Returns the tree of the company's teams, and what no team spent."""
    rows = tree_rows(company.teams)
    nobody = spent_of(company.organisation)
    return [*rows, Bar(name="Unattributed", used_nanos=nobody, whole_nanos=None)] if nobody else rows


def _words(company: CompanyView) -> str:
    """Returns the company's spend over its teams' own days; the organisation's own days hold the unattributed usage."""
    standings, spend = (company.organisation, *company.teams), company.spend
    burn = sum(s.forecast.usual_nanos_per_day for s in standings)
    week = sum(s.week_nanos for s in standings)
    change = signed_usd(week - sum(s.week_before_nanos for s in standings))
    return (
        f"Spent {cost_words(spend.cost_nanos, has_no_price=spend.has_no_price)} {in_span_words(spend.span)}, "
        f"{usd_round(burn)} a day; {usd(week)} in the last 7 full days ({change}).{_beside_usage(company)} "
        f"Each team's days are those of its own zone.{_in_other_periods(company)}"
    )


def _in_other_periods(company: CompanyView) -> str:
    """Returns which teams are in another period, as around midnight of its last day: their figures are of that one."""
    others = [s for s in company.teams if s.period != company.organisation.period]
    if not others:
        return ""
    names = ", ".join(name(s.team.name, limit=40) for s in others[:_NAMED])
    more = f" and {len(others) - _NAMED:,} more" if len(others) > _NAMED else ""
    period = period_words(others[0].period.name)
    return f" For {names}{more} that is {period}; the budget and the forecast are all teams' of this period."


def _beside_usage(company: CompanyView) -> str:
    """Returns what is charged beside the period's usage: what came late for earlier periods, less credits."""
    beside = sum(spent_of(s) for s in (company.organisation, *company.teams)) - company.spend.cost_nanos
    if beside == 0:
        return ""
    return f" Charged for earlier days: {usd(beside)}." if beside > 0 else f" Credited: {usd(-beside)}."


def _fields(company: CompanyView) -> list[str]:
    spend, budget = company.spend, company.budget
    fields = []
    if budget is not None:
        share = percent(budget.charged_nanos, budget.allocated_nanos)
        of = period_words(company.organisation.period.name)
        fields.append(
            f"*Budget of {of}*\n{usd_round(budget.charged_nanos)} of {usd_round(budget.allocated_nanos)} ({share})"
        )
    if company.forecast is not None and company.forecast.end_nanos > 0:
        fields.append(f"*Forecast for {last_day_text(company.organisation.period)}*\n{_forecast(company)}")
    fields.append(f"*Unallocated*\n{usd(company.organisation.balance.available_nanos)}")
    if company.unattributed_nanos:
        share = _share(company.unattributed_nanos, spend.cost_nanos)
        fields.append(f"*Unattributed*\n{usd(company.unattributed_nanos)} ({share} of spend)")
    if spend.unpriced_tokens:
        share = _share(spend.unpriced_tokens, spend.tokens)
        fields.append(f"*No price yet*\n{tokens_short(spend.unpriced_tokens)} tokens ({share})")
    if company.health is not None:
        fields.append(f"*Sources and gateways*\n{_health(company.health, silent=len(company.silent_sources))}")
    return fields


def _share(part: int, whole: int) -> str:
    """Formats a share, which is never 0% of something."""
    share = percent(part, whole)
    return "under 1%" if share == "0%" else share


def _forecast(company: CompanyView) -> str:
    forecast, budget = company.forecast, company.budget
    assert forecast is not None, "there is a forecast to show"
    if not forecast.is_known:
        return "not known yet"
    words = f"{usd_round(forecast.end_nanos)}{range_words(forecast.low_nanos, forecast.high_nanos)}"
    if budget is None:
        return words
    over = forecast.end_nanos - budget.allocated_nanos
    return f"{words}, {usd_round(abs(over))} {'over' if over > 0 else 'under'} budget"


def _health(health: CompanyHealth, *, silent: int) -> str:
    sources = counted(health.sources, "source")
    words = f"{sources}, {silent:,} silent" if silent else f"{sources}, none silent"
    if not health.gateways:
        return words
    caps = f"{health.caps_set:,} of {counted(health.caps, 'cap')} set" if health.caps else "no caps yet"
    return f"{words}; {counted(health.gateways, 'gateway')}, {caps}"


def _mix(company: CompanyView) -> list[Block]:
    """Returns the kinds of tools, and a curve of eight weeks for both figures."""
    mix, of = company.mix, company.spend.span
    if mix is None or not (mix.tokens or mix.cost_nanos):
        return []
    title = f"In-house vs third-party, {span_words(of)} (vs {before_words(of)})"
    blocks = [section(f"*{title}*\n{mix_lines(mix)}", block_id="company-mix")]
    weeks = [week for week in company.weeks if week.cost_nanos]
    if len(weeks) > 1:
        blocks.append(preformatted(_trend(company.weeks), block_id="company-weeks"))
    return blocks


def _trend(weeks: Sequence[MixWeek]) -> str:
    used = [week for week in weeks if week.cost_nanos]
    first, last = used[0], used[-1]
    days = f"{short_day_text(first.monday)} to {short_day_text(last.monday)}"
    lines = [
        f"Spend a week    {curve([week.cost_nanos for week in weeks])}  "
        f"{usd_round(first.cost_nanos)} to {usd_round(last.cost_nanos)}, weeks of {days}"
    ]
    shares = [week.in_house_nanos * 1_000 // week.cost_nanos if week.cost_nanos else 0 for week in weeks]
    if any(shares):
        ends = [percent(week.in_house_nanos, week.cost_nanos) for week in (first, last)]
        lines.append(f"In-house share  {curve(shares)}  {ends[0]} to {ends[1]}")
    return "\n".join(lines)


def _moved(standings: Sequence[Standing]) -> list[Block]:
    """Returns the teams whose own spend changed most; no department, whose change is that of its teams."""
    ranked = sorted(standings, key=lambda s: (-abs(s.week_nanos - s.week_before_nanos), s.team.name))
    lines = [
        f"• {name(s.team.name, limit=40)} {signed_usd(s.week_nanos - s.week_before_nanos)}, to {usd(s.week_nanos)}"
        for s in ranked[:_MOVERS]
        if s.week_nanos != s.week_before_nanos
    ]
    title = "*Moved most, last 7 full days*"
    return [section("\n".join([title, *lines]), block_id="company-movers")] if lines else []
