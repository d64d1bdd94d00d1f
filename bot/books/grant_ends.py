"""The ends that a form offers for a grant: from now on, this period, some days, a date, or an amount spent."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.books.grants import DAY_FIELD, MAX_DAYS, MEASURE_FIELD, GrantEnd
from bot.money import parse_amount
from bot.periods import Period, day_number
from bot.refusals import FieldRefusal, Refusal
from bot.text import first_word, spaced

EndKind = Literal["open", "period", "days", "date", "spent"]
"""`open` has no end: the budget grows from now on. `period` ends with the period, and the others name their end."""
END_KINDS: tuple[EndKind, ...] = ("open", "period", "days", "date", "spent")

KIND_FIELD = "lasting"
"""The field of a form that asks for the kind of end."""


@dataclass(frozen=True, kw_only=True)
class TypedEnd:
    """The fields of a grant's end as a form shows them. `day` is a date like `2026-12-24`; `measure` is days or dollars."""

    kind: str
    day: str = ""
    measure: str = ""


@dataclass(frozen=True, kw_only=True)
class EndChoice:
    """A grant's end as somebody chose it. Each team counts its days in its own zone."""

    kind: EndKind
    days: int | None = None
    last_day: int | None = None
    spent_nanos: int | None = None

    def end_for(self, period: Period, *, today: int, zone: str) -> GrantEnd | None:
        """Returns when a team's grant ends that begins today in this period; None if it has no end."""
        if self.kind == "open":
            return None
        if self.days is not None:
            return GrantEnd.after_days(self.days - 1, today=today, zone=zone)
        if self.last_day is not None:
            return GrantEnd.before_day(self.last_day + 1, zone)
        if self.spent_nanos is not None:
            return GrantEnd(at=None, spent_nanos=self.spent_nanos)
        return GrantEnd.of_period(period, zone)


def parse_end(typed: TypedEnd, *, offered: Sequence[EndKind] = END_KINDS) -> EndChoice:
    """Returns the chosen end. Raises FieldRefusal for a kind that the form does not offer, or an end that it lacks.

    Fields that belong to another kind are left out.
    """
    kind = next((kind for kind in offered if kind == typed.kind), None)
    if kind is None:
        raise FieldRefusal(KIND_FIELD, "Choose how long.")
    if kind == "days":
        return EndChoice(kind=kind, days=_days(typed.measure))
    if kind == "date":
        return EndChoice(kind=kind, last_day=_last_day(typed.day))
    if kind == "spent":
        return EndChoice(kind=kind, spent_nanos=_spent(typed.measure))
    return EndChoice(kind=kind)


def _days(text: str) -> int:
    """Returns a number of days, today included, of `10` or `10 days`."""
    word, unit = first_word(spaced(text).casefold())
    if not word:
        raise FieldRefusal(MEASURE_FIELD, "Type the number of days, such as 10.")
    if unit not in ("", "day", "days") or not (word.isascii() and word.isdigit() and 0 < int(word[:9]) <= MAX_DAYS):
        raise FieldRefusal(MEASURE_FIELD, f"Type a number of days from 1 to {MAX_DAYS}, such as 10.")
    return int(word[:9])


def _last_day(text: str) -> int:
    with suppress(ValueError):
        return day_number(date.fromisoformat(text))
    raise FieldRefusal(DAY_FIELD, "Choose the last day, or another answer to “How long”.")


def _spent(text: str) -> int:
    if not spaced(text):
        raise FieldRefusal(MEASURE_FIELD, "Type the amount, such as $500.")
    try:
        return parse_amount(text)
    except Refusal as refusal:
        raise FieldRefusal(MEASURE_FIELD, refusal.sentence) from refusal
