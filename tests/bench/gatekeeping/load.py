"""A process of callers beside a bot; prints a line of figures.

`load allowance URL KEY TEAMS RATE SECONDS` asks so often a second. `load pairs URL KEY TEAMS RATE SECONDS` reserves and settles
so often a second. `load race URL KEY TEAM CALLERS CALLS BOUND` makes that many calls in all by so many callers at once, with
heavy-tailed costs; BOUND is `upper` or `p95`.
"""

import asyncio
import json
import random
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from tests.bench.gatekeeping.connections import Connections, paced
from tests.bench.year.company import slug

_CONNECTIONS = 64
_SHAPE, _SCALE_DOLLARS, _MOST_DOLLARS = 1.3, 0.008, 25.0
"""Costs have Pareto's tail: the dearest hundredth of the calls costs a third of it all."""


async def _allowance(made: Connections, teams: int, rate: float, seconds: float) -> dict[str, Any]:
    statuses: Counter[int] = Counter()

    async def ask(number: int) -> None:
        labels = "model=claude-opus-4-5&workflow=nightly&tool=Cursor" if number % 2 else ""
        status, _ = await made.call("GET", f"/v1/teams/{slug(number * 7 % teams)}/allowance?{labels}")
        statuses[status] += 1

    took = await paced(round(rate * seconds), rate, ask)
    return {"seconds": took, "statuses": statuses}


async def _pairs(made: Connections, teams: int, rate: float, seconds: float) -> dict[str, Any]:
    statuses: Counter[int] = Counter()
    reserving, settling = list[float](), list[float]()

    async def pair(number: int) -> None:
        began = time.perf_counter()
        asked = {"team": slug(number * 7 % teams), "max_usd": "0.05", "model": "claude-opus-4-5"}
        status, answer = await made.call("POST", "/v1/reservations", asked)
        reserved = time.perf_counter()
        statuses[status] += 1
        status, _ = await made.call("POST", f"/v1/reservations/{answer['id']}/settle", {"cost_usd": "0.02"})
        statuses[status] += 1
        reserving.append(reserved - began)
        settling.append(time.perf_counter() - reserved)

    took = await paced(round(rate * seconds), rate, pair)
    return {"seconds": took, "reserving": reserving, "settling": settling, "statuses": statuses}


def cost_of(random_: random.Random) -> float:
    """Returns a heavy-tailed cost in dollars, in whole micro-dollars."""
    return round(min(_SCALE_DOLLARS * random_.paretovariate(_SHAPE), _MOST_DOLLARS), 6)


async def _race(made: Connections, team: str, callers: int, calls: int, bound: str) -> dict[str, Any]:
    """Every tenth call settles by its usage event alone; so do calls that cost more than their bound."""
    found: Counter[str] = Counter()
    taken, spent, took = 0, 0, list[float]()
    p95 = sorted(cost_of(random.Random(seed)) for seed in range(10_000))[9_500]

    async def caller(seed: int) -> None:
        nonlocal taken, spent
        random_ = random.Random(seed)
        while taken < calls:
            taken += 1
            number, cost = taken, cost_of(random_)
            most = cost * random_.uniform(1.0, 3.0) if bound == "upper" else p95
            asked = {"team": team, "max_usd": f"{most:.6f}", "ttl_seconds": 3600}
            began = time.perf_counter()
            status, answer = await made.call("POST", "/v1/reservations", asked)
            took.append(time.perf_counter() - began)
            if status != 201:
                found["denied"] += 1
                continue
            spent += round(cost * 1_000_000)
            found["made"] += 1
            if number % 10 == 0 or cost > most:
                found["above their bound"] += cost > most
                event = _event(f"{bound}-{number}", team, cost, answer["id"])
                status, booked = await made.call("POST", "/v1/usage", [event])
                assert (status, booked["accepted"]) == (200, 1), booked
            else:
                path = f"/v1/reservations/{answer['id']}/settle"
                status, answer = await made.call("POST", path, {"cost_usd": f"{cost:.6f}"})
                assert status == 200, answer

    began = time.perf_counter()
    await asyncio.gather(*(caller(seed) for seed in range(callers)))
    _, allowance = await made.call("GET", f"/v1/teams/{team}/allowance")
    lasted = time.perf_counter() - began
    return {
        "found": found,
        "spent_micros": spent,
        "lasted": lasted,
        "seconds": took,
        "available": allowance["available_usd"],
    }


def _event(number: str, team: str, cost: float, reservation: str) -> dict[str, Any]:
    data = {
        "model": "acme-large",
        "team": team,
        "output_tokens": 100,
        "cost_usd": f"{cost:.6f}",
        "reservation": reservation,
    }
    return {"id": number, "source": "/bench", "time": datetime.now(UTC).isoformat(), "data": data}


async def _do(what: str, url: str, key: str, words: list[str]) -> dict[str, Any]:
    made = Connections(url, key)
    await made.open(_CONNECTIONS)
    if what == "race":
        return await _race(made, words[0], int(words[1]), int(words[2]), words[3])
    of = _allowance if what == "allowance" else _pairs
    return await of(made, int(words[0]), float(words[1]), float(words[2]))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(_do(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))) + "\n")
