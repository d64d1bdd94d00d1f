"""Votes: the approvals of a request that needs several people, each of whom counts once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.org.teams import Directory
from bot.requests.approvals import ApprovalRoute, Deciding


@dataclass(frozen=True, kw_only=True)
class Vote:
    """An approval by a person; a delegate's is for somebody else."""

    person_id: int
    for_person_id: int | None = None
    at: int = 0


@dataclass(frozen=True, kw_only=True)
class Tally:
    """The votes that count, and who is missing: `needed` more of each group's `people`, who have not voted."""

    given: tuple[Vote, ...]
    missing: tuple[Deciding, ...]

    @property
    def is_decided(self) -> bool:
        return not self.missing


def tally(route: ApprovalRoute, votes: Sequence[Vote], directory: Directory) -> Tally:
    """Counts votes. Each fills one place, in a group that the voter, or whom they stand in for, belongs to.

    A person counts once, whatever accounts they have, and so does whom they stand in for. A vote of somebody who is no
    decider any more counts no more.
    """
    places, counted, used = _Places(route.groups), list[Vote](), set[int]()
    for vote in votes:
        humans = directory.records_of(vote.person_id) | directory.records_of(_voice(vote))
        if not humans & used and places.take(vote, set()):
            counted.append(vote)
            used |= humans
    missing = tuple(
        replace(route.groups[number], needed=count, people=route.groups[number].people - used)
        for number, count in places.left().items()
    )
    return Tally(given=tuple(counted), missing=missing)


def can_be_decided(route: ApprovalRoute, directory: Directory) -> bool:
    """Whether its deciders are enough: each counts once, so a person in two groups fills one place."""
    return tally(route, [Vote(person_id=person_id) for person_id in sorted(route.deciders)], directory).is_decided


def _voice(vote: Vote) -> int:
    return vote.person_id if vote.for_person_id is None else vote.for_person_id


class _Places:
    """The places that votes fill, by the number of their group."""

    def __init__(self, groups: Sequence[Deciding]) -> None:
        self.groups = groups
        self.numbers = [number for number, group in enumerate(groups) for _ in range(group.needed)]
        self.filled: dict[int, Vote] = {}

    def take(self, vote: Vote, tried: set[int]) -> bool:
        """Finds a place for a vote; earlier votes move to another place of theirs if that makes room."""
        for place, number in enumerate(self.numbers):
            if place in tried or not {vote.person_id, _voice(vote)} & self.groups[number].people:
                continue
            tried.add(place)
            if place not in self.filled or self.take(self.filled[place], tried):
                self.filled[place] = vote
                return True
        return False

    def left(self) -> dict[int, int]:
        """Returns the number of open places by group."""
        return dict(Counter(number for place, number in enumerate(self.numbers) if place not in self.filled))
