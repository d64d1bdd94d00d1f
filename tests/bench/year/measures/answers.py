"""How soon people are answered: a real process of a build, its workspace in Slack, and one person at a time who asks."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import psutil

from bot.sandbox.server import create_sandbox
from bot.sandbox.workspace import Workspace
from tests.bench.databases import number
from tests.bench.shapes.builds import Build
from tests.bench.year.company import Size
from tests.bench.year.workspace import CHANNEL, workspace_settings
from tests.support import servers
from tests.support.company import SECRET, TOKEN
from tests.support.people import Sandbox

ASKED = {
    "/tokens": ("UANNA", "/tokens"),
    "/tokens me": ("UANNA", "/tokens me"),
    "Home, member": ("UANNA", ""),
    "Home, manager": ("UBEN", ""),
    "Home, finance": ("UCHLOE", ""),
    "Home, admin": ("UDAN", ""),
}
"""What is asked: the person, and their command; none opens Home."""
_WARM_UP = 3
_SLOW_SECONDS, _MOST_SECONDS = 5.0, 60.0
_POLL_SECONDS = 0.0005
_PATIENCE_SECONDS = 900.0
_FOUND = f"SELECT count(*) FROM teams WHERE channel_id = '{CHANNEL}'"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Seconds of one question's answers, sorted, and the seconds of the bot's processor time for one of them."""

    asked: str
    seconds: tuple[float, ...]
    cpu: float


async def answers(build: Build, url: str, size: Size, *, times: int) -> list[Answers]:
    """Asks everything so many times."""
    page = servers.listening_socket()
    sandbox = create_sandbox(workspace_settings(size, "http://127.0.0.1:9"))
    workspace: Workspace = sandbox.state.workspace
    workspace.patience_seconds = _PATIENCE_SECONDS
    workspace.triggers.lifetime_seconds = _PATIENCE_SECONDS
    slack = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": f"{servers.address(page)}/api/"}
    slack |= {"TOKENS_SLACK_ANSWER_SECONDS": "600"}
    async with (
        servers.running(sandbox, page) as page_url,
        Sandbox(page_url) as people,
        build.running(url, **slack) as (bot_url, pid),
    ):
        workspace.settings = replace(workspace.settings, bot_url=bot_url)
        await _until(lambda: number(url, _FOUND), every=0.2)
        return [await _answers(name, people, workspace, pid, times=times) for name in ASKED]


async def _answers(name: str, people: Sandbox, workspace: Workspace, pid: int, *, times: int) -> Answers:
    """Asks a few times before the count. A build that takes minutes is asked less often."""
    person, command = ASKED[name]
    process = psutil.Process(pid)

    async def asked() -> float:
        if command:
            return await _command(people, workspace, person, command)
        return await _home(people, workspace, person)

    for _ in range(_WARM_UP):
        if await asked() > _SLOW_SECONDS:
            break
    seconds: list[float] = []
    cpu = sum(process.cpu_times()[:2])
    while len(seconds) < times and (sum(seconds) < _MOST_SECONDS or len(seconds) < _WARM_UP):
        seconds.append(await asked())
    used = sum(process.cpu_times()[:2]) - cpu
    return Answers(asked=name, seconds=tuple(sorted(seconds)), cpu=used / len(seconds))


async def _command(people: Sandbox, workspace: Workspace, person: str, text: str) -> float:
    """From a signed command until its message is in the workspace."""
    room = workspace.room(CHANNEL)
    there = len(room.messages)
    began = time.perf_counter()
    answer = await people.does("command", person, channel=CHANNEL, text=text)
    assert answer["ok"], answer

    async def is_there() -> bool:
        return len(room.messages) > there

    await _until(is_there)
    assert room.messages[-1].user == workspace.settings.bot_user_id, room.messages[-1].text
    return time.perf_counter() - began


async def _home(people: Sandbox, workspace: Workspace, person: str) -> float:
    """From opening Home until it is published."""
    workspace.calls.clear()
    began = time.perf_counter()
    answer = await people.does("home", person)
    assert answer["ok"], answer

    async def is_published() -> bool:
        return any(
            call["method"] == "views.publish" and call["args"].get("user_id") == person for call in workspace.calls
        )

    await _until(is_published)
    return time.perf_counter() - began


async def _until(holds: Callable[[], Awaitable[object]], *, every: float = _POLL_SECONDS) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not await holds():  # noqa: ASYNC110  # the workspace tells pages, not this
            await asyncio.sleep(every)
