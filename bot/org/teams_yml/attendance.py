"""The fields of teams.yml about who is there: days off of the organisation and of teams, and statuses that mean “away”."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, Field, PlainSerializer, PlainValidator

from bot.org.attendance.working_hours import EXAMPLE, parse_hours
from bot.org.teams_yml.budgets import STRICT

_MOST_DAYS = 1_000


def _day_off(value: Any) -> date:
    """Reads a day. YAML reads an unquoted one as a date by itself."""
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError("write a day off like 2026-12-25") from error


def _day_off_or_calendar(value: Any) -> date | str:
    if isinstance(value, str) and value and not value[0].isdigit():
        return value
    return _day_off(value)


def _hours(value: Any) -> str:
    """Checks working hours, and keeps them as they are written."""
    if not isinstance(value, str):
        raise ValueError(f"write the days and hours like {EXAMPLE}")
    parse_hours(value)
    return value


WorkingHoursText = Annotated[str, PlainValidator(_hours)]
DayOff = Annotated[date, PlainValidator(_day_off), PlainSerializer(date.isoformat)]
DaysOff = Annotated[list[DayOff], Field(max_length=_MOST_DAYS)]
TeamDayOff = Annotated[date | str, PlainValidator(_day_off_or_calendar), PlainSerializer(str)]
CalendarName = Annotated[str, Field(pattern=r"^[A-Za-z][\w -]{0,39}$")]


class AwayFile(BaseModel):
    """`policy.away`: the statuses in Slack that mean that somebody is away; what is left out stays as it is shipped."""

    model_config = STRICT

    emoji: list[Annotated[str, Field(pattern=r"^:[^\s:]+:$")]] | None = None
    words: list[Annotated[str, Field(min_length=2, max_length=60)]] | None = None


class _Organisation(Protocol):
    @property
    def days_off(self) -> Sequence[date]: ...
    @property
    def calendars(self) -> dict[str, list[date]]: ...


class _Team(Protocol):
    @property
    def slug(self) -> str: ...
    @property
    def days_off(self) -> Sequence[date | str]: ...


def days_off_by_team(organisation: _Organisation, teams: Iterable[_Team], *, root: str) -> dict[str, list[str]]:
    """Returns the days off by slug, those of the organisation under `root`, with calendars in the place of their names."""
    found = {root: {day.isoformat() for day in organisation.days_off}}
    for team in teams:
        own = found.setdefault(team.slug, set())
        for entry in team.days_off:
            days = organisation.calendars[entry] if isinstance(entry, str) else [entry]
            own |= {day.isoformat() for day in days}
    return {slug: sorted(days) for slug, days in found.items() if days}


def days_off_faults(organisation: _Organisation, teams: Iterable[_Team]) -> list[str]:
    """Returns faults of days off: calendars that nobody declares, and days that are listed twice."""
    known = ", ".join(organisation.calendars) or "none is declared"
    faults = _twice("organisation.days_off", organisation.days_off)
    for name, days in organisation.calendars.items():
        faults += _twice(f"organisation.calendars.{name}", days)
    for team in teams:
        faults += _twice(f"teams[{team.slug}].days_off", team.days_off)
        faults += [
            f"teams[{team.slug}].days_off: there is no calendar {entry} in organisation.calendars ({known})"
            for entry in team.days_off
            if isinstance(entry, str) and entry not in organisation.calendars
        ]
    return faults


def _twice(field: str, days: Sequence[date | str]) -> list[str]:
    return [f"{field}: {day} is listed twice" for day, count in Counter(days).items() if count > 1]
