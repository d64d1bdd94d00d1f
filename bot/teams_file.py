"""teams.yml: what an operator declares, checked line by line before anything is stored."""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, ValidationError

from bot.money import MAX_AMOUNT_NANOS, nanos_from_decimal
from bot.org.attribution import RULE_KINDS, RuleKind
from bot.org.people import is_email, is_slack_id
from bot.org.teams import RESERVED_SLUGS, Mode, PeopleSetting
from bot.periods import PeriodKind, zone
from bot.refusals import ConfigError

_MAX_BYTES = 4_000_000


def _nanos(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("write an amount in dollars, like 12000 or 99.50")
    try:
        nanos = nanos_from_decimal(str(value).replace(",", "").removeprefix("$"))
    except ValueError as error:
        raise ValueError("write an amount in dollars, like 12000 or 99.50") from error
    if not 0 <= nanos <= MAX_AMOUNT_NANOS:
        raise ValueError("must be between 0 and a billion dollars")
    return nanos


def _zone_name(value: str) -> str:
    try:
        zone(value)
    except (KeyError, ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise ValueError("is not a time zone; write it like Europe/London") from error
    return value


def _person(value: str) -> str:
    if is_email(value):
        return value.strip().casefold()
    if is_slack_id(value):
        return value
    raise ValueError("name a person by e-mail or Slack id (U…)")


def _manager(value: str) -> str:
    if value.startswith("S") and value[1:].isalnum() and value.isupper():
        return value
    return _person(value)


def _rate_pico(value: Any) -> int:
    """Pico-dollars per token of dollars per million tokens: the same number, a million times."""
    return int((Decimal(_nanos(value)) / 1000).to_integral_value())


Nanos = Annotated[int, PlainValidator(_nanos)]
PicoRate = Annotated[int, PlainValidator(_rate_pico)]
ZoneName = Annotated[str, AfterValidator(_zone_name)]
PersonRef = Annotated[str, AfterValidator(_person)]
ManagerRef = Annotated[str, AfterValidator(_manager)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")]
Percent = Annotated[int, Field(ge=1, le=1000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


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


class BudgetFile(_Strict):
    amount: Nanos
    thresholds: list[Percent] = [80, 100]
    starts: date | None = None
    carry_forward: Annotated[int, Field(ge=0, le=100)] = 0
    period: PeriodKind | None = None


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
        """The one thing that this line matches, `service` being a workflow's other name."""
        ((kind, pattern),) = self.matches.items()
        return _KIND_OF[kind], pattern

    @property
    def matches(self) -> dict[str, str]:
        """What the line gives a pattern for."""
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
    match: dict[str, str] = {}
    priority: Literal["protected", "normal", "deferrable"] = "normal"


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


class ApprovalFile(_Strict):
    up_to: Nanos | None = None
    auto: bool = False
    per_period: int | None = None
    by: Literal["team_manager", "finance"] | None = None


class EmergencyFile(_Strict):
    up_to: Nanos
    per_person_per_period: int = 1
    lasts_hours: int = 12


class PolicyFile(_Strict):
    approvals: list[ApprovalFile] = []
    emergency: EmergencyFile | None = None
    remind_after_hours: float | None = None
    escalate_after_hours: float | None = None


class TeamsFile(_Strict):
    """A whole teams.yml."""

    organisation: OrganisationFile
    teams: list[TeamFile] = []
    attribution: list[AttributionFile] = []
    tools: list[ToolFile] = []
    workflows: list[WorkflowFile] = []
    models: list[ModelFile] = []
    prices: list[PriceFile] = []
    policy: PolicyFile = PolicyFile()

    def not_applied_yet(self) -> list[str]:
        """What is stored for later versions and changes nothing in this one, a line each."""
        said = []
        if any(t.budget and t.budget.carry_forward for t in self.teams):
            said.append("budget.carry_forward: unspent budget does not carry over yet")
        if any(m.startswith("S") and not is_email(m) for t in self.teams for m in t.managers):
            said.append("managers: user groups (S…) are not looked up yet; name people")
        if self.workflows:
            said.append("workflows: matches and priorities are not used yet")
        if any(rule.auto for rule in self.policy.approvals):
            said.append("policy.approvals: `auto` approves nothing by itself yet; managers decide")
        if self.policy.emergency:
            said.append("policy.emergency: emergency grants are not made yet")
        if self.policy.remind_after_hours or self.policy.escalate_after_hours:
            said.append("policy: waiting requests are not reminded of or escalated yet")
        if self.organisation.people == "managers":
            said.append(
                "organisation.people: managers see people in the details of a spike alone; everybody sees their own"
            )
        return said


def read_teams_file(text: str) -> TeamsFile:
    """Reads and checks a teams.yml. Raises ConfigError with a line a fault, each naming its field."""
    if len(text) > _MAX_BYTES:
        raise ConfigError("The file is over 4 MB.")
    try:
        loaded = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(
            f"The file is not YAML: {str(error).splitlines()[0] if str(error) else 'nested too deeply'}"
        ) from error
    if not isinstance(loaded, dict):
        raise ConfigError("The file needs `organisation:` and `teams:`.")
    try:
        found = TeamsFile.model_validate(loaded)
    except ValidationError as error:
        lines = [f"{_path(e['loc'], loaded)}: {_error_text(e)}" for e in error.errors()]
        raise ConfigError("\n".join(dict.fromkeys(lines))) from error
    faults = [*_team_faults(found), *_rule_faults(found)]
    if faults:
        raise ConfigError("\n".join(faults))
    return found


def _error_text(error: Any) -> str:
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "extra_forbidden":
        return "is no field of this file; is it spelled right?"
    return str(error["msg"]).removeprefix("Value error, ")


def _path(location: tuple[int | str, ...], loaded: Any) -> str:
    """`teams[search].budget.amount`: list items by their slug or name where they have one, as people find them."""
    text, at = "", loaded
    for part in location:
        try:
            at = at[part]
        except (KeyError, IndexError, TypeError):
            at = None
        if isinstance(part, int):
            label = at.get("slug") or at.get("name") or at.get("alias") if isinstance(at, dict) else None
            text += f"[{label or part}]"
        else:
            text += f".{part}" if text else part
    return text


def _team_faults(found: TeamsFile) -> list[str]:
    faults = []
    slugs = Counter(t.slug for t in found.teams)
    parents = {t.slug: t.parent for t in found.teams}
    faults += [
        f"teams[{slug}].slug: {count} teams have it; it must be unique" for slug, count in slugs.items() if count > 1
    ]
    channels = Counter(t.channel for t in found.teams if t.channel)
    faults += [
        f"teams: {count} teams have the channel {c}; each needs its own" for c, count in channels.items() if count > 1
    ]
    for team in found.teams:
        if team.slug in RESERVED_SLUGS:
            faults.append(f"teams[{team.slug}].slug: is reserved")
        if team.parent is not None and team.parent not in parents:
            faults.append(f"teams[{team.slug}].parent: there is no team {team.parent}")
        if team.budget and team.budget.period not in (None, found.organisation.period):
            faults.append(
                f"teams[{team.slug}].budget.period: must be its parent's, {found.organisation.period}, "
                "because its budget comes out of its parent's"
            )
        seen, at = set(), team.slug
        while (above := parents.get(at)) is not None:
            if above in seen or above == team.slug:
                faults.append(f"teams[{team.slug}].parent: is below itself")
                break
            seen.add(above)
            at = above
    return faults


def _rule_faults(found: TeamsFile) -> list[str]:
    faults = []
    slugs = {t.slug for t in found.teams}
    for index, rule in enumerate(found.attribution):
        if len(rule.matches) != 1:
            faults.append(
                f"attribution[{index}]: needs one of credential, gateway_team, workflow, service, tag or user"
            )
        if rule.team not in slugs:
            faults.append(f"attribution[{index}].team: there is no team {rule.team}")
    lines = Counter((line.alias.casefold(), line.from_) for line in found.models)
    faults += [
        f"models[{alias}]: is there {count} times; a name means one model"
        for (alias, _), count in lines.items()
        if count > 1
    ]
    for line in found.models:
        if any(c in line.model for c in "*?["):
            faults.append(f"models[{line.alias}].model: name one model; only `alias` may be a pattern")
        if not line.alias.strip("*? "):
            faults.append(f"models[{line.alias}].alias: would stand for every model")
    for index, price in enumerate(found.prices):
        if price.model is None and price.provider is None:
            faults.append(f"prices[{index}]: needs a model or a provider")
        if price.discount is None and price.input_per_mtok is None and price.output_per_mtok is None:
            faults.append(f"prices[{index}]: needs input_per_mtok and output_per_mtok, or a discount")
    return faults
