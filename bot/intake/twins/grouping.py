"""Groups of records, one group a call."""

from collections.abc import Iterable, Sequence

from bot.intake.twins.sightings import Sighting, are_twins, distance, may_be_one

Id = tuple[int, bytes]


class Grouping:
    """Records by their call. Starts with what is known, and takes in new records one by one.

    A record joins its nearest twins, and never a call that its own instrumentation told already, unless it is nearer than
    the record that did: that one then looks for another call. So of calls with equal counts at one time each gets the
    records that fit it best, in whatever order they come.
    """

    def __init__(self, known: Iterable[Sequence[Sighting]] = ()) -> None:
        self._groups: dict[Id, list[Sighting]] = {}
        self._near: dict[Id, dict[Id, Sighting]] = {}
        self.know(known)

    def know(self, groups: Iterable[Sequence[Sighting]]) -> None:
        """Takes in known calls, unless their records are here already."""
        for group in groups:
            members = [member for member in group if member.id not in self._groups]
            self._groups.update((member.id, members) for member in members)

    def __contains__(self, record: Id) -> bool:
        return record in self._groups

    def of(self, sighting: Sighting) -> list[Sighting]:
        """Returns the records of its call."""
        return self._groups[sighting.id]

    @property
    def calls(self) -> list[list[Sighting]]:
        """Returns the records of each call."""
        return list({id(group): group for group in self._groups.values()}.values())

    def join(self, sighting: Sighting, candidates: Iterable[Sighting]) -> list[Sighting]:
        """Joins the call of a record with those of its twins, the nearest first. Returns the records that lost their
        call to it, which have to join anew.
        """
        near = self._near.setdefault(sighting.id, {})
        for other in candidates:
            if other.id != sighting.id and are_twins(sighting, other):
                near[other.id] = other
                self._near.setdefault(other.id, {})[sighting.id] = sighting
        ejected: list[Sighting] = []
        for twin in sorted(near.values(), key=lambda other: (*distance(sighting, other), other.key)):
            if twin.id not in self._groups:
                continue
            mine, theirs = self._groups[sighting.id], self._groups[twin.id]
            if mine is theirs:
                continue
            rivals = [member for member in theirs if not may_be_one(mine, [member])]
            if rivals and not _all_farther(rivals, theirs, sighting, twin):
                continue
            for rival in rivals:
                theirs.remove(rival)
                self._groups[rival.id] = [rival]
            ejected += rivals
            mine += theirs
            self._groups.update((member.id, mine) for member in theirs)
        return ejected


def _all_farther(rivals: Sequence[Sighting], group: Sequence[Sighting], sighting: Sighting, twin: Sighting) -> bool:
    """Returns True if a record is nearer to its twin than all that it would replace are to the rest of the group."""
    if twin in rivals:
        return False
    rest = [member for member in group if member not in rivals]
    here = (*distance(sighting, twin), sighting.key)
    return all(
        here < min((*distance(rival, member), rival.key) for member in rest if are_twins(rival, member))
        for rival in rivals
        if any(are_twins(rival, member) for member in rest)
    )


def in_order(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Returns records in the order in which their spans ended, as exporters send them."""
    return sorted(sightings, key=lambda found: (found.end, found.start, found.key))
