"""The one place that reads the clock; everywhere else time is an argument called `now`."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ShiftedClock:
    """The machine's clock moved by an offset that can grow: the demo jumps to Monday with it."""

    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def jump_to(self, moment: datetime) -> None:
        """Moves the time to `moment`, forwards only: a ledger has no use for a clock that runs back."""
        self._offset = max(self._offset, moment - datetime.now(UTC))


def wall_seconds() -> float:
    """Seconds since 1970 on the machine's clock, for signatures: Slack signs by the real time, whatever a demo says."""
    return time.time()
