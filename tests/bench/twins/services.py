"""Simulated services whose instrumentations overlap, and the calls that each of their records is of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, NamedTuple

from bot.intake.twins.sightings import Sighting
from bot.periods import MICROS

Evidence = Literal["id", "parent", "above", "process"]
"""How a second record shows its call: by the response id in another trace, as the parent's span, as a span above other
spans, or by its process, counts and time alone.
"""
START = 1_795_000_000 * MICROS
PROMPTS = 40
"""Different prompts of all services: cron jobs send them again and again."""


class Told(NamedTuple):
    """A record, the number of the call it is of, and whether it is the client's own, of which each call has one."""

    call: int
    sighting: Sighting
    is_clients: bool


@dataclass(frozen=True)
class Service:
    """One process: its own instrumentation, and those that wrap it, each with its evidence."""

    number: int
    process: int
    client: int
    wrappers: tuple[tuple[int, Evidence], ...]
    has_ids: bool


def services(random: Random, count: int) -> list[Service]:
    """Returns services: a third without a wrapper, a fifth that share one resource, as replicas without a name do."""
    found = []
    for number in range(count):
        client = random.randrange(1, 4)
        wrappers = list[tuple[int, Evidence]]()
        for _ in range(random.choice((0, 0, 1, 1, 1, 2))):
            wrappers.append((random.randrange(10, 16), random.choice(("id", "parent", "above", "process"))))
        shared = random.random() < 0.2
        if shared:  # replicas of one image have the same instrumentations
            client, wrappers = 1, [(10, "process")]
        process = -7 if shared else random.getrandbits(62)
        unique = tuple({scope: (scope, way) for scope, way in wrappers}.values())
        found.append(Service(number, process, client, unique, has_ids=random.random() < 0.7))
    return found


class Clock:
    """Calls of all services, at the moments of cron jobs and between them."""

    def __init__(self, random: Random, fleet: Sequence[Service]) -> None:
        self._random = random
        self._fleet = fleet
        self._prompts = [(random.randrange(50, 60_000), random.randrange(1, 2_000)) for _ in range(PROMPTS)]
        self._ids = iter(range(1, 1 << 60))

    def records(self, calls: int) -> Iterator[Told]:
        """Yields the records of so many calls, in the order of their calls."""
        random, at = self._random, START
        made = 0
        while made < calls:
            at += random.randrange(1, 400_000)
            together = self._fleet if random.random() < 0.02 else [random.choice(self._fleet)]
            prompt = random.choice(self._prompts)  # one moment, one prompt, and greedy sampling: equal counts
            for service in together:
                for _ in range(random.choice((1, 1, 1, 3))):
                    begins = at + random.randrange(0, 1_500_000)
                    yield from self._call(made, service, prompt, begins)
                    made += 1

    def _call(self, call: int, service: Service, prompt: tuple[int, int], begins: int) -> Iterator[Told]:
        random = self._random
        lasts = random.randrange(300_000, 20_000_000)
        response = next(self._ids) << 16 if service.has_ids or any(way == "id" for _, way in service.wrappers) else 0
        trace, span = next(self._ids), next(self._ids)
        parent, start, end = 0, begins, begins + lasts
        outer = list[Sighting]()
        for scope, way in service.wrappers:
            start -= random.randrange(1_000, 30_000) if random.random() < 0.95 else random.randrange(30_000, 1_200_000)
            end += random.randrange(200, 40_000)
            own = next(self._ids)
            of_trace = trace if way in ("parent", "above") else next(self._ids)
            if way == "parent" and not parent:
                parent = own
            outer.append(
                Sighting(
                    key=own.to_bytes(16, "big"),
                    source=1,
                    at=end,
                    scope=scope,
                    process=service.process,
                    trace=of_trace,
                    span=own,
                    parent=0,
                    response=response if way == "id" else 0,
                    start=start,
                    end=end,
                    tokens_in=prompt[0],
                    tokens_out=prompt[1],
                    model=1,
                )
            )
        inner = Sighting(
            key=span.to_bytes(16, "big"),
            source=1,
            at=begins + lasts,
            scope=service.client,
            process=service.process,
            trace=trace,
            span=span,
            parent=parent,
            response=response,
            start=begins,
            end=begins + lasts,
            tokens_in=prompt[0],
            tokens_out=prompt[1],
            model=1,
        )
        for sighting in (inner, *outer):
            yield Told(call, sighting, sighting is inner)


def batches(random: Random, records: Sequence[Told]) -> Iterator[list[Told]]:
    """Yields records as exporters send them: by the ends of spans, some batches late, and some records late."""
    late = [
        (record.sighting.end + (random.randrange(0, 600 * MICROS) if random.random() < 0.02 else 0), record)
        for record in records
    ]
    ordered = [record for _, record in sorted(late, key=lambda found: found[0])]
    at = 0
    while at < len(ordered):
        size = random.choice((1, 20, 512, 512))
        yield ordered[at : at + size]
        at += size
