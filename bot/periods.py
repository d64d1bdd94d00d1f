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


def day_start(day: int, zone_name: str) -> datetime:
    """Returns the UTC moment at which a local day starts."""
    return datetime.combine(date_of(day), time(), zone(zone_name)).astimezone(UTC)


@lru_cache(maxsize=4096)
def period_of(day: int, kind: PeriodKind = "month") -> Period:
    """Returns the budget period of a local day."""
    d = date_of(day)
    if kind == "year":
        first, months, name = date(d.year, 1, 1), 12, f"{d.year}"
    elif kind == "quarter":
        quarter = (d.month - 1) // 3
        first, months, name = date(d.year, quarter * 3 + 1, 1), 3, f"{d.year}-Q{quarter + 1}"
    else:
        first, months, name = date(d.year, d.month, 1), 1, f"{d.year}-{d.month:02d}"
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return Period(name=name, first_day=day_number(first), end_day=day_number(date(year, month + 1, 1)))


def period_named(name: str) -> Period:
    """Returns the period of a name like `2026-11`, `2026-Q4` or `2026`. Raises ValueError for anything else."""
    year, _, part = name.partition("-")
    kind: PeriodKind = "year" if not part else "quarter" if part.startswith("Q") else "month"
    month = int(part[1:]) * 3 if kind == "quarter" else int(part or 1)
    period = period_of(day_number(date(int(year), month, 1)), kind)
    if period.name != name:
        raise ValueError("a period is written like 2026-11, 2026-Q4 or 2026")
    return period


def next_period(period: Period, kind: PeriodKind) -> Period:
    return period_of(period.end_day, kind)


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
