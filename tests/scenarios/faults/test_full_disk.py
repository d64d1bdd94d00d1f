"""A full disk under load: rows that can't be stored are answered 503 and sent again; with free space they are booked."""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.settings import Settings
from storage.migrate import migrate
from tests.scenarios.booked import organised, times_booked
from tests.support.disks import Disk, LimitedFiles, small_disk
from tests.support.postgres import Postgres, postgres
from tests.support.processes import BotProcess, bot_process, tokens
from tests.support.traffic.flood import Flood, changes_nothing, is_booked_once, mixed_posts

KIB = 1024


async def _survives(
    bot: BotProcess, url: str, key: str, disk: Disk, *, leave: int, freed: Callable[[], Awaitable[object]] | None = None
) -> None:
    """Sends while the disk fills up, and is full for a while; `freed` frees space as an operator would."""
    posts = mixed_posts(200, seed=leave)
    async with Flood(bot.url, key, posts) as flood:
        await flood.answers(200, more=10)
        await asyncio.to_thread(disk.fill, leave=leave)
        await flood.each_refused()
        assert await bot.gets("/healthz") == 200
        before = len(flood.answered)
        await asyncio.to_thread(disk.free)
        if freed is not None:
            await freed()
        await flood.done()
    assert 0 < before < len(posts), "the disk must be full amid the sending"
    assert flood.unexpected == []
    assert set(flood.statuses) == {200, 503}
    await is_booked_once(url, flood)
    await changes_nothing(bot.url, key, posts)
    assert await times_booked(url) == dict.fromkeys(flood.all_ids, 1)
    assert "Everything agrees" in await tokens(url, "check")


async def _sqlite_in(folder: Path) -> tuple[str, str]:
    url = Settings(database_url=f"sqlite:///{folder}/tokens.db").database_url
    await migrate(url)
    return url, await organised(url)


async def test_sqlite_on_a_full_disk_and_the_log_with_it() -> None:
    with small_disk(16) as disk:
        url, key = await _sqlite_in(disk.folder)
        async with bot_process(url, log=disk.folder / "bot.log") as bot:
            await _survives(bot, url, key, disk, leave=512 * KIB)


async def test_sqlite_whose_files_may_not_grow_and_no_line_of_the_log(tmp_path: Path) -> None:
    url, key = await _sqlite_in(tmp_path)
    async with bot_process(url, log=Path("/dev/full")) as bot:
        await _survives(bot, url, key, LimitedFiles(tmp_path, lambda: [bot.pid]), leave=64 * KIB)


async def test_postgresql_whose_data_fill_the_disk() -> None:
    with small_disk(96) as disk, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as wal:
        os.chmod(wal, 0o755)
        async with postgres(disk.folder, wal_folder=Path(wal) / "wal") as server:
            await _postgresql_survives(server, disk, leave=1024 * KIB)


async def test_postgresql_whose_log_of_changes_fills_the_disk() -> None:
    """PostgreSQL then stops (PANIC), and may not restart by itself: its operator frees space and starts it."""
    with small_disk(24) as disk:
        async with postgres(wal_folder=disk.folder / "wal") as server:
            await _postgresql_survives(server, disk, leave=512 * KIB)
            assert "PANIC" in server.said()


async def test_postgresql_whose_files_may_not_grow() -> None:
    async with postgres() as server:
        disk = LimitedFiles(server.data, lambda: [process.pid for process in server.processes()])
        await _postgresql_survives(server, disk, leave=8 * KIB)


async def _postgresql_survives(server: Postgres, disk: Disk, *, leave: int) -> None:
    url = await server.create()
    key = await organised(url)

    async def started() -> None:
        while await bot.gets("/readyz") != 200:
            await server.start()

    async with bot_process(url) as bot:
        await _survives(bot, url, key, disk, leave=leave, freed=started)
