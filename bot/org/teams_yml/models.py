"""The sections of teams.yml as frozen models."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from bot.org.attribution_rules import RULE_KINDS, RuleKind
from bot.org.people import is_email
from bot.org.spread_rules import NOT_SPREAD
from bot.org.teams import Mode, PeopleSetting
from bot.org.teams_yml.attendance import CalendarName, DaysOff, TeamDayOff
from bot.org.teams_yml.budgets import STRICT, BudgetFile
from bot.org.teams_yml.fields import ManagerRef, MonthAndDay, Name, Nanos, PersonRef, PicoRate, Slug, Spread, ZoneName
from bot.org.teams_yml.gateways import GatewayFile
from bot.org.teams_yml.policies import PolicyFile
from bot.org.workflows import MatchedLabel, Priority
from bot.periods import PeriodKind


class _Strict(BaseModel):
    model_config = STRICT


class ChargebackFile(_Strict):
    unattributed: Spread = NOT_SPREAD


class OrganisationFile(_Strict):
    name: Name
    currency: Literal["USD"] = "USD"
    timezone: ZoneName = "UTC"
    period: PeriodKind = "month"
    funding: Nanos | None = None
    mode: Mode = "govern"
    people: PeopleSetting = "self"
    finance: list[PersonRef] = []
    admins: list[PersonRef] = []
    fiscal_year_starts: MonthAndDay = "01-01"
    close_after_days: Annotated[int, Field(ge=0, le=90)] = 0
    chargeback: ChargebackFile = ChargebackFile()
    days_off: DaysOff = []
    calendars: dict[CalendarName, DaysOff] = {}


class TeamFile(_Strict):
    slug: Slug
    name: Name
    parent: Slug | None = None
    channel: Annotated[str, Field(max_length=80)] = ""
    managers: list[ManagerRef] = []
    members: list[PersonRef] = []
    timezone: ZoneName | None = None
    cost_center: Annotated[str, Field(max_length=80)] = ""
    budget: BudgetFile | None = None
    mode: Mode | None = None
    moved: date | None = None
    renamed_from: Slug | None = None
    merged_into: Slug | None = None
    closed: date | None = None
    shared: Spread = NOT_SPREAD
    days_off: list[TeamDayOff] = []


class AttributionFile(_Strict):
    team: Slug
    credential: str | None = None
    gateway_team: str | None = None
    workflow: str | None = None
    service: str | None = None
    tag: str | None = None
    user: str | None = None
    from_: date | None = Field(default=None, alias="from")

    def kind_and_pattern(self) -> tuple[RuleKind, str]:
        """Returns the kind and pattern of the line; `service` is an alias of `workflow`."""
        ((kind, pattern),) = self.matches.items()
        return _KIND_OF[kind], pattern

    @property
    def matches(self) -> dict[str, str]:
        """Returns the patterns that the line gives, by kind."""
        return {kind: value for kind in _KIND_OF if (value := getattr(self, kind))}


_KIND_OF: dict[str, RuleKind] = {kind: kind for kind in RULE_KINDS} | {"service": "workflow"}


class ToolMatch(_Strict):
    model: str | None = None
    user_agent: str | None = None
    api_base: str | None = None


class ToolFile(_Strict):
    name: Name
    kind: Literal["in_house", "third_party"]
    match: ToolMatch = ToolMatch()


class WorkflowFile(_Strict):
    name: Name
    match: dict[MatchedLabel, Annotated[str, Field(min_length=1, max_length=200)]] = {}
    priority: Priority = "normal"


class ModelFile(_Strict):
    alias: Name
    model: Name
    from_: date | None = Field(default=None, alias="from")


class PriceFile(_Strict):
    model: str | None = None
    provider: str | None = None
    from_: date | None = Field(default=None, alias="from")
    input_per_mtok: PicoRate | None = None
    output_per_mtok: PicoRate | None = None
    cache_read_per_mtok: PicoRate | None = None
    cache_write_5m_per_mtok: PicoRate | None = None
    cache_write_1h_per_mtok: PicoRate | None = None
    discount: Annotated[Decimal, Field(ge=0, le=1)] | None = None


class TeamsFile(_Strict):
    """A whole teams.yml."""

    organisation: OrganisationFile
    teams: list[TeamFile] = []
    attribution: list[AttributionFile] = []
    tools: list[ToolFile] = []
    workflows: list[WorkflowFile] = []
    models: list[ModelFile] = []
    prices: list[PriceFile] = []
    gateways: list[GatewayFile] = []
    policy: PolicyFile = PolicyFile()

    def not_applied_yet(self) -> list[str]:
        """Returns one line per setting that is stored but has no effect in this version."""
        lines = []
        if any(m.startswith("S") and not is_email(m) for t in self.teams for m in t.managers):
            lines.append("managers: user groups (S…) are not looked up yet; name people")
        if self.organisation.people == "managers":
            lines.append(
                "organisation.people: managers see people in the details of a spike alone; everybody sees their own"
            )
        return lines
