"""What needs somebody: the reasons why a Home does not say that all is well, the most urgent first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.books.budgets import Standing
from bot.periods import local_day
from bot.reporting.reports import CompanyView, Home

SMALL_PERCENT = 1
"""Up to this share of the spend may be unattributed, and of the tokens unpriced, without being a concern."""

ConcernKind = Literal[
    "requests",
    "caps",
    "alerts",
    "spent_out",
    "running_out",
    "silent",
    "routes",
    "unread",
    "quarantine",
    "overlaps",
    "cross_checks",
    "failed_caps",
    "unattributed",
    "unpriced",
    "disagreements",
    "lost_managers",
    "drifts",
    "undelivered",
]


@dataclass(frozen=True, kw_only=True)
class Concern:
    """One reason, how often it holds, and the budgets that it is about."""

    kind: ConcernKind
    count: int
    standings: tuple[Standing, ...] = ()


def concerns_of(home: Home) -> list[Concern]:
    """Returns what needs a person, as far as they may see it: their own decisions, their teams, and the company."""
    standings = {s.team.id: s for s in (*home.standings, *(home.company.teams if home.company else ()))}
    governed = [s for s in standings.values() if shows_budget(s)]
    gone = [s for s in governed if is_spent_out(s)]
    ending = [s for s in governed if runs_out(s)]
    own = [
        Concern(kind="requests", count=len(home.approvals)),
        Concern(kind="caps", count=len(home.cap_conflicts)),
        Concern(kind="alerts", count=len(home.alerts)),
        Concern(kind="spent_out", count=len(gone), standings=_worst_first(gone)),
        Concern(kind="running_out", count=len(ending), standings=_soonest_first(ending)),
    ]
    company = company_concerns(home.company) if home.company else []
    return [concern for concern in (*own, *company) if concern.count]


def company_concerns(company: CompanyView) -> list[Concern]:
    """Returns what the company's figures, sources, channels and gateways need."""
    counts: dict[ConcernKind, int] = {
        "silent": len(company.silent_sources),
        "routes": len(company.broken_routes),
        "unread": len(company.unread),
        "quarantine": sum(share.rows for share in company.quarantined) + company.not_kept,
        "overlaps": len(company.overlaps),
        "cross_checks": len(company.cross_checks),
        "failed_caps": len(company.caps),
        "unattributed": int(is_much_unattributed(company)),
        "unpriced": len(company.prices.unpriced) if is_much_unpriced(company) else 0,
        "disagreements": len(company.prices.disagreements),
        "lost_managers": len(company.lost_managers),
        "drifts": len(company.drifts),
        "undelivered": company.silent_messages,
    }
    return [Concern(kind=kind, count=count) for kind, count in counts.items() if count]


def is_much_unattributed(company: CompanyView) -> bool:
    """Returns whether more than a small share of the period's spend belongs to no team."""
    return company.unattributed_nanos * 100 > company.spend.cost_nanos * SMALL_PERCENT


def is_much_unpriced(company: CompanyView) -> bool:
    """Returns whether more than a small share of the period's tokens has no price."""
    tokens = sum(model.tokens for model in company.prices.unpriced)
    return tokens * 100 > company.spend.tokens * SMALL_PERCENT


def spent_of(standing: Standing) -> int:
    """Returns all that a team spent in the period, also before its budget's first day."""
    return standing.balance.charged_nanos + standing.balance.uncounted_nanos


def shows_budget(standing: Standing) -> bool:
    """Returns whether a team has a budget, of $0 or more, and a mode that shows budgets."""
    return standing.team.kind == "team" and standing.team.mode != "announce" and standing.balance.budget == "set"


def is_spent_out(standing: Standing) -> bool:
    """Returns whether a team spent, and nothing is left."""
    return standing.balance.left_nanos <= 0 < standing.balance.charged_nanos


def runs_out(standing: Standing) -> bool:
    """Returns whether what is left ends before the period does, at the usual pace or at that of now."""
    return standing.balance.left_nanos > 0 and run_out_day(standing) is not None


def run_out_day(standing: Standing) -> int | None:
    """Returns the day on which a budget runs out: at the pace of now where that is far above the usual, else as expected."""
    forecast = standing.forecast
    if forecast.pace is not None and forecast.pace.run_out_at is not None:
        return local_day(forecast.pace.run_out_at, standing.zone)
    return forecast.run_out_day if forecast.is_known else None


def _worst_first(standings: Sequence[Standing]) -> tuple[Standing, ...]:
    return tuple(sorted(standings, key=lambda s: (s.balance.left_nanos, s.team.name)))


def _soonest_first(standings: Sequence[Standing]) -> tuple[Standing, ...]:
    return tuple(sorted(standings, key=lambda s: (run_out_day(s) or 0, s.team.name)))
