"""Starts Tokens, runs each program against stand-ins of its own, and reads the books at the end."""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.settings import Settings
from storage.store import Store
from tests.clients.apis.calls import Calls
from tests.clients.apis.server import model_apis
from tests.clients.bills import Bill
from tests.clients.booked import Books, read_books
from tests.clients.homes import Home
from tests.clients.installs import InstallError, installed, version_of
from tests.clients.program import Program, Round
from tests.clients.relay import relaying
from tests.support.company import TEAMS_YML
from tests.support.processes import BotProcess, tokens

_MOST_ROUNDS = 80
_PATIENCE_SECONDS = 20.0


@dataclass(kw_only=True)
class Performance:
    """What one program did: its version, the bills of its calls, and what went wrong around them."""

    program: Program
    version: str = ""
    calls: Calls = field(default_factory=Calls)
    posts: Counter[str] = field(default_factory=Counter)
    """Posts to Tokens, by the last word of their path and the status of the answer."""
    fault: str = ""
    seconds: float = 0.0

    @property
    def bills(self) -> list[Bill]:
        return self.calls.bills


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How the programs are run."""

    cache: Path
    """Where programs are installed."""
    homes: Path
    """Where their homes are made."""
    calls: int
    """The least number of calls of each program."""
    newest: bool = False
    at_once: int = 1
    """How many programs run at the same time."""
    kept: Path | None = None
    """Where the bodies that programs post are kept."""


async def run_programs(
    programs: Sequence[Program], wanted: Wanted, database_url: str, *, tell: Callable[[str], None]
) -> tuple[list[Performance], Books, str]:
    """Runs all programs, a few at a time. Returns what they did, the books, and what `tokens sources` prints."""
    teams = wanted.homes / "teams.yml"
    teams.write_text(TEAMS_YML)
    await tokens(database_url, "teams", "import", teams)
    bot = await BotProcess(database_url, log=wanted.homes / "tokens.log").start()
    try:
        await bot.ready()
        gate = asyncio.Semaphore(wanted.at_once)

        async def ran(program: Program) -> Performance:
            async with gate:
                performance = await _run(program, wanted, database_url, bot.url)
                tell(_progress(performance))
                return performance

        performances = await asyncio.gather(*(ran(program) for program in programs))
        books = await _settled(database_url, sum(len(performance.bills) for performance in performances))
        seen = await tokens(database_url, "sources")
    finally:
        await bot.stop()
    return performances, books, seen


async def _run(program: Program, wanted: Wanted, database_url: str, tokens_url: str) -> Performance:
    """Runs one program until it has made the wanted calls. A fault of the program is noted, and ends its runs."""
    began = time.monotonic()
    key = (await tokens(database_url, "keys", "create", program.slug, *program.source)).split()[-1]
    home = Home(Path(tempfile.mkdtemp(prefix=f"{program.slug}-", dir=wanted.homes)))
    calls = Calls(geographies=program.geographies, refuses=program.refuses)
    performance = Performance(program=program, calls=calls)
    try:
        folder = await installed(program.install, _place(program, wanted), newest=wanted.newest)
        performance.version = await version_of(program.install, folder)
        async with (
            model_apis(calls, str(home.work)) as api_url,
            relaying(tokens_url, wanted.kept / program.slug if wanted.kept else None) as (relay, relay_url),
        ):
            performance.posts = relay.posts
            first = Round(
                home=home,
                folder=folder,
                api_url=api_url,
                otlp_url=f"{relay_url}/v1/usage/otlp",
                litellm_url=f"{relay_url}/v1/usage/litellm",
                key=key,
                calls=wanted.calls,
            )
            await _rounds(performance, first)
    except (InstallError, RuntimeError, TimeoutError) as error:
        performance.fault = f"({type(error).__name__}: {error})"
    performance.seconds = time.monotonic() - began
    return performance


def _place(program: Program, wanted: Wanted) -> Path:
    return wanted.cache / program.slug / ("newest" if wanted.newest else "pinned")


async def _rounds(performance: Performance, first: Round) -> None:
    """Runs the program again and again until the wanted calls are answered. A run that asks for nothing is a fault."""
    bills = performance.bills
    for number in range(_MOST_ROUNDS):
        before, refused = len(bills), performance.calls.refused
        if before >= first.calls:
            break
        ran = await performance.program.run(replace(first, number=number, calls=first.calls - before))
        (first.home.folder / f"round-{number}.log").write_text(f"exit code {ran.code}\n{ran.output}")
        if (len(bills), performance.calls.refused) == (before, refused):
            performance.fault = f"(run {number} made no call: exit code {ran.code}, {ran.output[-300:]!r})"
            break


def _progress(done: Performance) -> str:
    return (
        f"{done.program.name} {done.version}: {len(done.bills)} calls answered, {done.calls.refused} refused, "
        f"in {done.seconds:.0f} s; posts: {_counts(done.posts)} {done.fault}"
    )


def _counts(posts: Counter[str]) -> str:
    return ", ".join(f"{count} × {name}" for name, count in sorted(posts.items())) or "none"


async def _settled(database_url: str, wanted: int) -> Books:
    """Reads the books once as much is there as was sent, or after a while; and a moment later, in case more comes."""
    store = Store(Settings(database_url=database_url).database_url)
    try:
        ends = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < ends:
            books = await read_books(store)
            if sum(len(calls) for calls in books.calls.values()) >= wanted:
                break
            await asyncio.sleep(0.5)
        await asyncio.sleep(2)
        return await read_books(store)
    finally:
        await store.close()
