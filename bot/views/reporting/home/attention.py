"""What the company's books, sources, channels and gateways need, a line each, for admins and finance."""

from collections.abc import Callable, Sequence

from bot.messages import Block
from bot.money import percent, usd
from bot.reporting.concerns import Concern, company_concerns
from bot.reporting.home_places import HomePlace
from bot.reporting.reports import CompanyView
from bot.views.blocks import name, section
from bot.views.costs.prices import disagreement_words
from bot.views.crosschecks.gateways import drift_line
from bot.views.crosschecks.health_alerts import silence_line
from bot.views.crosschecks.sources import cross_check_lines, overlap_lines, quarantine_lines
from bot.views.crosschecks.unread_usage import unread_lines
from bot.views.org.reachability import lost_managers_line
from bot.views.reporting.home.pages import page_blocks, page_words
from bot.views.wording import counted

_PAGE = 6
_ROUTES = 4


def attention_blocks(company: CompanyView, *, place: HomePlace) -> list[Block]:
    """Returns all that needs somebody, page by page; that nothing does, only if nothing does."""
    lines = attention_lines(company)
    if not lines:
        return [section("*Needs attention*\nNothing needs attention.", block_id="company-attention")]
    page = place.page("attention", lines, size=_PAGE)
    listed = "\n".join(f"• {line}" for line in page.shown)
    shown = section(f"*Needs attention*{page_words(page)}\n{listed}", block_id="company-attention")
    return [shown, *page_blocks(page, "attention", what="what needs attention")]


def attention_lines(company: CompanyView) -> list[str]:
    """Returns the lines of each of the company's concerns; a concern has at least one."""
    return [line for concern in company_concerns(company) for line in _LINES[concern.kind](company, concern)]


def _unattributed(company: CompanyView, _: Concern) -> list[str]:
    share = percent(company.unattributed_nanos, company.spend.cost_nanos)
    lead = f"{usd(company.unattributed_nanos)} is unattributed, {share} of the spend"
    return [f"{lead}: an admin claims its keys, or teams.yml gets a rule for it."]


def _unpriced(company: CompanyView, concern: Concern) -> list[str]:
    calls = counted(sum(unpriced.calls for unpriced in company.prices.unpriced), "call")
    models = counted(concern.count, "model")
    return [f"{calls} of {models} without a price: set one below, or in teams.yml under `prices`."]


def _routes(company: CompanyView, _: Concern) -> list[str]:
    rest = len(company.broken_routes) - _ROUTES
    more = f" and {rest:,} more" if rest > 0 else ""
    names = ", ".join(name(one, limit=40) for one in company.broken_routes[:_ROUTES]) + more
    return [f"Channels that can't be reached: {names}. Invite the app, or link another."]


def _undelivered(_: CompanyView, concern: Concern) -> list[str]:
    return [f"{counted(concern.count, 'message')} could not be delivered: `tokens messages` lists them."]


_LINES: dict[str, Callable[[CompanyView, Concern], Sequence[str]]] = {
    "silent": lambda company, _: [silence_line(source) for source in company.silent_sources],
    "routes": _routes,
    "unread": lambda company, _: unread_lines(company.unread),
    "quarantine": lambda company, _: quarantine_lines(company),
    "overlaps": lambda company, _: overlap_lines(company.overlaps),
    "cross_checks": lambda company, _: cross_check_lines(company.cross_checks),
    "failed_caps": lambda company, _: [f"{line}." for line in company.caps],
    "unattributed": _unattributed,
    "unpriced": _unpriced,
    "disagreements": lambda company, _: [disagreement_words(company.prices.disagreements)],
    "lost_managers": lambda company, _: [lost_managers_line(lost) for lost in company.lost_managers],
    "drifts": lambda company, _: [drift_line(source, line) for source, line in company.drifts],
    "undelivered": _undelivered,
}
