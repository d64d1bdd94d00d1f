"""What was asked for earlier in the same period, so that a limit can't be passed in pieces, again, or by friends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

EarlierState = Literal["pending", "approved", "denied"]


@dataclass(frozen=True, kw_only=True)
class EarlierRequest:
    """An earlier request of the team, or of the asker in any team. The amount is what was granted, or is asked for.

    `limit_nanos` is that of the line it is decided by, None for none: what a higher line decides takes nothing from a lower
    one. `is_auto` is True if that line approves by itself.
    """

    id: int
    state: EarlierState
    amount_nanos: int
    limit_nanos: int | None
    is_auto: bool
    of_team: bool
    of_person: bool


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """The other requests of a period that count with one. `requests` are those of the team and those of the asker."""

    requests: Sequence[EarlierRequest] = ()

    def counted(self, amount_nanos: int, *, up_to: int) -> int:
        """Returns an amount together with what lines with at most this limit gave, or are asked for: in the team, or to
        the asker in any team, whichever is more."""
        counting = [r for r in self._standing if r.limit_nanos is not None and r.limit_nanos <= up_to]
        in_team = sum(r.amount_nanos for r in counting if r.of_team)
        by_person = sum(r.amount_nanos for r in counting if r.of_person)
        return amount_nanos + max(in_team, by_person)

    def auto_nanos(self, *, of_person: bool) -> int:
        """Returns what lines approved by themselves: for the asker in any team, or for the team."""
        autos = [r for r in self._standing if r.is_auto]
        return sum(r.amount_nanos for r in autos if (r.of_person if of_person else r.of_team))

    @property
    def autos_of_person(self) -> int:
        return sum(r.is_auto and r.of_person for r in self._standing)

    @property
    def was_denied(self) -> bool:
        """Whether a request of the asker was denied in the period: asking again needs a person's decision."""
        return any(r.state == "denied" and r.of_person for r in self.requests)

    @property
    def _standing(self) -> list[EarlierRequest]:
        return [r for r in self.requests if r.state != "denied"]


NOTHING_EARLIER = Earlier()
