"""Figures for people: one person's own use, and the parts of Home."""

from dataclasses import dataclass

from bot.alerting.alert_quality import AlertQuality
from bot.books.budgets import Standing
from bot.books.forecasts import Forecast
from bot.costs.comparisons import PriceDisagreement
from bot.costs.prices import Repricing, UnpricedModel
from bot.crosschecks.gateway_caps import ShownCap
from bot.crosschecks.gateways import DriftLine
from bot.crosschecks.observations import CrossCheck
from bot.crosschecks.producers import UnreadView
from bot.intake.quarantine import QuarantineShare
from bot.org.attribution import UnattributedKey
from bot.org.people import UnmatchedPerson
from bot.org.reachability import LostManagers
from bot.org.teams import Team
from bot.reporting.figures import Share, Spend
from bot.reporting.home_places import FIRST_PAGES, HomePlace
from bot.reporting.mix import ToolMix
from bot.reporting.subtree_reports import MixWeek, SubtreeBudget
from bot.requests.budget_requests import BudgetRequest


@dataclass(frozen=True, kw_only=True)
class PersonUse:
    """A person's own use in nano-dollars and tokens: today, the last 7 full days, and the month so far with its parts."""

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
    """(mention, moment) of the people who last looked at these figures, newest first."""
    last_month_nanos: int = 0
    last_month_so_far_nanos: int = 0
    """The spend of the same days of the last month as there have been of this one."""
    last_month: str = ""
    """The name of the last month, `2026-10`."""
    days: tuple[int, ...] = ()
    """Nano-dollars of each of the last 14 days, today last."""

    @property
    def has_no_price(self) -> bool:
        """Returns whether nothing is known of the month's cost: its usage lacks a price."""
        return self.month_nanos == 0 and any(share.unpriced_tokens for share in self.tools)


@dataclass(frozen=True, kw_only=True)
class PendingRequest:
    """A pending request with the names on its card."""

    request: BudgetRequest
    team: Team
    asker_mention: str
    payer_name: str
    cap_name: str = ""
    """Whose cap the request is for, in mrkdwn: a mention, or the escaped name of a part or a key."""


@dataclass(frozen=True, kw_only=True)
class OverlapView:
    """Two overlapping metering sources: twins among the smaller one's calls, their cost, and the minutes compared."""

    smaller: str
    larger: str
    twins: int
    calls: int
    cost_nanos: int
    minutes: int


@dataclass(frozen=True, kw_only=True)
class SilentSource:
    """A silent source: the silence's start, its end, and whether its keys were revoked. Moments are in microseconds."""

    name: str
    role: str
    since: int
    heard_at: int | None
    is_revoked: bool


@dataclass(frozen=True, kw_only=True)
class UnattributedView:
    """Unattributed usage and unknown people of the last month, by cost, highest first.

    `may_claim` is whether the viewer may claim keys. `hides_people` is whether figures of people named by e-mail are
    private.
    """

    keys: tuple[UnattributedKey, ...]
    people: tuple[UnmatchedPerson, ...]
    may_claim: bool
    hides_people: bool


@dataclass(frozen=True, kw_only=True)
class PricesView:
    """Prices on an admin's Home: unpriced models, current repricings, and models whose price differs materially from the
    sender's.
    """

    unpriced: tuple[UnpricedModel, ...]
    repricings: tuple[Repricing, ...]
    disagreements: tuple[PriceDisagreement, ...]


@dataclass(frozen=True, kw_only=True)
class CompanyHealth:
    """The sources with a key in force, the gateways that follow the books, and their caps."""

    sources: int
    gateways: int
    caps: int
    caps_set: int


@dataclass(frozen=True, kw_only=True)
class CompanyView:
    """The company on the Home of admins and finance: its standing, and everything that needs attention.

    `teams` are those whose figures the viewer may see: `hidden_teams` are in preview. In preview of the whole company
    only finance has `shows_figures`.
    """

    organisation: Standing
    teams: tuple[Standing, ...]
    spend: Spend
    """The period so far, summed over all teams' own days and unattributed usage."""
    unattributed_nanos: int
    prices: PricesView
    quarantined: tuple[QuarantineShare, ...]
    not_kept: int
    """Rows that did not fit into quarantine."""
    cross_checks: tuple[CrossCheck, ...]
    """Models with more observed than booked usage."""
    overlaps: tuple[OverlapView, ...]
    broken_routes: tuple[str, ...]
    silent_messages: int
    unattributed: UnattributedView
    drifts: tuple[tuple[str, DriftLine], ...] = ()
    """(source, gateway team) whose gateway and booked figures differ."""
    silent_sources: tuple[SilentSource, ...] = ()
    unread: tuple[UnreadView, ...] = ()
    """Usage that no rule books."""
    lost_managers: tuple[LostManagers, ...] = ()
    caps: tuple[str, ...] = ()
    """Caps at gateways that don't follow and need people, a line each, in mrkdwn."""
    mix: ToolMix | None = None
    """The period so far, compared with the same days of the last one."""
    budget: SubtreeBudget | None = None
    """The budgets of all teams and what none has; None where there is none."""
    forecast: Forecast | None = None
    weeks: tuple[MixWeek, ...] = ()
    """The last eight closed weeks by kind of tool, oldest first."""
    health: CompanyHealth | None = None
    hidden_teams: int = 0
    shows_figures: bool = True


@dataclass(frozen=True, kw_only=True)
class OpenAlert:
    """A running alert that nobody has answered, with the text of its message in mrkdwn. `may_mute` is whether the viewer may
    say that it was planned, or snooze it."""

    alert_id: int
    kind: str
    team: Team
    text: str
    opened_at: int
    may_mute: bool = True


@dataclass(frozen=True, kw_only=True)
class Home:
    """Everything on a person's Home, most relevant first."""

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
    cap_conflicts: tuple[tuple[ShownCap, Team], ...] = ()
    """Caps changed by hand at a gateway that the person may choose about."""
    managed_alerts: tuple[tuple[Team, AlertQuality], ...] = ()
    """The alert quality of each team that the person manages."""
    company_alerts: tuple[AlertQuality, tuple[tuple[Team, AlertQuality], ...]] | None = None
    """The alert quality of all teams, and of the noisy ones, for people who see the company."""
    decision_times: tuple[str, ...] = ()
    """How long decisions take, in mrkdwn, for managers and finance."""
    alerts: tuple[OpenAlert, ...] = ()
    """The alerts without an answer of the teams that the person may see, the most severe first."""
    place: HomePlace = FIRST_PAGES
