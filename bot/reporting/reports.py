"""What people ask about use: one person's own, and the figures of a Home."""

from dataclasses import dataclass

from bot.alerting.alert_quality import AlertQuality
from bot.books.budgets import Standing
from bot.costs.prices import PriceDisagreement, Repricing, UnpricedModel
from bot.crosschecks.gateways import DriftLine
from bot.crosschecks.observations import CrossCheck
from bot.intake.quarantine import QuarantineShare
from bot.org.attribution import UnattributedKey
from bot.org.people import UnmatchedPerson
from bot.org.teams import Team
from bot.reporting.digests import Share
from bot.reporting.mix import ToolMix
from bot.requests.budget_requests import BudgetRequest


@dataclass(frozen=True, kw_only=True)
class PersonUse:
    """Somebody's own use, in nano-dollars and tokens: today, the last seven days, and the month so far with its parts."""

    today_nanos: int
    week_nanos: int
    month_nanos: int
    month_tokens: int
    month_calls: int
    notional_nanos: int
    tools: tuple[Share, ...]
    models: tuple[Share, ...]
    teams: tuple[str, ...]
    looks: tuple[tuple[str, int], ...] = ()
    """(mention, moment) of those who looked at these figures last, the newest first."""


@dataclass(frozen=True, kw_only=True)
class PendingRequest:
    """A waiting request with the names that its card shows."""

    request: BudgetRequest
    team: Team
    asker_mention: str
    payer_name: str


@dataclass(frozen=True, kw_only=True)
class OverlapView:
    """Two metering sources that seem to report the same calls: how many of the smaller one's have a twin in the larger one,
    what these cost, over how many minutes."""

    smaller: str
    larger: str
    twins: int
    calls: int
    cost_nanos: int
    minutes: int


@dataclass(frozen=True, kw_only=True)
class SilentSource:
    """A source that fell silent: since when, and when it was heard again or that its keys were revoked. Moments in
    microseconds."""

    name: str
    role: str
    since: int
    heard_at: int | None
    is_revoked: bool


@dataclass(frozen=True, kw_only=True)
class UnattributedView:
    """Usage of the last month whose team or person nobody knows, the dearest first. `may_claim` is whether the viewer
    may say whose a key is; `hides_people` whether figures of somebody named by e-mail are for that person alone."""

    keys: tuple[UnattributedKey, ...]
    people: tuple[UnmatchedPerson, ...]
    may_claim: bool
    hides_people: bool


@dataclass(frozen=True, kw_only=True)
class PricesView:
    """What admins and finance see of prices: models without one, those being priced again or just done, and the models on
    whose price senders and we disagree materially, the most first."""

    unpriced: tuple[UnpricedModel, ...]
    repricings: tuple[Repricing, ...]
    disagreements: tuple[PriceDisagreement, ...]


@dataclass(frozen=True, kw_only=True)
class CompanyView:
    """What managers of the whole and finance see: the company's standing and what needs somebody's attention."""

    organisation: Standing
    teams: tuple[Standing, ...]
    unattributed_nanos: int
    prices: PricesView
    quarantined: tuple[QuarantineShare, ...]
    not_kept: int
    """Rows that there was no room for in quarantine."""
    cross_checks: tuple[CrossCheck, ...]
    """Models of which an observing source saw more than was booked."""
    overlaps: tuple[OverlapView, ...]
    broken_routes: tuple[str, ...]
    silent_messages: int
    unattributed: UnattributedView
    drifts: tuple[tuple[str, DriftLine], ...] = ()
    """(source, gateway's team) of which a gateway and the books say different things."""
    silent_sources: tuple[SilentSource, ...] = ()
    mix: ToolMix | None = None
    """Of the period so far, against the same days of the last one."""


@dataclass(frozen=True, kw_only=True)
class Home:
    """Everything on a person's Home, the most relevant first."""

    is_outsider: bool
    use: PersonUse
    standings: tuple[Standing, ...]
    approvals: tuple[PendingRequest, ...]
    own_requests: tuple[tuple[BudgetRequest, str], ...]
    """(request, team name)"""
    company: CompanyView | None
    in_preview: bool
    now: int
    command: str
    managed_alerts: tuple[tuple[Team, AlertQuality], ...] = ()
    """What came of the alerts of each team that the person manages."""
    company_alerts: tuple[AlertQuality, tuple[tuple[Team, AlertQuality], ...]] | None = None
    """The same of all teams, and of those whose alerts are noise; for those who see the company."""
