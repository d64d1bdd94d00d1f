"""Comparisons: what requests would have meant under another policy, beside what they mean under the present one."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.requests.rehearsals.fates import Fate
from bot.requests.rehearsals.past_asks import DecisionPace, PastAsk
from bot.requests.rehearsals.replays import Replay


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A request whose fate differs: now and as planned."""

    ask: PastAsk
    now: Fate
    planned: Fate


@dataclass(frozen=True, kw_only=True)
class Workload:
    """How many requests wait for a person, now and as planned."""

    person_id: int
    now: int
    planned: int


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The same requests under the present policy and under the planned one."""

    now: Replay
    planned: Replay
    pace: DecisionPace

    @property
    def asks(self) -> Sequence[PastAsk]:
        return [ask for ask, _ in self.planned.fates]

    @property
    def simulated(self) -> int:
        """Returns how many of the requests are simulated."""
        return sum(ask.is_simulated for ask in self.asks)

    def changed(self) -> list[Changed]:
        """Returns the requests that others would decide, or nobody, or the policy itself; oldest first."""
        return [
            Changed(ask=ask, now=now, planned=planned)
            for (ask, now), (_, planned) in zip(self.now.fates, self.planned.fates, strict=True)
            if (now.by, now.deciders, now.needed) != (planned.by, planned.deciders, planned.needed)
        ]

    def stuck(self) -> list[tuple[PastAsk, Fate]]:
        """Returns the requests that the planned policy refuses, or that nobody could decide."""
        return [(ask, fate) for ask, fate in self.planned.fates if fate.by in ("nobody", "refused")]

    def moved_up(self) -> list[tuple[PastAsk, Fate]]:
        """Returns the requests that the planned policy takes to a higher line, as earlier ones of the period count too."""
        return [(ask, fate) for ask, fate in self.planned.fates if fate.moved_up]

    def workloads(self) -> list[Workload]:
        """Returns the people with another number of requests to decide, the greatest change first."""
        now, planned = self.now.by_decider(), self.planned.by_decider()
        found = [Workload(person_id=p, now=now[p], planned=planned[p]) for p in now.keys() | planned.keys()]
        moved = [one for one in found if one.now != one.planned]
        return sorted(moved, key=lambda one: (-abs(one.planned - one.now), one.person_id))
