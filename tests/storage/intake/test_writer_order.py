"""Turns at SQLite's one writer: groups follow each other without the event loop, and nobody who waits is passed over."""

import asyncio
import threading
from pathlib import Path

from bot.intake.known_keys import Suspects
from storage.drivers.fifo import FifoLock
from storage.intake.event_keys.inserts import KeysInsert
from storage.intake.groups.fast_writer import SqliteFastWriter
from storage.intake.rollups import Insert
from tests.support.waiting import DEADLINE_SECONDS

EMPTY = Insert("usage_events", (), ())
NO_KEYS = KeysInsert(Insert("run_keys", (), ()), 0, Suspects([], []))


class Held(SqliteFastWriter):
    """Its visits to the database are noted, and end when the gate is open."""

    def __init__(self, path: Path, lock: FifoLock, said: list[str]) -> None:
        super().__init__(f"sqlite:///{path}", lock)
        self.said = said
        self.begun, self.gate = threading.Event(), threading.Event()

    def _write(self, keys: KeysInsert, events: Insert, others: object, version: int, deferred_at: int | None) -> bool:
        self.begun.set()
        assert self.gate.wait(DEADLINE_SECONDS)
        self.said.append(f"group {version}")
        return True


async def test_a_group_stands_behind_another_but_never_before_who_waits_already(tmp_path: Path) -> None:
    said: list[str] = []
    lock = FifoLock()
    way = Held(tmp_path / "x.db", lock, said)

    async def other() -> None:
        async with lock:
            said.append("other")

    async def group(number: int) -> None:
        await way.write(NO_KEYS, EMPTY, [], version=number)

    async with asyncio.TaskGroup() as tasks:
        for number, wanted in enumerate((group(0), group(1), other(), group(3), group(4))):
            tasks.create_task(wanted, name=str(number))
            await asyncio.sleep(0)
        way.gate.set()
    assert said == ["group 0", "group 1", "other", "group 3", "group 4"]

    async with asyncio.timeout(DEADLINE_SECONDS):  # and the lock is free again
        await other()
    await way.close()


async def test_a_visit_that_is_given_up_gives_the_turn_back(tmp_path: Path) -> None:
    lock = FifoLock()
    way = Held(tmp_path / "x.db", lock, [])
    given_up = asyncio.create_task(way.write(NO_KEYS, EMPTY, [], version=1))
    await asyncio.to_thread(way.begun.wait)
    given_up.cancel()
    way.gate.set()
    await asyncio.gather(given_up, return_exceptions=True)

    async with asyncio.timeout(DEADLINE_SECONDS), lock:
        assert not lock.is_waited_for
    await way.close()
