"""How soon `/healthz` is answered while four senders send the same costly body, beside a server that does nothing else.

The quiet server runs on the same machine in the same seconds: its worst answer is the machine's own noise. The processor time
between two answers does not depend on other work on the machine.
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import pairwise

import psutil

from tests.bench.bodies import KINDS
from tests.bench.databases import Databases
from tests.bench.formats import FORMATS
from tests.bench.ingest import organised
from tests.support.processes import bot_process

SENDERS, SECONDS, FEW_SECONDS = 4, 8.0, 2.0
_EVERY_SECONDS = 0.01


@dataclass(frozen=True, kw_only=True)
class Health:
    """What was seen while one kind of body came in: seconds of answers, sorted; the processor time of the bot between two of
    them; its most resident bytes; and the statuses that the senders got.
    """

    database: str
    kind: str
    bot: tuple[float, ...]
    quiet: tuple[float, ...]
    held: float
    memory: int
    statuses: dict[str, int]


async def health(databases: Databases, kind: str, *, seconds: float) -> Health:
    """Asks a new bot for its health while four senders send one kind of body."""
    url = await databases.new()
    key = await organised(url, FORMATS[KINDS[kind].source])
    async with bot_process(url) as bot:
        quiet = await _process("tests.bench.health", "quiet")
        quiet_url = (await _line(quiet)).strip()
        sender = await _process("tests.bench.bodies", kind, bot.url, key, str(SENDERS), str(seconds))
        await _line(sender)
        prober = await _process("tests.bench.health", "probe", bot.url, quiet_url, str(bot.pid), str(seconds))
        statuses, seen = json.loads(await _line(sender)), json.loads(await _line(prober))
        quiet.kill()
        await asyncio.gather(*(process.wait() for process in (quiet, sender, prober)))
    return Health(
        database=databases.kind,
        kind=kind,
        bot=tuple(sorted(seen["bot"])),
        quiet=tuple(sorted(seen["quiet"])),
        held=seen["held"],
        memory=seen["memory"],
        statuses=statuses,
    )


async def _process(module: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments), stdout=subprocess.PIPE, limit=2**26
    )


async def _line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode()


async def _be_quiet() -> None:
    """Serves 200 and nothing else."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline() != b"":
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


async def _probe(bot_url: str, quiet_url: str, pid: int, seconds: float) -> dict[str, object]:
    process = psutil.Process(pid)
    memory, marks = [process.memory_info().rss], [sum(process.cpu_times()[:2])]
    ends = time.monotonic() + seconds

    async def ask(url: str, seen: list[float], *, is_bot: bool) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        while time.monotonic() < ends:
            began = time.perf_counter()
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: bench\r\n\r\n")
            await reader.readuntil(b"ok\n")
            seen.append(time.perf_counter() - began)
            if is_bot:
                marks.append(sum(process.cpu_times()[:2]))
                memory.append(process.memory_info().rss)
            await asyncio.sleep(_EVERY_SECONDS)
        writer.close()

    bot: list[float] = []
    quiet: list[float] = []
    await asyncio.gather(ask(bot_url, bot, is_bot=True), ask(quiet_url, quiet, is_bot=False))
    held = max(after - before for before, after in pairwise(marks))
    return {"bot": bot, "quiet": quiet, "held": held, "memory": max(memory)}


def main() -> None:
    """Is the quiet server, or asks two servers for their health."""
    if sys.argv[1] == "quiet":
        asyncio.run(_be_quiet())
    else:
        _, _, bot_url, quiet_url, pid, seconds = sys.argv
        sys.stdout.write(json.dumps(asyncio.run(_probe(bot_url, quiet_url, int(pid), float(seconds)))) + "\n")


if __name__ == "__main__":
    main()
