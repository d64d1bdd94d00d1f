"""The company's spend on the Home of admins and finance."""

from collections.abc import Sequence

from bot.books.budgets import Standing
from bot.messages import Block
from bot.money import usd, usd_round
from bot.periods import long_day_text
from bot.reporting.reports import CompanyView
from bot.views.blocks import name, section
from bot.views.books.budgets import has_budget, subtree_words
from bot.views.costs.prices import disagreement_words, price_blocks
from bot.views.crosschecks.gateways import drift_line
from bot.views.crosschecks.health_alerts import silence_line
from bot.views.crosschecks.sources import source_lines
from bot.views.org.reachability import lost_managers_line
from bot.views.reporting.mix import mix_lines
from bot.views.wording import before_words, cost_words, counted, in_span_words, progress_bar, signed_usd, span_words

_TEAMS_SHOWN = 10
_TEAMS_PER_BLOCK = 10
_MOVERS = 3
_NAMES_SHOWN = 4


def company_blocks(company: CompanyView) -> list[Block]:
    """Returns the company's total, its teams by spend, what moved it, and what needs attention."""
    ranked = sorted(company.teams, key=_place)
    shown = ranked[:_TEAMS_SHOWN]
    blocks = [section(f"*Company*\n{_company_words(company)}", block_id="company")]
    for at in range(0, len(shown), _TEAMS_PER_BLOCK):
        lines = [_team_line(standing) for standing in shown[at : at + _TEAMS_PER_BLOCK]]
        rest = ranked[_TEAMS_SHOWN:]
        if rest and at + _TEAMS_PER_BLOCK >= len(shown):
            total = sum(_spent(standing) for standing in rest)
            lines.append(f"and {counted(len(rest), 'team')} more, with {usd(total)} together")
        blocks.append(section("\n".join(lines), block_id=f"company-teams-{at}"))
    if company.mix is not None and (company.mix.tokens or company.mix.cost_nanos):
        of = company.spend.span
        title = f"In-house vs third-party, {span_words(of)} (vs {before_words(of)})"
        mix = mix_lines(company.mix)
        blocks.append(section(f"*{title}*\n{mix}", block_id="company-mix"))
    moved = _moved(company.teams)
    if moved:
        blocks.append(section(f"*Moved most, last 7 full days*\n{moved}", block_id="company-movers"))
    attention = "\n".join(f"• {line}" for line in _attention(company)) or "Nothing needs attention."
    blocks.append(section(f"*Needs attention*\n{attention}", block_id="company-attention"))
    return [*blocks, *price_blocks(company.prices)]


def _company_words(company: CompanyView) -> str:
    """Returns the company's spend summed over its teams; the organisation's own account holds only unallocated budget."""
    standings = (company.organisation, *company.teams)  # the organisation's own days hold the unattributed usage
    spend = company.spend
    burn = sum(s.forecast.usual_nanos_per_day for s in standings)
    week = sum(s.week_nanos for s in standings)
    change = signed_usd(week - sum(s.week_before_nanos for s in standings))
    reserve = company.organisation.balance.available_nanos
    return (
        f"Spent {cost_words(spend.cost_nanos, has_no_price=spend.has_no_price)} {in_span_words(spend.span)}, "
        f"{usd_round(burn)} a day; {usd(week)} in the last 7 full days ({change}). Unallocated: {usd(reserve)}."
        f"{_beside_usage(company)} Each team's days are those of its own zone."
    )


def _beside_usage(company: CompanyView) -> str:
    """Returns what is charged beside the period's usage: what came late for earlier periods, less credits."""
    charged = sum(_spent(s) for s in (company.organisation, *company.teams))
    beside = charged - company.spend.cost_nanos
    if beside == 0:
        return ""
    return f" Charged for earlier days: {usd(beside)}." if beside > 0 else f" Credited: {usd(-beside)}."


def _team_line(standing: Standing) -> str:
    below = subtree_words(standing).rstrip(".")
    return f"{_own_line(standing)} · {below[0].lower()}{below[1:]}" if below else _own_line(standing)


def _own_line(standing: Standing) -> str:
    balance = standing.balance
    team = name(standing.team.name, limit=40)
    if not has_budget(standing):
        return f"*{team}* {usd(balance.charged_nanos)}, {_no_budget(standing)}"
    if balance.allocated_nanos <= 0:
        kept = "budget handed to its teams" if balance.handed_nanos > 0 else "a budget of $0"
        return f"*{team}* {usd(balance.charged_nanos)}, {kept}"
    bar = progress_bar(balance.charged_nanos, balance.allocated_nanos)
    return f"*{team}* {bar} · {usd(balance.charged_nanos)} of {usd(balance.allocated_nanos)}"


def _spent(standing: Standing) -> int:
    """Returns all that a team spent in the period, also before its budget's first day."""
    return standing.balance.charged_nanos + standing.balance.uncounted_nanos


def _place(standing: Standing) -> tuple[int, int, str]:
    """Returns what teams are listed by: spend with the teams below, and of equal ones those with more teams first."""
    below = standing.subtree
    spent, teams = (0, 0) if below is None else (below.charged_nanos, below.teams)
    return -max(_spent(standing), spent), -teams, standing.team.name


def _no_budget(standing: Standing) -> str:
    team = standing.team
    if team.mode == "announce":
        return "no budget shown"
    if standing.balance.budget == "later" and team.starts_day is not None:
        return f"budget begins on {long_day_text(team.starts_day)}"
    return "no budget declared"


def _moved(standings: Sequence[Standing]) -> str:
    ranked = sorted(standings, key=lambda s: -abs(s.week_nanos - s.week_before_nanos))
    return "\n".join(
        f"• {name(s.team.name, limit=40)} {signed_usd(s.week_nanos - s.week_before_nanos)}, to {usd(s.week_nanos)}"
        for s in ranked[:_MOVERS]
        if s.week_nanos != s.week_before_nanos
    )


def _attention(company: CompanyView) -> list[str]:
    lines = []
    if company.unattributed_nanos:
        lines.append(
            f"{usd(company.unattributed_nanos)} is unattributed: an admin claims its keys, or teams.yml gets a rule for it."
        )
    if company.prices.unpriced:
        calls = counted(sum(unpriced.calls for unpriced in company.prices.unpriced), "call")
        models = counted(len(company.prices.unpriced), "model")
        lines.append(f"{calls} of {models} without a price: set one below, or in teams.yml under `prices`.")
    if company.prices.disagreements:
        lines.append(disagreement_words(company.prices.disagreements))
    lines += [silence_line(source) for source in company.silent_sources[:_NAMES_SHOWN]]
    if len(company.silent_sources) > _NAMES_SHOWN:
        lines.append(f"and {counted(len(company.silent_sources) - _NAMES_SHOWN, 'source')} more that fell silent.")
    lines += source_lines(company)
    lines += [f"{line}." for line in company.caps[:_NAMES_SHOWN]]
    if len(company.caps) > _NAMES_SHOWN:
        lines.append(f"and {counted(len(company.caps) - _NAMES_SHOWN, 'gateway cap')} more that need people.")
    if company.broken_routes:
        lines.append(
            f"Channels that can't be reached: {_names(company.broken_routes)}. Invite the app, or link another."
        )
    lines += [lost_managers_line(lost) for lost in company.lost_managers[:_NAMES_SHOWN]]
    if len(company.lost_managers) > _NAMES_SHOWN:
        lines.append(
            f"and {counted(len(company.lost_managers) - _NAMES_SHOWN, 'team')} more without a reachable manager."
        )
    lines += [drift_line(source, line) for source, line in company.drifts[:_NAMES_SHOWN]]
    if len(company.drifts) > _NAMES_SHOWN:
        lines.append(f"and {counted(len(company.drifts) - _NAMES_SHOWN, 'team')} more that gateways count otherwise.")
    if company.silent_messages:
        lines.append(
            f"{counted(company.silent_messages, 'message')} could not be delivered: `tokens messages` lists them."
        )
    return lines


def _names(names: Sequence[str]) -> str:
    rest = len(names) - _NAMES_SHOWN
    more = f" and {rest:,} more" if rest > 0 else ""
    return ", ".join(name(one, limit=40) for one in names[:_NAMES_SHOWN]) + more
