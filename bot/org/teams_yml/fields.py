"""The field types of teams.yml: amounts, rates, zones, days, people, slugs, names and rules of chargeback."""

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator

from bot.money import MAX_AMOUNT_NANOS, nanos_from_decimal
from bot.org.people import is_email, is_slack_id
from bot.org.spread_rules import SpreadRule
from bot.periods import zone


def read_nanos(value: Any) -> int:
    """Reads an amount of dollars. Raises ValueError with what to write."""
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


def read_person(value: str) -> str:
    """Reads a person's e-mail or Slack id. Raises ValueError with what to write."""
    if is_email(value):
        return value.strip().casefold()
    if is_slack_id(value):
        return value
    raise ValueError("name a person by e-mail or Slack id (U…)")


def _manager(value: str) -> str:
    if value.startswith("S") and value[1:].isalnum() and value.isupper():
        return value
    return read_person(value)


def _month_and_day(value: Any) -> str:
    """Reads the first day of a fiscal year, such as `02-01`. Not every month has a day after the 28th."""
    month, _, day = str(value).partition("-") if isinstance(value, str) else ("", "", "")
    if not all(part.isascii() and part.isdigit() and len(part) <= 2 for part in (month, day)):
        raise ValueError("write a month and a day, like 02-01")
    if not 1 <= int(month) <= 12 or not 1 <= int(day) <= 31:
        raise ValueError(f"there is no day {value}; write a month and a day, like 02-01")
    if int(day) > 28:
        raise ValueError(f"{value} is not in every year, or its day not in every month; use a day from 01 to 28")
    return f"{int(month):02d}-{int(day):02d}"


def _spread(value: Any) -> SpreadRule:
    """Reads a rule of chargeback: a word, or percents by slug."""
    if value in _SPREAD_WORDS:
        return SpreadRule(how=value)
    if not isinstance(value, dict) or not value:
        raise ValueError("write proportional, even, none, or percents by team like {search: 60, mobile: 40}")
    shares = {str(slug): percent for slug, percent in value.items()}
    for slug, percent in shares.items():
        if isinstance(percent, bool) or not isinstance(percent, int) or not 1 <= percent <= 100:
            raise ValueError(f"the share of {slug} must be a whole percent between 1 and 100")
    if sum(shares.values()) != 100:
        raise ValueError(f"the shares add up to {sum(shares.values())}%; they must be 100% together")
    return SpreadRule(how="fixed", shares=tuple(shares.items()))


def _rate_pico(value: Any) -> int:
    """Converts dollars per million tokens to pico-dollars per token."""
    return int((Decimal(read_nanos(value)) / 1000).to_integral_value())


_SPREAD_WORDS = ("none", "proportional", "even")
Nanos = Annotated[int, PlainValidator(read_nanos)]
PicoRate = Annotated[int, PlainValidator(_rate_pico)]
MonthAndDay = Annotated[str, PlainValidator(_month_and_day)]
Spread = Annotated[SpreadRule, PlainValidator(_spread), PlainSerializer(asdict)]
ZoneName = Annotated[str, AfterValidator(_zone_name)]
PersonRef = Annotated[str, AfterValidator(read_person)]
ManagerRef = Annotated[str, AfterValidator(_manager)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")]
Percent = Annotated[int, Field(ge=1, le=1000)]
