"""Days, hours and budget periods. A day counts days since 1970 and an hour counts hours, both as integers."""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

PeriodKind = Literal["month", "quarter", "year"]

_EPOCH = date(1970, 1, 1).toordinal()
_EPOCH_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
MICROS = 1_000_000
HOUR_MICROS = 3_600 * MICROS
DAY_MICROS = 24 * HOUR_MICROS
_QUARTER_HOUR_MICROS = 900 * MICROS


@dataclass(frozen=True, kw_only=True)
class Period:
    """A budget period such as `2026-11`, `2026-Q4` or `2026`, with its first day and the first day after it."""

    name: str
    first_day: int
    end_day: int

    @property
    def days(self) -> int:
        return self.end_day - self.first_day


def micros(moment: datetime) -> int:
    """Returns microseconds since 1970 of an aware datetime. Rejects a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    whole = moment - _EPOCH_MOMENT
    return whole.days * DAY_MICROS + whole.seconds * MICROS + whole.microseconds


def moment(at_micros: int) -> datetime:
    """Returns the aware UTC datetime of microseconds since 1970."""
    return _EPOCH_MOMENT + timedelta(microseconds=at_micros)


def hour_of(at_micros: int) -> int:
    return at_micros // HOUR_MICROS


def day_number(day: date) -> int:
    return day.toordinal() - _EPOCH


def date_of(day: int) -> date:
    return date.fromordinal(day + _EPOCH)


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """Returns the zone of an IANA name. Raises ZoneInfoNotFoundError or ValueError for an unknown one."""
    return ZoneInfo(name)


@lru_cache(maxsize=65_536)
def _day_of_quarter_hour(quarter_hour: int, zone_name: str) -> int:
    local = datetime.fromtimestamp(quarter_hour * 900, zone(zone_name))
    return day_number(local.date())


def local_day(at_micros: int, zone_name: str) -> int:
    """Returns the local day of a moment. Zones change on quarter hours since 1970, so the cache is keyed by those."""
    return _day_of_quarter_hour(at_micros // _QUARTER_HOUR_MICROS, zone_name)


@lru_cache(maxsize=8_192)
def day_start(day: int, zone_name: str) -> datetime:
    """Returns the UTC moment at which a local day starts. Pages of many teams ask for the same few days."""
    return datetime.combine(date_of(day), time(), zone(zone_name)).astimezone(UTC)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """An organisation's budget periods. A fiscal year `starts` on a month and a day that every month has.

    Quarters and years that start with January are named `2026-Q4` and `2026`; others by the year in which the fiscal year
    ends: `FY2027-Q1`, `FY2027`. A month is named after its first day's month. `ended_early` has (name, first day after it) of
    periods that were closed early; the next one begins on that day.
    """

    kind: PeriodKind = "month"
    starts: tuple[int, int] = (1, 1)
    ended_early: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        month, day = self.starts
        if not (1 <= month <= 12 and 1 <= day <= 28):
            raise ValueError("a fiscal year starts on a day from the 1st to the 28th of a month")

    def period_of(self, day: int) -> Period:
        """Returns the budget period of a local day."""
        found = _period_of(day, self.kind, self.starts)
        if not self.ended_early:
            return found
        own = self._with_early_ends(found)
        return own if day < own.end_day else self._with_early_ends(_period_of(found.end_day, self.kind, self.starts))

    def _with_early_ends(self, period: Period) -> Period:
        """Returns a period of this calendar's kind with its days, where it or the one before ended early."""
        ends, before = dict(self.ended_early), _period_of(period.first_day - 1, self.kind, self.starts)
        return Period(
            name=period.name,
            first_day=ends.get(before.name, period.first_day),
            end_day=ends.get(period.name, period.end_day),
        )

    def next(self, period: Period) -> Period:
        return self.period_of(period.end_day)

    def before(self, period: Period) -> Period:
        return self.period_of(period.first_day - 1)

    def named(self, name: str) -> Period:
        """Returns the period of a name like `2026-11`, `2026-Q4` or `FY2027`, of any length. Raises ValueError for
        anything else.
        """
        try:
            found = _period_named(name, self.starts)
            return (
                self._with_early_ends(found) if _period_of(found.first_day, self.kind, self.starts) == found else found
            )
        except (ValueError, OverflowError) as error:
            raise ValueError(f"a period is written like {self.examples}") from error

    @property
    def examples(self) -> str:
        """Returns the names of periods in words."""
        return "2026-11, 2026-Q4 or 2026" if self.starts == (1, 1) else "2026-11, FY2027-Q1 or FY2027"


@lru_cache(maxsize=4096)
def _period_of(day: int, kind: PeriodKind, starts: tuple[int, int]) -> Period:
    d = date_of(day)
    first_month, first_day = starts
    month = d.year * 12 + d.month - 1 - (d.day < first_day)  # months since year 0, each from the first day on
    if kind == "month":
        return _months(month, 1, first_day, f"{month // 12:04d}-{month % 12 + 1:02d}")
    into_year = (month - (first_month - 1)) % 12
    begins = month - into_year
    year = f"{begins // 12:04d}" if starts == (1, 1) else f"FY{_last_year(begins, first_day):04d}"
    if kind == "year":
        return _months(begins, 12, first_day, year)
    quarter = into_year // 3
    return _months(begins + quarter * 3, 3, first_day, f"{year}-Q{quarter + 1}")


def _months(month: int, count: int, first_day: int, name: str) -> Period:
    first, end = (date(m // 12, m % 12 + 1, first_day) for m in (month, month + count))
    return Period(name=name, first_day=day_number(first), end_day=day_number(end))


def _last_year(begins: int, first_day: int) -> int:
    """Returns the year in which a fiscal year ends, given its first month since year 0."""
    last = day_number(date((begins + 12) // 12, (begins + 12) % 12 + 1, first_day)) - 1
    return date_of(last).year


def _period_named(name: str, starts: tuple[int, int]) -> Period:
    year, _, part = name.partition("-")
    kind: PeriodKind = "year" if not part else "quarter" if part.startswith("Q") else "month"
    if not year.startswith("FY"):
        month = int(part[1:]) * 3 - 2 if kind == "quarter" else int(part or 1)
        begins = starts if kind == "month" else (1, 1)
        period = _period_of(day_number(date(int(year), month, begins[1])), kind, begins)
    elif starts == (1, 1) or kind == "month":
        raise ValueError("only a fiscal year is named so")
    else:
        first_month, first_day = starts
        first = (int(year[2:]) - 1) * 12 + first_month - 1  # it ends a year later
        quarter = int(part[1:]) - 1 if kind == "quarter" else 0
        month = first + quarter * 3
        period = _period_of(day_number(date(month // 12, month % 12 + 1, first_day)), kind, starts)
    if period.name != name:
        raise ValueError("no period has this name")
    return period


def period_of(day: int, kind: PeriodKind = "month") -> Period:
    """Returns the calendar month, quarter or year of a local day. A budget's period comes from `Calendar`."""
    return _period_of(day, kind, (1, 1))


def week_of(day: int) -> tuple[int, int]:
    """Returns the Monday and next Monday of a day's ISO week. 1970-01-01 was a Thursday."""
    monday = day - (day + 3) % 7
    return monday, monday + 7


def week_name(monday: int) -> str:
    """Formats the ISO week of a Monday, `2026-W47`."""
    year, week, _ = date_of(monday).isocalendar()
    return f"{year}-W{week:02d}"


def monday_of(week: str) -> int:
    """Returns the Monday of an ISO week's name. Raises ValueError for anything else."""
    return day_number(datetime.strptime(f"{week}-1", "%G-W%V-%u").replace(tzinfo=UTC).date())


def day_text(day: int) -> str:
    """Formats a day as `Mon 23 Nov`."""
    d = date_of(day)
    return f"{calendar.day_abbr[d.weekday()]} {d.day} {calendar.month_abbr[d.month]}"


def long_day_text(day: int) -> str:
    """Formats a day as `23 November 2026`, for a day that may be far."""
    d = date_of(day)
    return f"{d.day} {calendar.month_name[d.month]} {d.year}"


def short_day_text(day: int) -> str:
    """Formats a day as `23 Nov`."""
    d = date_of(day)
    return f"{d.day} {calendar.month_abbr[d.month]}"
