"""Working time: the hours on the working days of somebody's zone, without days off. Exact where clocks change."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache

from bot.periods import HOUR_MICROS, date_of, local_day, micros, zone

_DAYS = [name.casefold() for name in calendar.day_abbr]
_TYPED = re.compile(r"(?P<days>[a-z]{3,9}(?:[-,][a-z]{3,9})*) (?P<begins>\d{1,2}:\d\d)-(?P<ends>\d{1,2}:\d\d)")
_MOST_DAYS = 3 * 366
"""Working time is searched for in so many days; without any the last one is taken."""
EXAMPLE = "Mon-Fri 09:00-18:00"


@dataclass(frozen=True, kw_only=True)
class WorkingHours:
    """The hours of a working day, on some weekdays (0 is Monday), in minutes since midnight."""

    weekdays: frozenset[int] = frozenset(range(5))
    begins: int = 9 * 60
    ends: int = 18 * 60

    @property
    def hours_a_day(self) -> float:
        return (self.ends - self.begins) / 60


DEFAULT_HOURS = WorkingHours()


def hours_of(stored: str | None) -> WorkingHours:
    """Returns the working hours that the policy declares, or Monday to Friday from nine to six."""
    return DEFAULT_HOURS if stored is None else parse_hours(stored)


def parse_hours(text: str) -> WorkingHours:
    """Reads working hours such as `Mon-Fri 09:00-18:00` or `Sun,Mon,Tue 8:00-16:30`. Raises ValueError."""
    typed = _TYPED.fullmatch(" ".join(text.casefold().replace("–", "-").replace(", ", ",").split()))
    if typed is None:
        raise ValueError(f"write the days and hours like {EXAMPLE}")
    begins, ends = _minute(typed["begins"]), _minute(typed["ends"])
    if ends <= begins:
        raise ValueError(f"the hours must end after they begin, on the same day, like {EXAMPLE}")
    return WorkingHours(weekdays=_weekdays(typed["days"]), begins=begins, ends=ends)


def _weekdays(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        start, end = _weekday(first), _weekday(last or first)
        found |= {(start + step) % 7 for step in range((end - start) % 7 + 1)}
    return frozenset(found)


def _weekday(name: str) -> int:
    if name[:3] not in _DAYS or not calendar.day_name[_DAYS.index(name[:3])].casefold().startswith(name):
        raise ValueError(f"{name} is no day of the week; write the days and hours like {EXAMPLE}")
    return _DAYS.index(name[:3])


def _minute(text: str) -> int:
    hour, minute = (int(part) for part in text.split(":"))
    if minute > 59 or hour * 60 + minute > 24 * 60 - 1:
        raise ValueError(f"{text} is no time of the day; write the days and hours like {EXAMPLE}")
    return hour * 60 + minute


@dataclass(frozen=True, kw_only=True)
class WorkTime:
    """Somebody's working time: hours in a zone, on no day off. A span is half open: at its last moment work is over."""

    zone_name: str
    hours: WorkingHours = DEFAULT_HOURS
    days_off: frozenset[int] = frozenset()

    def is_working(self, at: int) -> bool:
        span = self._span(local_day(at, self.zone_name))
        return span is not None and span[0] <= at < span[1]

    def next_moment(self, at: int) -> int:
        """Returns the first working moment from a moment on."""
        return self.after(at, 0)

    def after(self, at: int, hours: float) -> int:
        """Returns the working moment at which so many hours of work have passed since a moment."""
        left = round(hours * HOUR_MICROS)
        for opens, ends in self._spans(local_day(at, self.zone_name)):
            begins = max(opens, at)
            if left < ends - begins:
                return begins + left
            left -= max(0, ends - begins)
        return at + left

    def between(self, begins: int, ends: int) -> int:
        """Returns the working microseconds between two moments."""
        total = 0
        for opens, closes in self._spans(local_day(begins, self.zone_name)):
            if opens >= ends:
                break
            total += max(0, min(closes, ends) - max(opens, begins))
        return total

    def _spans(self, day: int) -> Iterator[tuple[int, int]]:
        """Yields the working spans from a day on."""
        for later in range(day, day + _MOST_DAYS):
            if (span := self._span(later)) is not None:
                yield span

    def _span(self, day: int) -> tuple[int, int] | None:
        if day in self.days_off or (day + 3) % 7 not in self.hours.weekdays:  # 1970-01-01 was a Thursday
            return None
        return _moment(day, self.hours.begins, self.zone_name), _moment(day, self.hours.ends, self.zone_name)


@lru_cache(maxsize=65_536)
def _moment(day: int, minute: int, zone_name: str) -> int:
    """Returns the moment of a local time of day."""
    return micros(datetime.combine(date_of(day), time(minute // 60, minute % 60), zone(zone_name)))
