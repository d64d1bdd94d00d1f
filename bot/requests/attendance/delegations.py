"""Delegations: a manager or somebody of finance names who decides budget requests for them, until a day."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.books.typed_days import read_day
from bot.org.teams import Directory
from bot.periods import date_of, day_number, day_start, day_text, local_day, long_day_text, micros
from bot.refusals import Refusal

MOST_DAYS = 366
_CLAUSE = re.compile(r"(?P<head>.*\S)\s+(?P<word>from|until|till|through|to|for)\s+(?P<said>\S.*)", re.IGNORECASE)
_FOR_DAYS = re.compile(r"(?P<count>\d{1,4}|an?|two|three)\s+(?P<unit>days?|weeks?)", re.IGNORECASE)
_COUNTS = {"a": 1, "an": 1, "two": 2, "three": 3}
_OWNER = re.compile(r"[@<]\S.*|\S+@\S+")
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


class UnclearDelegation(Refusal):
    """A typed delegation that is not understood as a whole; a form shows what is, with a note of what is not."""

    def __init__(self, note: str, planned: PlannedDelegation, *, example: str) -> None:
        super().__init__(f"{note} {example}")
        self.note = note
        self.planned = planned


def parse_delegation(text: str, *, now: datetime, zone_name: str, command: str) -> PlannedDelegation | TypedEnd:
    """Reads what was typed after `delegate`: `@emi until friday`, `@emi from 1 Dec until 5 Dec`, `@emi for 3 days`, `off`.
    The last day counts in. Raises UnclearDelegation with an example."""
    typed_off = _OFF.fullmatch(text.strip())
    if typed_off is not None:
        return TypedEnd(owner=typed_off["owner"] or "")
    today = local_day(micros(now), zone_name)
    who, clauses = _clauses(text.strip())
    first, first_note = _day(clauses.get("from", "today"), today, is_end=False)
    if "days" in clauses:
        end, end_note = first + int(clauses["days"]), ""
    else:
        last, end_note = _day(clauses["until"], first, is_end=True) if "until" in clauses else (first, _UNTIL_WHEN)
        end = last + 1
    planned = PlannedDelegation(delegate=who, owner=clauses.get("owner", ""), first_day=first, end_day=end)
    note = first_note or end_note
    if not note:
        try:
            check_days(first, end, today=today)
        except Refusal as refusal:
            note = refusal.sentence
    if note:
        raise UnclearDelegation(note, planned, example=f"Type it like `{command} delegate @emi until friday`.")
    return planned


_UNTIL_WHEN = "Say who decides for you, and until when."


def _clauses(text: str) -> tuple[str, dict[str, str]]:
    """Returns who was typed, and what follows `from`, `until` and `for`, read from the end."""
    found: dict[str, str] = {}
    while (clause := _CLAUSE.fullmatch(text)) is not None:
        word, said = clause["word"].casefold(), clause["said"]
        key = "until" if word in ("until", "till", "through", "to") else word
        if key == "for":
            days = _FOR_DAYS.fullmatch(said)
            key = "days" if days else "owner" if _OWNER.fullmatch(said) else ""
            if days is not None:
                count = _COUNTS.get(days["count"].casefold()) or int(days["count"])
                said = str(count * (7 if days["unit"].casefold().startswith("week") else 1))
        if not key or key in found:
            break
        found[key], text = said, clause["head"]
    return text, found


def _day(text: str, today: int, *, is_end: bool) -> tuple[int, str]:
    """Returns the day that a text names, or today, and what is unclear about it, or nothing."""
    found = read_day(text, date_of(today), is_end=is_end)
    if found is None:
        return today, f"I don't know the day “{text[:40]}”."
    day = day_number(found.day)
    if found.minute is not None:
        return day, f"A delegation has whole days. Is {day_text(day)} right?"
    return day, f"Is {day_text(day)} the day you mean?" if found.is_vague else ""


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
