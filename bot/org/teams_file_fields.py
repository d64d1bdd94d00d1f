"""The field types of teams.yml: amounts, rates, zones, people, slugs and names."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator

from bot.money import MAX_AMOUNT_NANOS, nanos_from_decimal
from bot.org.people import is_email, is_slack_id
from bot.periods import zone


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
    """Converts dollars per million tokens to pico-dollars per token."""
    return int((Decimal(_nanos(value)) / 1000).to_integral_value())


Nanos = Annotated[int, PlainValidator(_nanos)]
PicoRate = Annotated[int, PlainValidator(_rate_pico)]
ZoneName = Annotated[str, AfterValidator(_zone_name)]
PersonRef = Annotated[str, AfterValidator(_person)]
ManagerRef = Annotated[str, AfterValidator(_manager)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")]
Percent = Annotated[int, Field(ge=1, le=1000)]
