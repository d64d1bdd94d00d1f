"""Turns at SQLite's one writer: groups follow each other without the event loop, and nobody who waits is passed over."""

import asyncio
import time
from pathlib import Path

from storage.fifo import FifoLock
from storage.intake.fast_writer import SqliteFastWriter
from storage.intake.rollups import Insert

EMPTY = Insert("event_keys", (), ())


class Slow(SqliteFastWriter):
    """Its visits to the database take a moment, and are noted."""

    def __init__(self, path: Path, lock: FifoLock, said: list[str]) -> None:
        super().__init__(f"sqlite:///{path}", lock)
        self.said = said

    def _write(self, keys: Insert, events: Insert, others: object, version: int) -> bool:
        time.sleep(0.05)
        self.said.append(f"group {version}")
        return True


async def test_a_group_stands_behind_another_but_never_before_who_waits_already(tmp_path: Path) -> None:
    said: list[str] = []
    lock = FifoLock()
    way = Slow(tmp_path / "x.db", lock, said)

    async def other() -> None:
        async with lock:
            said.append("other")

    async def group(number: int) -> None:
        await way.write(EMPTY, EMPTY, [], version=number)

    async with asyncio.TaskGroup() as tasks:
        for number, wanted in enumerate((group(0), group(1), other(), group(3), group(4))):
            tasks.create_task(wanted, name=str(number))
            await asyncio.sleep(0)
    assert said == ["group 0", "group 1", "other", "group 3", "group 4"]

    async with asyncio.timeout(1):  # and the lock is free again
        await other()
    await way.close()


async def test_a_visit_that_is_given_up_gives_the_turn_back(tmp_path: Path) -> None:
    lock = FifoLock()
    way = Slow(tmp_path / "x.db", lock, [])
    given_up = asyncio.create_task(way.write(EMPTY, EMPTY, [], version=1))
    await asyncio.sleep(0.01)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)

    async with asyncio.timeout(1), lock:
        assert not lock.is_waited_for
    await way.close()
