"""When each source was last active, and in which hours it had usage, written at most once per process."""

from collections.abc import Sequence

from bot.periods import HOUR_MICROS, MICROS
from handlers.intake.usage_jobs import UsageJob

SourceHours = set[tuple[int, int]]
"""(source id, UTC hour of use)."""


class SourceActivity:
    """What this process has recorded about its sources' activity, so that it does not write it with every group."""

    _INTERVAL_SECONDS = 10.0
    _MAX_HOURS = 100_000

    def __init__(self) -> None:
        self._recorded_at: dict[int, float] = {}
        self._recorded_hours: SourceHours = set()

    def unrecorded_sources(self, group: Sequence[UsageJob], *, now: int) -> dict[int, int]:
        """Returns each live source not recorded in the last 10 seconds, with the first moment of its events in the group."""
        seconds = now / MICROS  # the clock may move, back too
        sources: dict[int, int] = {}
        for job in group:
            source_id = job.source.id
            if (
                job.is_live
                and abs(seconds - self._recorded_at.get(source_id, -1e9)) > self._INTERVAL_SECONDS
                and (moments := job.moments)
            ):
                first = min(moments)
                sources[source_id] = min(first, sources.get(source_id, first))
        return sources

    def record_sources(self, sources: dict[int, int], *, now: int) -> None:
        self._recorded_at.update(dict.fromkeys(sources, now / MICROS))

    def unrecorded_hours(self, group: Sequence[UsageJob]) -> SourceHours:
        """Returns the hours of use in a group that this process has not recorded yet."""
        used = SourceHours()
        for job in group:
            used |= {(job.source.id, hour) for hour in {at // HOUR_MICROS for at in job.moments}}
        return used - self._recorded_hours

    def record_hours(self, hours: SourceHours) -> None:
        if len(self._recorded_hours) > self._MAX_HOURS:
            self._recorded_hours.clear()
        self._recorded_hours |= hours

    def clear_hours(self) -> None:
        """Clears the recorded hours after the database failed: it may have come back as a copy without them."""
        self._recorded_hours.clear()
