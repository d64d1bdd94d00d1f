"""Holds: budget that a team sets aside for a planned run, and how the run's charges use it up."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.books.ledger import Account, Entry
from bot.books.typed_days import parse_day, read_day
from bot.money import MAX_AMOUNT_NANOS, parse_amount
from bot.periods import MICROS, date_of, day_number, day_text, local_day, long_day_text, micros
from bot.refusals import Refusal

HoldState = Literal["active", "ended"]
MAX_NAME_CHARACTERS = 60
MAX_DAYS_AHEAD = 366
SAME_MICROS = 300 * MICROS
"""Slack may repeat a signed request within this time."""

_TYPED = re.compile(r"(?P<amount>\S+)\s+(?P<name>\S.*)")
_UNTIL = re.compile(r"(?P<head>.*\S)\s+(?:until|till|through)\s+(?P<until>\S.*)", re.IGNORECASE)
_FOR_DAYS = re.compile(r"(?P<head>.*\S)\s+for\s+(?P<count>\d{1,4})\s+(?P<unit>days?|weeks?)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class PlannedHold:
    """What somebody wants to set aside. `end_day` is the first day after it, in the team's zone."""

    name: str
    amount_nanos: int
    end_day: int


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Budget of a team set aside in a period for usage whose workflow has the hold's name, on the days [from_day, end_day)."""

    id: int
    team_id: int
    name: str
    period: str
    amount_nanos: int
    from_day: int
    end_day: int
    state: HoldState
    revision: int
    made_by: int
    made_at: int
    ended_at: int | None = None
    ended_by: int | None = None

    @property
    def document(self) -> str:
        return f"hold:{self.id}"


@dataclass(frozen=True, kw_only=True)
class HoldUse:
    """A hold with the nano-dollars of each day: what its usage costs, and what is posted of it."""

    hold: Hold
    spent: Mapping[int, int]
    posted: Mapping[int, int]

    @property
    def posted_nanos(self) -> int:
        return sum(self.posted.values())

    @property
    def changes(self) -> dict[int, int]:
        """Returns what is to be posted by day, signed. A day whose usage shrank gives back first. A hold pays until its
        amount is used, so no order of posting takes more."""
        left = self.hold.amount_nanos - self.posted_nanos
        changed: dict[int, int] = {}
        for day, paid in self.posted.items():
            if (back := paid - max(0, self.spent.get(day, 0))) > 0:
                changed[day], left = -back, left + back
        for day in sorted(self.spent):
            gain = min(left, self.spent[day] - self.posted.get(day, 0))
            if gain > 0:
                changed[day], left = gain, left - gain
        return changed

    @property
    def used_nanos(self) -> int:
        """Returns what is used up to now, posted or not."""
        return self.posted_nanos + sum(self.changes.values())

    @property
    def left_nanos(self) -> int:
        return self.hold.amount_nanos - self.used_nanos


def is_repeated_hold(planned: PlannedHold, known: Hold, *, by: int, at: int) -> bool:
    """Whether a planned hold repeats one that the same person made within five minutes."""
    same = (known.amount_nanos, known.end_day, known.made_by) == (planned.amount_nanos, planned.end_day, by)
    return same and abs(at - known.made_at) <= SAME_MICROS


@dataclass(frozen=True, kw_only=True)
class HoldDraft:
    """What is understood of a typed hold. `last_day` is its last day, as far as it is clear."""

    amount: str
    name: str
    last_day: int


class UnclearHold(Refusal):
    """A typed hold that is not understood as a whole; a form shows what is, with a note of what is not."""

    def __init__(self, note: str, draft: HoldDraft, *, example: str) -> None:
        super().__init__(f"{note} {example}")
        self.note = note
        self.draft = draft


def parse_hold(text: str, *, now: datetime, zone_name: str, period_end_day: int, command: str) -> PlannedHold:
    """Parses `500 eval-run until Friday`. Without an end the hold lasts to the end of the period. Raises UnclearHold with an
    example."""
    example = f"Write it like `{command} hold 500 eval-run until Friday`."
    typed = " ".join(text.replace("\x00", "").split())
    today = local_day(micros(now), zone_name)
    head, end, fault = _end_of(typed, today=today, period_end_day=period_end_day)
    found = _TYPED.fullmatch(head)
    amount, name = (found["amount"], found["name"]) if found else ("", head) if head[:1].isalpha() else (head, "")
    try:
        if found is None:
            raise Refusal("Say how much to set aside, and for which run.")
        try:
            amount_nanos = parse_amount(amount)
        except Refusal as refusal:
            amount, name = ("", head) if amount[:1].isalpha() else (amount, name)
            raise Refusal(f"How much? {refusal.sentence}") from refusal
        name = checked_name(name)
        if fault:
            raise Refusal(fault)
        return PlannedHold(name=name, amount_nanos=amount_nanos, end_day=checked_end(end, today=today))
    except Refusal as refusal:
        last_day = min(max(end - 1, today), today + MAX_DAYS_AHEAD - 1)
        draft = HoldDraft(amount=amount[:40], name=name[:MAX_NAME_CHARACTERS], last_day=last_day)
        raise UnclearHold(refusal.sentence, draft, example=example) from refusal


def _end_of(typed: str, *, today: int, period_end_day: int) -> tuple[str, int, str]:
    """Returns a typed hold without its end, the first day after it, and why the end is unclear, or nothing."""
    for_days = _FOR_DAYS.fullmatch(typed)
    if for_days is not None:
        days = int(for_days["count"]) * (7 if for_days["unit"].casefold().startswith("week") else 1)
        return for_days["head"], today + max(1, days), "" if days else "For how many days? At least 1."
    until = _UNTIL.fullmatch(typed)
    if until is None:
        return typed, period_end_day, ""
    day = read_day(until["until"], date_of(today), is_end=True)
    if day is None:
        return until["head"], period_end_day, _WHICH_DAY
    number = day_number(day.day)
    if number < today:
        return until["head"], today + 1, _past_words(number)
    if day.is_vague or day.minute is not None:
        return until["head"], number + 1, _confirm_words(number, has_time=day.minute is not None)
    return until["head"], number + 1, ""


_WHICH_DAY = "Until when? Write a day like Friday, end of month, in 3 days, 1 Dec or 2026-12-01."


def _past_words(day: int) -> str:
    return f"{long_day_text(day)} is past. Set budget aside for a run that is still to come."


def _confirm_words(day: int, *, has_time: bool) -> str:
    ends = "A hold ends with a whole day. " if has_time else ""
    return f"{ends}Is {day_text(day)} the last day?"


def checked_name(text: str) -> str:
    """Returns the name of a run. Raises Refusal if it is too long, or if a word that begins an end has no end."""
    if not text:
        raise Refusal("Name the run, as its usage does.")
    if len(text) > MAX_NAME_CHARACTERS:
        raise Refusal(f"Name the run in at most {MAX_NAME_CHARACTERS} characters.")
    if text.casefold() == "until" or text.casefold().endswith((" until", " for")):
        raise Refusal(_WHICH_DAY)
    return text


def parse_until(text: str, *, today: int) -> int:
    """Returns the first day after the typed one, which still belongs to the hold. Raises Refusal for a day that is past."""
    day = parse_day(text, date_of(today))
    if day is None:
        raise Refusal(_WHICH_DAY)
    if day_number(day) < today:
        raise Refusal(_past_words(day_number(day)))
    return day_number(day) + 1


def checked_end(end_day: int, *, today: int) -> int:
    """Returns a hold's end. Raises Refusal if it is too far away."""
    if end_day > today + MAX_DAYS_AHEAD:
        raise Refusal(f"{long_day_text(end_day - 1)} is more than a year ahead. Set it aside nearer to then.")
    return end_day


def hold_entry(hold: Hold, nanos: int, *, by: int | None, at: int) -> Entry:
    """Returns the entry that sets an amount aside: the whole hold, or what it is raised by."""
    return Entry(
        kind="hold",
        dedupe_key=f"{hold.document}:{hold.revision}",
        period=hold.period,
        effective_at=at,
        from_account=_account(hold, "available"),
        to_account=_account(hold, "held"),
        amount_nanos=nanos,
        actor_id=by,
        reason="set aside for a planned run",
        document=hold.document,
    )


def hold_release_entry(hold: Hold, nanos: int, *, by: int | None, at: int) -> Entry:
    """Returns the entry that releases an amount: the rest of an ended hold, or what it is lowered by."""
    return Entry(
        kind="release",
        dedupe_key=f"{hold.document}:{hold.revision}:release",
        period=hold.period,
        effective_at=at,
        from_account=_account(hold, "held"),
        to_account=_account(hold, "available"),
        amount_nanos=nanos,
        actor_id=by,
        reason="planned run ended" if hold.state == "ended" else "set aside less",
        document=hold.document,
    )


def use_entries(hold: Hold, *, day: int, nanos: int, posted_entries: int, at: int) -> list[Entry]:
    """Returns the charges of a day that a hold pays, or the corrections if `nanos` is below zero.

    They are charges of the team's day like any other: `posted_entries` is the number of these so far.
    """
    held, spent = _account(hold, "held"), _account(hold, "spent")
    entries: list[Entry] = []
    left = abs(nanos)
    while left:
        moved = min(left, MAX_AMOUNT_NANOS)
        entries.append(
            Entry(
                kind="charge" if nanos > 0 else "correction",
                dedupe_key=f"charge:{hold.team_id}:{day}:{posted_entries + len(entries)}",
                period=hold.period,
                effective_at=at,
                from_account=held if nanos > 0 else spent,
                to_account=spent if nanos > 0 else held,
                amount_nanos=moved,
                actor_id=None,
                reason="usage of the planned run",
                document=hold.document,
                usage_day=day,
            )
        )
        left -= moved
    return entries


def _account(hold: Hold, bucket: Literal["available", "held", "spent"]) -> Account:
    return Account(team_id=hold.team_id, period=hold.period, bucket=bucket)
