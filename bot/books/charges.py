"""Which days of a team's usage a posting pass has to sum again: those that changed, and those that ended."""

from typing import NamedTuple

from bot.periods import DAY_MICROS, HOUR_MICROS

RECENT_HOURS = 48
"""A change of hours older than this before a team's newest hour counts as a rewrite of its history."""
HOURS_A_DAY = DAY_MICROS // HOUR_MICROS


class Posted(NamedTuple):
    """How far a team's usage is posted: the state of its totals then, and the first day that was not over."""

    version: int
    newest_hour: int
    rewrites: int
    until_day: int


class TeamUsage(NamedTuple):
    """The state of a team's totals, and how far they are posted; None if nobody has posted them."""

    team_id: int
    version: int
    newest_hour: int
    rewrites: int
    posted: Posted | None

    def posted_until(self, today: int) -> Posted:
        """Returns the position after all days before `today` are posted."""
        return Posted(self.version, self.newest_hour, self.rewrites, today)


def first_changed_day(*, newest_hour: int) -> int:
    """Returns the earliest local day that a change without a rewrite can touch, in any time zone."""
    return (newest_hour - RECENT_HOURS) // HOURS_A_DAY - 1


def days_to_post(usage: TeamUsage, *, today: int) -> tuple[int, int] | None:
    """Returns the days [first, end) to sum again, all before `today` (the team's); None if nothing is due.

    An unchanged team has only the days that ended since. A rewrite of its history makes all its days due.
    """
    posted = usage.posted
    if posted is None or posted.rewrites != usage.rewrites or posted.version > usage.version:
        return FIRST_DAY, today
    first = posted.until_day
    if posted.version != usage.version:
        first = min(first, first_changed_day(newest_hour=posted.newest_hour))
    return (first, today) if first < today else None


FIRST_DAY = -(10**6)
"""Before every day that a call can have."""
