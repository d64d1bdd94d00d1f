"""Spans of days as people type them: `last month`, `october`, `7d`, `q3 2026`, `since 1 nov`."""

import calendar
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

AskedKind = Literal["today", "yesterday", "this", "last", "days", "months", "named", "weekday", "between"]
Unit = Literal["week", "month", "quarter", "year", "period"]

MONTHS = [name.casefold() for name in calendar.month_name]
WEEKDAYS = [name.casefold() for name in calendar.day_name]
MONTH = "(?:" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in MONTHS[1:]) + "|sept)"
WEEKDAY = "(?:" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in WEEKDAYS) + ")"
_DATE = (
    rf"(?:\d{{4}}-\d\d?-\d\d?|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTH}(?:,? \d{{4}})?"
    rf"|{MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?)"
)
_COUNTS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "six": 6}
_COUNT = r"(?:\d{1,3}|" + "|".join(_COUNTS) + ")"
_TO_DATE: dict[str, Unit] = {"wtd": "week", "mtd": "month", "qtd": "quarter", "ytd": "year"}
MOST_WORDS = 9


@dataclass(frozen=True, kw_only=True)
class AskedSpan:
    """Days as somebody asks for them; which days these are depends on the team's today. `typed` is how they wrote it."""

    kind: AskedKind
    typed: str
    unit: Unit = "period"
    count: int = 0
    name: str = ""
    """A month, quarter, year, week or day, with or without its year, such as `10`, `2026-10`, `q3` or `2026-W47`."""
    end_name: str = ""

    @property
    def is_week(self) -> bool:
        """Returns whether it names a week by its number."""
        return self.kind == "named" and re.search(r"w\d|week", self.name) is not None


def read_span(text: str) -> AskedSpan | None:
    """Returns the span that a text of plain lower-case words names as a whole; None if it names none."""
    for pattern, read in _READERS:
        found = pattern.fullmatch(text)
        if found is not None:
            return replace(read(found), typed=text)
    return None


def _named(found: re.Match[str]) -> AskedSpan:
    return AskedSpan(kind="named", typed="", name=found[0].replace(",", ""))


def _this(found: re.Match[str]) -> AskedSpan:
    return AskedSpan(kind="this", typed="", unit=_unit(found["unit"]))


def _last(found: re.Match[str]) -> AskedSpan:
    return AskedSpan(kind="last", typed="", unit=_unit(found["unit"]))


def _unit(word: str) -> Unit:
    units: dict[str, Unit] = {"week": "week", "month": "month", "quarter": "quarter", "year": "year"}
    return units.get(word, "period")


def _days(found: re.Match[str]) -> AskedSpan:
    count = _COUNTS.get(found["count"]) or int(found["count"])
    if found["unit"].startswith("m"):
        return AskedSpan(kind="months", typed="", count=count)
    return AskedSpan(kind="days", typed="", count=count * (7 if found["unit"].startswith("w") else 1))


def _between(found: re.Match[str]) -> AskedSpan:
    return AskedSpan(kind="between", typed="", name=found["first"], end_name=found["last"] or "")


def _since(found: re.Match[str]) -> AskedSpan:
    return AskedSpan(kind="between", typed="", name=found["first"])


_UNITS = r"(?P<unit>week|month|quarter|year|period)"
_READERS: Sequence[tuple[re.Pattern[str], Callable[[re.Match[str]], AskedSpan]]] = [
    (re.compile(pattern, re.ASCII), read)
    for pattern, read in (
        (r"today", lambda _: AskedSpan(kind="today", typed="")),
        (r"yesterday", lambda _: AskedSpan(kind="yesterday", typed="")),
        (rf"(?:this|current|the current) {_UNITS}(?: so far| to date)?", _this),
        (rf"(?:last|previous|prev|past) {_UNITS}", _last),
        (r"(?P<unit>wtd|mtd|qtd|ytd)", lambda m: AskedSpan(kind="this", typed="", unit=_TO_DATE[m["unit"]])),
        (r"(?P<count>\d{1,3})[ -]?(?P<unit>d|days?|w|weeks?)", _days),
        (rf"(?:the )?(?:last|past|previous) (?P<count>{_COUNT}) ?(?P<unit>d|days?|w|weeks?|months?)", _days),
        (rf"(?:last )?{MONTH}(?:,? \d{{4}})?|\d{{4}} {MONTH}|\d{{4}}-\d\d", _named),
        (r"q[1-4](?:,? (?:\d{4}|fy\d{4}))?|(?:\d{4}|fy\d{4})[- ]q[1-4]", _named),
        (r"20\d\d|fy20\d\d", _named),
        (r"\d{4}-?w\d\d|(?:week |w)\d{1,2}", _named),
        (_DATE, _named),
        (rf"(?:last )?(?P<day>{WEEKDAY})", lambda m: AskedSpan(kind="weekday", typed="", name=m["day"])),
        (rf"since (?P<first>{_DATE}|{WEEKDAY}|yesterday)", _since),
        (
            rf"(?:from |between )?(?P<first>{_DATE}|{WEEKDAY})(?: ?[-–—] ?| to | until | till | and )"
            rf"(?P<last>{_DATE}|{WEEKDAY}|today|yesterday)",
            _between,
        ),
    )
]

SPAN_EXAMPLES = (
    *(
        "today",
        "yesterday",
        "this week",
        "last week",
        "this month",
        "last month",
        "this quarter",
        "last quarter",
        "this year",
    ),
    *MONTHS[1:],
)
"""Spans as somebody would type them, for suggestions."""
