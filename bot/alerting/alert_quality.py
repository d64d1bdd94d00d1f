"""The quality of alerts: how many were posted, how people answered, and how fast."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median_low

from bot.alerting.reactions.alert_opinions import OPINION_REASONS, OpinionReason

QUALITY_DAYS = 30
_ENOUGH = 5
"""A share needs at least this many answers."""
_NOISY_PERCENT = 30


@dataclass(frozen=True, kw_only=True)
class AlertAnswer:
    """The answer to one posted alert. `seconds` is the time until the first reaction, None without one. `opinions` has a reason
    for each person who finds it not useful."""

    team_id: int
    state: str
    seconds: int | None
    opinions: tuple[OpinionReason, ...] = ()

    @property
    def is_not_useful(self) -> bool:
        return bool(self.opinions)


@dataclass(frozen=True, kw_only=True)
class AlertQuality:
    """Counts of alerts by answer. One alert may count as both acknowledged and not useful."""

    alerts: int
    answered: int
    acknowledged: int
    expected: int
    not_useful: int
    median_seconds: int | None
    reasons: tuple[tuple[OpinionReason, int], ...] = ()
    """Why alerts were not useful, and how many people said so: the most frequent first."""

    @property
    def noise(self) -> int:
        """The number of alerts that were planned spend or not useful."""
        return self.expected + self.not_useful

    @property
    def is_noisy(self) -> bool:
        """Whether 30% of at least five answers are noise."""
        return self.answered >= _ENOUGH and self.noise * 100 >= self.answered * _NOISY_PERCENT


def quality_of(answers: Iterable[AlertAnswer]) -> AlertQuality:
    found = list(answers)
    said = Counter(reason for a in found for reason in a.opinions)
    waits = [a.seconds for a in found if a.seconds is not None]
    return AlertQuality(
        alerts=len(found),
        answered=len(waits),
        acknowledged=sum(a.state == "acknowledged" for a in found),
        expected=sum(a.state == "expected" and not a.is_not_useful for a in found),
        not_useful=sum(a.is_not_useful for a in found),
        median_seconds=median_low(waits) if waits else None,
        reasons=tuple(sorted(said.items(), key=lambda one: (-one[1], OPINION_REASONS.index(one[0])))),
    )


def quality_by_team(answers: Sequence[AlertAnswer]) -> dict[int, AlertQuality]:
    teams = {a.team_id for a in answers}
    return {team: quality_of(a for a in answers if a.team_id == team) for team in sorted(teams)}
