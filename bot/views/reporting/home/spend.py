"""The company's spend on the Home of admins and finance: total, teams as a tree of bars, movers, and the mix of tools."""

from collections.abc import Sequence

from bot.books.budgets import Standing
from bot.messages import Block
from bot.money import percent, usd, usd_round
from bot.reporting.concerns import spent_of
from bot.reporting.home_places import HomePlace
from bot.reporting.reports import CompanyView
from bot.views.bars import Bar, bar_lines
from bot.views.blocks import name, preformatted, section
from bot.views.reporting.home.pages import page_blocks, page_words
from bot.views.reporting.home.teams import budget_note, team_bar
from bot.views.reporting.mix import mix_lines
from bot.views.wording import before_words, cost_words, in_span_words, last_day_text, signed_usd, span_words

_PAGE = 12
_MOVERS = 3


def spend_blocks(company: CompanyView, *, place: HomePlace) -> list[Block]:
    """Returns the company's figures. The lines of the first level add up to the total."""
    rows = tree_rows(company)
    page = place.page("company", rows, size=_PAGE)
    blocks = [section(f"*Company*\n{_words(company)}", block_id="company", fields=_fields(company))]
    if rows:
        title = f"*Teams by spend*{page_words(page)}\nA team's line includes the teams below it."
        if all(row.depth == 0 for row in rows):
            title = title.partition("\n")[0]
        blocks += [
            section(title, block_id="company-teams"),
            preformatted(bar_lines(page.shown), block_id="company-teams-bars"),
            *page_blocks(page, "company", what="teams by spend"),
        ]
    if company.mix is not None and (company.mix.tokens or company.mix.cost_nanos):
        of = company.spend.span
        title = f"In-house vs third-party, {span_words(of)} (vs {before_words(of)})"
        blocks.append(section(f"*{title}*\n{mix_lines(company.mix)}", block_id="company-mix"))
    moved = _moved(company.teams)
    if moved:
        blocks.append(section(f"*Moved most, last 7 full days*\n{moved}", block_id="company-movers"))
    return blocks


def charged_of(company: CompanyView) -> int:
    """Returns what the books charge to all teams, and to the organisation for unattributed usage."""
    return sum(spent_of(s) for s in (company.organisation, *company.teams))


def _words(company: CompanyView) -> str:
    """Returns the company's spend over its teams' own days; the organisation's own days hold the unattributed usage."""
    standings, spend = (company.organisation, *company.teams), company.spend
    burn = sum(s.forecast.usual_nanos_per_day for s in standings)
    week = sum(s.week_nanos for s in standings)
    change = signed_usd(week - sum(s.week_before_nanos for s in standings))
    return (
        f"Spent {cost_words(spend.cost_nanos, has_no_price=spend.has_no_price)} {in_span_words(spend.span)}, "
        f"{usd_round(burn)} a day; {usd(week)} in the last 7 full days ({change}).{_beside_usage(company)} "
        "Each team's days are those of its own zone."
    )


def _beside_usage(company: CompanyView) -> str:
    """Returns what is charged beside the period's usage: what came late for earlier periods, less credits."""
    beside = charged_of(company) - company.spend.cost_nanos
    if beside == 0:
        return ""
    return f" Charged for earlier days: {usd(beside)}." if beside > 0 else f" Credited: {usd(-beside)}."


def _fields(company: CompanyView) -> list[str]:
    organisation, spent, spend = company.organisation, charged_of(company), company.spend
    given = sum(s.balance.allocated_nanos for s in company.teams) + organisation.balance.allocated_nanos
    end = sum(s.forecast.end_nanos + s.balance.uncounted_nanos for s in company.teams) + organisation.forecast.end_nanos
    nobody = percent(company.unattributed_nanos, spend.cost_nanos)
    fields = [
        f"*Forecast for {last_day_text(organisation.period)}*\n{usd_round(end)}",
        f"*Unallocated*\n{usd(organisation.balance.available_nanos)}",
        f"*Unattributed*\n{usd(company.unattributed_nanos)}" + (f" ({nobody})" if company.unattributed_nanos else ""),
    ]
    if given > 0:
        fields.insert(0, f"*Budget*\n{usd_round(given)}, {percent(spent, given)} spent")
    return fields


def tree_rows(company: CompanyView) -> list[Bar]:
    """Returns a line per team with all below it: the largest first, each followed by those below it; then what no team
    spent."""
    standings = {s.team.id: s for s in company.teams}
    below: dict[int | None, list[Standing]] = {}
    for standing in company.teams:
        above = standing.team.parent_id if standing.team.parent_id in standings else None
        below.setdefault(above, []).append(standing)
    sums: dict[int, tuple[int, int]] = {}

    def add_up(standing: Standing) -> tuple[int, int]:
        spent, given = spent_of(standing), team_bar(standing).whole_nanos or 0
        for child in below.get(standing.team.id, ()):
            more_spent, more_given = add_up(child)
            spent, given = spent + more_spent, given + more_given
        sums[standing.team.id] = (spent, given)
        return spent, given

    rows: list[Bar] = []

    def list_below(parent: int | None, depth: int) -> None:
        for standing in sorted(below.get(parent, ()), key=lambda s: (-sums[s.team.id][0], s.team.name)):
            spent, given = sums[standing.team.id]
            note = "" if given else budget_note(standing)
            rows.append(
                Bar(
                    name=standing.team.name,
                    used_nanos=spent,
                    whole_nanos=given or None,
                    depth=depth,
                    note=note,
                    has_no_price=spent == 0 and standing.has_no_price,
                )
            )
            list_below(standing.team.id, depth + 1)

    for standing in below.get(None, ()):
        add_up(standing)
    list_below(None, 0)
    if nobody := spent_of(company.organisation):
        rows.append(Bar(name="Unattributed", used_nanos=nobody, whole_nanos=None))
    return rows


def _moved(standings: Sequence[Standing]) -> str:
    ranked = sorted(standings, key=lambda s: -abs(s.week_nanos - s.week_before_nanos))
    shown = [s for s in ranked[:_MOVERS] if s.week_nanos != s.week_before_nanos]
    return "\n".join(
        f"• {name(s.team.name, limit=40)} {signed_usd(s.week_nanos - s.week_before_nanos)}, to {usd(s.week_nanos)}"
        for s in shown
    )
