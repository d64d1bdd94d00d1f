"""The moments at which the suite must pass: where a month, a year or a zone's clock turns."""

from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A moment in UTC and the zone of the machine that lives through it."""

    name: str
    at: datetime
    machine_zone: str


def _moment(name: str, at: str, machine_zone: str) -> Moment:
    return Moment(name=name, at=datetime.fromisoformat(at).replace(tzinfo=UTC), machine_zone=machine_zone)


MOMENTS = (
    _moment("november-ends", "2026-11-30 23:50", "Pacific/Kiritimati"),
    _moment("monday-nine", "2026-12-07 09:00", "America/Los_Angeles"),
    _moment("year-ends", "2026-12-31 23:50", "Asia/Kolkata"),
    _moment("january-ends", "2027-01-31 23:50", "UTC"),
    _moment("march-begins", "2027-03-01 00:01", "Pacific/Pago_Pago"),
    _moment("new-york-before-its-spring-change", "2027-03-14 06:55", "America/New_York"),
    _moment("london-before-its-spring-change", "2027-03-28 00:55", "Europe/London"),
    _moment("london-after-its-spring-change", "2027-03-28 01:05", "Europe/London"),
    _moment("london-before-its-autumn-change", "2027-10-31 00:55", "Europe/London"),
    _moment("london-in-its-second-one-o-clock", "2027-10-31 01:05", "Europe/London"),
    _moment("new-york-in-its-second-one-o-clock", "2027-11-07 06:05", "America/New_York"),
    _moment("year-ends-in-new-york", "2028-01-01 04:50", "America/New_York"),
    _moment("leap-day-begins", "2028-02-29 00:05", "Pacific/Kiritimati"),
    _moment("leap-day-ends", "2028-02-29 23:50", "Pacific/Pago_Pago"),
)


def moment_of(day: date) -> Moment:
    """Returns the moment to run on a day. All of them come round in two weeks."""
    return MOMENTS[day.toordinal() % len(MOMENTS)]
