"""Reservations: a gateway sets the most that a call may cost aside, and says afterwards what it did cost.

A reservation is no ledger entry: it counts against what is available until its usage is booked.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NoReturn

from bot.money import NANOS, nanos_from_decimal, usd
from bot.periods import DAY_MICROS, MICROS
from bot.sources.labels import storable_text
from bot.usage import MAX_NAME_CHARACTERS, digest

State = Literal["open", "settled", "booked", "released", "expired"]
"""`open`: the call may be running. `settled`: its cost is said, and its usage still comes. `booked`: its usage is booked.
`released` and `expired`: it counts no more."""

MAX_RESERVED_NANOS = 1_000_000 * NANOS
"""The most that one call may reserve, a million dollars."""
MAX_RESERVED_IN_ALL_NANOS = 1_000_000_000 * NANOS
"""The most that a team may have reserved at a time, a billion dollars, so that the sum never overflows a bigint."""
DEFAULT_TTL_SECONDS, MAX_TTL_SECONDS = 600, 86_400
SETTLED_MICROS = DAY_MICROS
"""So long a settled cost counts while no usage event carries the reservation's id."""
KEPT_MICROS = DAY_MICROS
"""So long a reservation that counts no more is kept, so that repeated requests find it."""
_LABELS = ("workflow", "tool", "model", "user")
_MEMBERS = ("team", "max_usd", "ttl_seconds", *_LABELS)
_MAX_KEY_CHARACTERS = 255


class ReservationFault(Exception):
    """A request that is not done: the HTTP status of its answer, and a sentence that names the field."""

    status, sentence = 400, ""

    def __str__(self) -> str:
        return super().__str__() or self.sentence


class BadField(ReservationFault):
    """A request is unusable."""


class Conflict(ReservationFault):
    """A request contradicts an earlier one."""

    status = 409


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a gateway asks for: a team, an upper bound of the call's cost, and what is known of the call."""

    team: str
    max_nanos: int
    ttl_seconds: int
    workflow: str = ""
    tool: str = ""
    model: str = ""
    user: str = ""
    idempotency_key: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def content(self) -> bytes:
        """Returns 16 bytes that tell one request from another with the same idempotency key."""
        return digest((self.team, self.max_nanos, self.ttl_seconds, self.workflow, self.tool, self.model, self.user))


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """A stored reservation. `counted_nanos` is what it takes from what is available now, and until `counts_until`."""

    id: str
    source_id: int
    idempotency_key: str
    asked: bytes
    team_id: int
    period: str
    tool: str
    model: str
    workflow: str
    person_id: int
    max_nanos: int
    counted_nanos: int
    cost_nanos: int | None
    state: State
    decision: str
    reserved_at: int
    counts_until: int


@dataclass(frozen=True, kw_only=True)
class Change:
    """What becomes of a reservation."""

    state: State
    counted_nanos: int
    cost_nanos: int | None
    counts_until: int


def read_ask(body: bytes, *, idempotency_key: str) -> Ask:
    """Reads the body of `POST /v1/reservations`. Raises BadField."""
    given = _members(body)
    team = given.get("team")
    if not isinstance(team, str) or not team.strip():
        raise BadField('team is missing: send the team\'s slug, like "search".')
    if len(team) > MAX_NAME_CHARACTERS:
        raise BadField(f"team is longer than {MAX_NAME_CHARACTERS} characters.")
    if "max_usd" not in given:
        raise BadField('max_usd is missing: send the most that the call may cost, like "0.25".')
    max_nanos = _dollars("max_usd", given["max_usd"])
    if max_nanos == 0:
        raise BadField("max_usd must be more than 0: nothing has to be reserved for a free call.")
    if max_nanos > MAX_RESERVED_NANOS:
        raise BadField(f"max_usd is more than {usd(MAX_RESERVED_NANOS)}, the most that one call may reserve.")
    if len(idempotency_key) > _MAX_KEY_CHARACTERS:
        raise BadField(f"Idempotency-Key is longer than {_MAX_KEY_CHARACTERS} characters.")
    if not idempotency_key.isascii() or not idempotency_key.isprintable():
        raise BadField("Idempotency-Key has characters other than printable ASCII.")
    return Ask(
        team=storable_text(team).strip(),
        max_nanos=max_nanos,
        ttl_seconds=_seconds(given.get("ttl_seconds")),
        **{name: _label(name, given.get(name)) for name in _LABELS},
        idempotency_key=idempotency_key,
        warnings=unknown_members(given, _MEMBERS),
    )


def read_cost(body: bytes) -> int:
    """Reads the body of `POST …/settle`, and returns the cost in nano-dollars. Raises BadField."""
    given = _members(body)
    if "cost_usd" not in given:
        raise BadField('cost_usd is missing: send what the call cost, like "0.0885", or 0.')
    return _dollars("cost_usd", given["cost_usd"])


def unknown_members(given: Mapping[str, Any], known: tuple[str, ...]) -> tuple[str, ...]:
    """Returns a sentence for each member that nothing reads."""
    wrong = sorted(storable_text(name)[:80] for name in given if name not in known)
    return tuple(f"{name} is not known here, so it was left out. Known: {', '.join(known)}." for name in wrong[:20])


def settled(found: Reservation, cost_nanos: int, *, now: int) -> Change | None:
    """Returns what a call's cost changes; None if it was said before, or its usage is booked. Raises Conflict or
    BadField."""
    if found.state == "booked":
        return None
    if found.state == "settled":
        if found.cost_nanos == cost_nanos:
            return None
        assert found.cost_nanos is not None, "a settled reservation has a cost"
        raise Conflict(
            f"cost_usd is {usd(cost_nanos)}, but this reservation was settled with {usd(found.cost_nanos)}. "
            "The first cost stands until its usage event is booked."
        )
    if found.state == "released":
        raise Conflict("This reservation was released, so cost_usd can't settle it. Send the call as a usage event.")
    if cost_nanos > found.max_nanos:
        raise BadField(
            f"cost_usd is {usd(cost_nanos)}, more than the {usd(found.max_nanos)} reserved (max_usd). "
            "Send the call as a usage event with this reservation's id: usage is booked whatever it costs."
        )
    return Change(state="settled", counted_nanos=cost_nanos, cost_nanos=cost_nanos, counts_until=now + SETTLED_MICROS)


def released(found: Reservation, *, now: int) -> Change | None:
    """Returns what a release changes; None if nothing. Raises Conflict if the call was made."""
    if found.state in ("settled", "booked"):
        raise Conflict("This reservation is settled: its call was made, so it can't be released.")
    if found.state == "released":
        return None
    return Change(state="released", counted_nanos=0, cost_nanos=None, counts_until=now)


def booked(found: Reservation, cost_nanos: int, *, now: int) -> Change | None:
    """Returns what the booking of the call's usage changes: from now on the usage counts, not the reservation."""
    if found.state == "booked":
        return None
    return Change(state="booked", counted_nanos=0, cost_nanos=cost_nanos, counts_until=now)


def until_of(now: int, ttl_seconds: int) -> int:
    return now + ttl_seconds * MICROS


def _members(body: bytes) -> dict[str, Any]:
    """Decodes a small object; numbers keep their digits."""
    try:
        given = json.loads(body, parse_float=Decimal, parse_int=Decimal, parse_constant=_Endless)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise BadField('The body is not JSON: send an object, like {"team": "search", "max_usd": "0.25"}.') from error
    if not isinstance(given, dict):
        raise BadField('The body is no JSON object, like {"team": "search", "max_usd": "0.25"}.')
    return given


class _Endless(str):
    """NaN or an infinity, which Python's JSON reads."""


def _dollars(field: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, str | Decimal):
        _not_dollars(field)
    text = str(value).strip()
    if isinstance(value, _Endless) or text.casefold().lstrip("+-") in ("nan", "inf", "infinity"):
        raise BadField(f"{field} is not a finite number.")
    if text.startswith("-"):
        raise BadField(f"{field} is negative.")
    try:
        nanos = nanos_from_decimal(text)
    except ValueError as error:
        if "trillion" in str(error):
            raise BadField(f"{field} is more than a trillion dollars.") from error
        _not_dollars(field)
    if nanos > 10**7 * NANOS:
        raise BadField(f"{field} is more than {usd(10**7 * NANOS)}: no call costs that.")
    return nanos


def _not_dollars(field: str) -> NoReturn:
    raise BadField(f'{field} is not an amount in dollars, like "0.25".')


def _seconds(value: Any) -> int:
    if value is None:
        return DEFAULT_TTL_SECONDS
    if isinstance(value, _Endless) or not isinstance(value, Decimal) or value != value.to_integral_value():
        raise BadField("ttl_seconds is not a whole number of seconds.")
    if not 1 <= value <= MAX_TTL_SECONDS:
        raise BadField(f"ttl_seconds must be between 1 and {MAX_TTL_SECONDS:,}, which is a day.")
    return int(value)


def _label(field: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or isinstance(value, _Endless):
        raise BadField(f"{field} is not text.")
    text = storable_text(value).strip()
    if len(text) > MAX_NAME_CHARACTERS:
        raise BadField(f"{field} is longer than {MAX_NAME_CHARACTERS} characters.")
    return text
