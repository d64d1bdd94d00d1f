"""The only module that reads the clock; everywhere else time is an argument `now`."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A source of the current UTC time."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ShiftedClock:
    """The machine's clock with a growing offset: the demo begins in the month before and jumps to Monday with it."""

    def __init__(self, *, starts_at: datetime | None = None) -> None:
        self._offset = timedelta() if starts_at is None else starts_at - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def jump_to(self, moment: datetime) -> None:
        """Moves the time forward to `moment`; the ledger cannot handle a clock that runs back."""
        self._offset = max(self._offset, moment - datetime.now(UTC))


def wall_seconds() -> float:
    """Returns seconds since 1970 on the machine's clock, for signatures: Slack signs by real time, even during a demo."""
    return time.time()
