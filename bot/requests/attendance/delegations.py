"""Delegations: a manager or somebody of finance names who decides budget requests for them, until a day."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.books.typed_days import parse_day
from bot.org.teams import Directory
from bot.periods import date_of, day_number, day_start, local_day, long_day_text, micros
from bot.refusals import Refusal

MOST_DAYS = 366
_TYPED = re.compile(
    r"(?P<who>.+?)(?:\s+for\s+(?P<owner>[@<]\S.*?|\S+@\S+))?(?:\s+from\s+(?P<begins>\S+(?:\s+\S+)?))?"
    r"(?:\s+(?:until|till|to)\s+(?P<until>\S+(?:\s+\S+)?)|\s+for\s+(?P<days>\d{1,4})\s+days?)",
    re.IGNORECASE,
)
_OFF = re.compile(r"(?:off|end|stop|none)(?:\s+(?:for\s+)?(?P<owner>\S.*))?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Delegation:
    """Who decides for a person, in [starts_at, ends_at) in microseconds, unless it was ended earlier."""

    id: int
    person_id: int
    delegate_id: int
    starts_at: int
    ends_at: int
    made_by: int
    made_at: int
    ended_at: int | None = None

    @property
    def until(self) -> int:
        """Returns the moment at which it ends or ended."""
        return self.ends_at if self.ended_at is None else min(self.ends_at, self.ended_at)

    def is_active(self, at: int) -> bool:
        return self.starts_at <= at < self.until

    def overlaps(self, starts_at: int, ends_at: int) -> bool:
        return self.starts_at < ends_at and starts_at < self.until


@dataclass(frozen=True, kw_only=True)
class PlannedDelegation:
    """What somebody typed: the delegate, for whom ("" for oneself), and the days [first_day, end_day)."""

    delegate: str
    owner: str
    first_day: int
    end_day: int


@dataclass(frozen=True, kw_only=True)
class TypedEnd:
    """`off`: end the delegation of a person, "" for one's own."""

    owner: str


def parse_delegation(text: str, *, now: datetime, zone_name: str, command: str) -> PlannedDelegation | TypedEnd:
    """Reads what was typed after `delegate`: `@emi until friday`, `@emi from 1 Dec until 5 Dec`, `@emi for 3 days`, `off`.
    The last day counts in. Raises Refusal with an example."""
    typed_off = _OFF.fullmatch(text.strip())
    if typed_off is not None:
        return TypedEnd(owner=typed_off["owner"] or "")
    example = f"Type it like `{command} delegate @emi until friday`."
    typed = _TYPED.fullmatch(text.strip())
    if typed is None:
        raise Refusal(f"Say who decides for you, and until when. {example}")
    today = local_day(micros(now), zone_name)
    first = _day(typed["begins"], today, example) if typed["begins"] else today
    end = first + int(typed["days"]) if typed["days"] else _day(typed["until"], first, example) + 1
    check_days(first, end, today=today)
    return PlannedDelegation(delegate=typed["who"].strip(), owner=typed["owner"] or "", first_day=first, end_day=end)


def _day(text: str, today: int, example: str) -> int:
    day = parse_day(text, date_of(today))
    if day is None:
        raise Refusal(f"I don't know the day “{text}”. {example}")
    return day_number(day)


def check_days(first_day: int, end_day: int, *, today: int) -> None:
    """Raises Refusal unless the days are in the future, in order, and not too many."""
    if end_day <= max(today, first_day):
        raise Refusal("The last day is before the first. Name a later one.")
    if first_day < today:
        raise Refusal("The first day is over. Name today or a later one.")
    if end_day - today > MOST_DAYS:
        raise Refusal(f"That is too long. The last possible day is {long_day_text(today + MOST_DAYS - 1)}.")


def bounds(first_day: int, end_day: int, *, at: int, zone_name: str) -> tuple[int, int]:
    """Returns the moments of a delegation's days in a zone; one that begins today begins now."""
    starts = micros(day_start(first_day, zone_name))
    return max(starts, at), micros(day_start(end_day, zone_name))


def has_say(directory: Directory, person_id: int) -> bool:
    """Returns whether a person decides any budget requests: managers and finance."""
    return any(person == person_id and role in ("manager", "finance") for _, person, role in directory.roles)


Fault = Literal["not_permitted", "nothing_to_delegate", "oneself", "has_delegated"]


def delegation_fault(
    directory: Directory,
    *,
    owner_id: int,
    delegate_id: int,
    by: int,
    span: tuple[int, int],
    known: Collection[Delegation],
) -> Fault | None:
    """Returns why a person can't be named as another's delegate; None if they can.

    A delegation goes one step, so the delegate has named nobody for these days. Somebody who stands in for others may name
    a delegate: those others' requests then go to their other deciders.
    """
    if by != owner_id and by not in directory.admins:
        return "not_permitted"
    if not has_say(directory, owner_id):
        return "nothing_to_delegate"
    if delegate_id == owner_id:
        return "oneself"
    for one in known:
        if one.person_id == delegate_id and one.overlaps(*span):
            return "has_delegated"
    return None


def active(delegations: Sequence[Delegation], at: int) -> dict[int, Delegation]:
    """Returns the delegation in force by person; the newest, if there are several."""
    return {one.person_id: one for one in sorted(delegations, key=lambda one: one.id) if one.is_active(at)}
