"""Runs records through the index and the grouping, batch by batch as commits do, and judges the calls they end at."""

from dataclasses import dataclass
from random import Random
from time import process_time

from bot.intake.twins.grouping import Grouping, in_order
from bot.intake.twins.index import Batch, TwinIndex
from bot.intake.twins.sightings import Sighting
from tests.bench.twins.services import Clock, Told, batches, services

SERVICES = 30


@dataclass(frozen=True)
class Judged:
    """The calls, the records beyond the first of each, those of them that are booked as calls of their own, and the calls
    that are lost in another one. `crossed` calls have the record of an equal call in the place of their own: the sums are
    right, and each counts as a false merge all the same.
    """

    calls: int
    twins: int
    missed: int
    merged: int
    crossed: int
    micros_per_record: float
    index_bytes: int

    @property
    def is_good(self) -> bool:
        return self.missed * 1_000 <= self.twins and (self.merged + self.crossed) * 10_000 <= self.calls


def simulate(*, calls: int, seed: int) -> Judged:
    """Returns what becomes of so many calls."""
    random = Random(seed)
    told = list(Clock(random, services(random, SERVICES)).records(calls))
    index, grouping = TwinIndex(), Grouping()
    began = process_time()
    for number, batch in enumerate(batches(random, told)):
        take(index, grouping, [record.sighting for record in batch], number)
    took = process_time() - began
    return judged(told, grouping, micros_per_record=took / len(told) * 1e6, index_bytes=index.size)


def take(index: TwinIndex, grouping: Grouping, sightings: list[Sighting], number: int) -> None:
    """Takes in the records of one commit."""
    batch = Batch.of(in_order(sightings), token=number, received_at=0)
    grouping.know([sighting] for sighting in sightings)
    waiting = batch
    while len(waiting):
        ejected: list[Sighting] = []
        candidates = candidates_of(index, waiting)
        for at, sighting in enumerate(waiting.sightings):
            ejected += grouping.join(sighting, candidates.get(at, ()))
        waiting = Batch.of(in_order(ejected), token=-1, received_at=0)
    index.add(batch)


def candidates_of(index: TwinIndex, batch: Batch) -> dict[int, list[Sighting]]:
    candidates: dict[int, list[Sighting]] = {}
    for at, other, _, _ in index.find(batch):
        if other is not None:
            candidates.setdefault(at, []).append(other)
    return candidates


def judged(told: list[Told], grouping: Grouping, *, micros_per_record: float, index_bytes: int) -> Judged:
    of = {record.sighting.id: record for record in told}
    groups = [[of[member.id] for member in group] for group in grouping.calls]
    calls = len({record.call for record in told})
    clients = [sum(record.is_clients for record in group) for group in groups]
    return Judged(
        calls=calls,
        twins=len(told) - calls,
        missed=clients.count(0),
        merged=sum(count - 1 for count in clients if count > 1),
        crossed=sum(len({record.call for record in group}) > 1 for group in groups),
        micros_per_record=micros_per_record,
        index_bytes=index_bytes,
    )
