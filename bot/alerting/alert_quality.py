"""Whether alerts are worth reading: how many there were, what people answered, and how soon."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median_low

QUALITY_DAYS = 30
_ENOUGH = 5
"""So many answers before a share of them means anything."""
_NOISY_PERCENT = 30


@dataclass(frozen=True, kw_only=True)
class AlertAnswer:
    """What came of one alert that was said. `seconds` is how long it took until somebody first reacted."""

    team_id: int
    state: str
    is_not_useful: bool
    seconds: int | None


@dataclass(frozen=True, kw_only=True)
class AlertQuality:
    """What came of alerts. Somebody may be on one and still find it of no use, so the counts may overlap."""

    alerts: int
    answered: int
    acknowledged: int
    expected: int
    not_useful: int
    median_seconds: int | None

    @property
    def noise(self) -> int:
        """Alerts that told nobody anything: of no use, or of spend that was planned."""
        return self.expected + self.not_useful

    @property
    def is_noisy(self) -> bool:
        """Whether so many of those answered were noise that the settings want a look."""
        return self.answered >= _ENOUGH and self.noise * 100 >= self.answered * _NOISY_PERCENT


def quality_of(answers: Iterable[AlertAnswer]) -> AlertQuality:
    found = list(answers)
    waits = [a.seconds for a in found if a.seconds is not None]
    return AlertQuality(
        alerts=len(found),
        answered=len(waits),
        acknowledged=sum(a.state == "acknowledged" for a in found),
        expected=sum(a.state == "expected" and not a.is_not_useful for a in found),
        not_useful=sum(a.is_not_useful for a in found),
        median_seconds=median_low(waits) if waits else None,
    )


def quality_by_team(answers: Sequence[AlertAnswer]) -> dict[int, AlertQuality]:
    teams = {a.team_id for a in answers}
    return {team: quality_of(a for a in answers if a.team_id == team) for team in sorted(teams)}
