"""The policy of budget requests in teams.yml: who approves what, and emergency grants."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, PlainValidator, model_validator

from bot.org.people import is_email
from bot.org.teams_yml.attendance import AwayFile, WorkingHoursText
from bot.org.teams_yml.budgets import STRICT
from bot.org.teams_yml.fields import Nanos, read_person

ROLES = ("team_manager", "parent_manager", "finance", "admins")
CAP_KINDS = ("team", "workflow", "tool", "member", "key")
_WHO = f"write {', '.join(ROLES)}, or people like [ben@acme.test, mia@acme.test]"
_MAX_DAYS = 366


class _Strict(BaseModel):
    model_config = STRICT


def _by(value: Any) -> str | list[str]:
    """Reads who decides: a role, or a list of people."""
    if isinstance(value, str) and value in ROLES:
        return value
    if isinstance(value, str) and is_email(value):
        value = [value]
    if not isinstance(value, list) or not value or not all(isinstance(person, str) for person in value):
        raise ValueError(_WHO)
    if any(person in ROLES for person in value):
        raise ValueError(f"a list names people; for roles write all_of: [{', '.join(map(str, value))}]")
    return list(dict.fromkeys(read_person(person) for person in value))


def _all_of(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) < 2 or not all(role in ROLES for role in value):
        raise ValueError(f"write two or more of {', '.join(ROLES)}, like [team_manager, finance]")
    if len(set(value)) < len(value):
        raise ValueError("names one role twice; for several people of a role write `by` and `quorum`")
    return value


def _share(value: Any) -> int:
    """Reads a share of the team's budget, `"20%"`."""
    text = value.strip().removesuffix("%").strip() if isinstance(value, str) else ""
    if not (isinstance(value, str) and value.strip().endswith("%") and text.isascii() and text.isdigit()):
        raise ValueError('write a percent of the team\'s budget, like "20%"')
    if not 1 <= int(text[:6]) <= 1_000:
        raise ValueError("must be between 1% and 1000%")
    return int(text)


def _stored_share(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000 else _share(value)


def _lasts(value: Any) -> str | int:
    """Reads how long the budget may last: `period`, `open`, or a number of days."""
    if value in ("period", "open") and isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("write period, open, or a number of days like 7")
    if not 1 <= value <= _MAX_DAYS:
        raise ValueError(f"must be between 1 and {_MAX_DAYS} days; for longer write open")
    return value


def _slugs(value: Any) -> list[str]:
    slugs = [value] if isinstance(value, str) else value
    if not isinstance(slugs, list) or not slugs or not all(isinstance(slug, str) for slug in slugs):
        raise ValueError("write a team's slug, or several like [search, mobile]")
    return list(dict.fromkeys(slugs))


def _cap_kinds(value: Any) -> list[str]:
    kinds = [value] if isinstance(value, str) else value
    if not isinstance(kinds, list) or not kinds or not all(kind in CAP_KINDS for kind in kinds):
        raise ValueError(f"write whose cap it is for: {', '.join(CAP_KINDS)}")
    return list(dict.fromkeys(kinds))


class ApprovalFile(_Strict):
    """One line of `policy.approvals`. The first line that fits a request decides it."""

    up_to: Nanos | None = None
    share: Annotated[int, PlainValidator(_stored_share)] | None = None
    tool_kind: Literal["in_house", "third_party"] | None = None
    lasts: Annotated[str | int, PlainValidator(_lasts)] | None = None
    team: Annotated[list[str], PlainValidator(_slugs)] | None = None
    cap: Annotated[list[str], PlainValidator(_cap_kinds)] | None = None
    by: Annotated[str | list[str], PlainValidator(_by)] | None = None
    quorum: Annotated[int, Field(ge=1, le=20)] = 1
    all_of: Annotated[list[str], PlainValidator(_all_of)] | None = None
    auto: bool = False
    per_period: Annotated[int, Field(ge=1, le=1_000)] | None = None
    per_person_up_to: Nanos | None = None
    per_team_up_to: Nanos | None = None

    @model_validator(mode="after")
    def _says_who(self) -> "ApprovalFile":
        if self.by is None and self.all_of is None and not self.auto:
            raise ValueError(f"says nobody: add by ({', '.join(ROLES)}, or people), all_of, or auto: true")
        if self.by is not None and self.all_of is not None:
            raise ValueError("has `by` and `all_of`; keep one of them")
        if self.quorum > 1 and self.by is None:
            raise ValueError("quorum: needs `by`, whose members it counts")
        if isinstance(self.by, list) and self.quorum > len(self.by):
            raise ValueError(f"quorum: is {self.quorum}, but `by` names {len(self.by)}; name more people or lower it")
        if self.auto and self.up_to is None:
            raise ValueError("auto: needs `up_to`, the most that is approved without anybody, like up_to: 200")
        limits = {"per_period": self.per_period, "per_person_up_to": self.per_person_up_to}
        limits["per_team_up_to"] = self.per_team_up_to
        if not self.auto and (given := [name for name, value in limits.items() if value is not None]):
            raise ValueError(f"{given[0]}: limits what is approved automatically; add auto: true, or leave it out")
        return self

    @property
    def is_unconditional(self) -> bool:
        """Whether every request fits the line, so that no later line is ever used."""
        conditions = (self.up_to, self.share, self.tool_kind, self.lasts, self.team, self.cap)
        return not self.auto and all(condition is None for condition in conditions)

    @property
    def is_of_first_kind(self) -> bool:
        """Whether the line says only what the first versions knew; the order of such lines means nothing."""
        conditions = (self.share, self.tool_kind, self.lasts, self.team, self.cap, self.all_of)
        plain = self.by in ("team_manager", "finance", None) and self.quorum == 1
        return plain and all(condition is None for condition in conditions)


class EmergencyFile(_Strict):
    """What anybody may grant their team at once, out of the reserve of the team above."""

    up_to: Nanos
    per_person_per_period: Annotated[int, Field(ge=1, le=100)] = 1
    lasts_hours: Annotated[int, Field(ge=1, le=168)] = 12


class PolicyFile(_Strict):
    approvals: list[ApprovalFile] = []
    emergency: EmergencyFile | None = None
    remind_after_hours: Annotated[float, Field(ge=0, le=1_000)] | None = None
    escalate_after_hours: Annotated[float, Field(ge=0, le=1_000)] | None = None
    lapse_after_days: Annotated[float, Field(ge=0, le=365)] | None = None
    max_reminders: Annotated[int, Field(ge=0, le=20)] | None = None
    working_hours: WorkingHoursText | None = None
    away: AwayFile = AwayFile()

    def faults(self, slugs: set[str]) -> list[str]:
        """Returns faults between lines: teams that are not there, and lines that are never reached."""
        found = []
        for index, line in enumerate(self.approvals):
            found += [
                f"policy.approvals[{index}].team: there is no team {slug}"
                for slug in line.team or []
                if slug not in slugs
            ]
        if all(line.is_of_first_kind for line in self.approvals):
            return found
        for index, line in enumerate(self.approvals[:-1]):
            if line.is_unconditional:
                found.append(
                    f"policy.approvals[{index + 1}]: is never reached, as every request fits policy.approvals[{index}]; "
                    "put it before that line"
                )
                break
        return found
