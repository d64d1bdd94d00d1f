"""A small program that runs inside a build, this one or an earlier one: it reserves and settles, one pair after the other.

`inside KEY TEAMS` reads numbers of pairs, a line each, and prints the processor time of a pair in seconds. So no pair shares a
transaction with another: what is measured is the dearest case.
"""

import asyncio
import json
import sys
import time
from importlib import import_module

from bot.books.gatekeeping.reservations import Ask
from bot.money import NANOS
from handlers.books.gatekeeping.reservations import ReservationDesk
from storage.intake.keys import key_hash


def slug(number: int) -> str:
    return f"team-{number}"


async def _main(token: str, teams: int) -> None:
    async with import_module("handlers.cli").opened() as context:
        desk, key, made = ReservationDesk(context), key_hash(token), 0
        for line in sys.stdin:
            began, pairs = time.process_time(), int(line)
            for _ in range(pairs):
                made += 1
                ask = Ask(team=slug(made * 7 % teams), max_nanos=NANOS // 20, ttl_seconds=600, model="claude-opus-4-5")
                reservation, _ = await desk.reserve(ask, key=key)
                assert reservation is not None
                await desk.settle(reservation.id, NANOS // 50, key=key)
            sys.stdout.write(json.dumps((time.process_time() - began) / pairs) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2])))
