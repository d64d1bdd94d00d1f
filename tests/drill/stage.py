"""Runs a drill: starts everything, lets it fail for some minutes, heals it, waits until nothing waits, and reads the end."""

import asyncio
import json
import logging
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot.sandbox.server import create_sandbox
from bot.sandbox.workspace import Workspace
from bot.settings import Settings
from storage.migrate import migrate
from storage.store import Store
from tests.drill.balancer import Balancer
from tests.drill.company import CHANNELS, NAMES, SECRET, TOKEN, person_id, workspace_settings
from tests.drill.noise import measure_noise
from tests.drill.operators import Operator
from tests.drill.people import Crowd, DrillPerson
from tests.drill.processes import BotProcess, kill_at_random, read_logs
from tests.drill.records import Records
from tests.drill.senders import Sender, history
from tests.drill.slack import PREFIX, FailingSlack
from tests.drill.stored import Stored, read_stored, waiting
from tests.support import servers
from tests.support.processes import environment

ROLES = (("web-1", "web"), ("web-2", "web"), ("worker-1", "worker"), ("worker-2", "worker"))
_SENDERS = 4
_PERSON_PAUSE_SECONDS = 3.0
_SENDER_PAUSE_SECONDS = 0.8
_COMMAND_PAUSE_SECONDS = 8.0
_KILL_PAUSE_SECONDS = (2.0, 9.0)
_FAULT_RATE = 0.06
_REPEAT_RATE = 0.1
_STALL_PAUSE_SECONDS = (5.0, 25.0)
_PATIENCE_SECONDS = 20.0
_DRAIN_SECONDS = 420.0
_QUIET_ROUNDS = 8


@dataclass(kw_only=True)
class Drill:
    """The parts of one drill."""

    folder: Path
    database_url: str
    seed: int
    records: Records = field(default_factory=Records)

    def chance(self, name: str) -> random.Random:
        """Returns a source of chance for one part, so that no part disturbs another's."""
        return random.Random(f"{self.seed} {name}")


async def run_drill(drill: Drill, *, minutes: float) -> tuple[Stored, bool]:
    """Runs the drill. Returns what the database holds at the end, and whether `tokens check` agreed."""
    records = drill.records
    await migrate(Settings(database_url=drill.database_url).database_url)
    page = servers.listening_socket()
    sandbox = create_sandbox(workspace_settings("http://127.0.0.1:9"))
    workspace: Workspace = sandbox.state.workspace
    workspace.patience_seconds = _PATIENCE_SECONDS
    workspace.base_url = servers.address(page)
    slack = FailingSlack(sandbox, records, seed=drill.seed, rate=_FAULT_RATE)
    store = Store(Settings(database_url=drill.database_url).database_url)
    watching = asyncio.create_task(measure_noise(records))
    try:
        async with servers.running(slack, page) as slack_url:
            operator = _operator(drill)
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # connections break on purpose
            key = await _organise(drill, operator)
            async with _processes(drill, slack_url) as processes:
                await _storm(drill, slack, workspace, operator, processes, key=key, seconds=minutes * 60)
                await _drain(drill, operator, store)
            records.orphans += [orphan for process in processes for orphan in process.orphans()]
            checked = await operator.command("check")
            stored = await read_stored(store, workspace, now_micros=_now_micros())
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await store.close()
    read_logs(drill.folder, records)
    return stored, checked.code == 0 and "Everything agrees" in checked.output


async def _organise(drill: Drill, operator: Operator) -> str:
    """Imports the company and three weeks of history. Returns an ingest key."""
    await operator.begin()
    made = await operator.command("keys", "create", "gateway", "--source", "cloudevents")
    past = history(drill.records, drill.chance("history"), now=datetime.now(UTC))
    file = drill.folder / "history.jsonl"
    file.write_text("".join(f"{json.dumps(event)}\n" for event in past))
    replayed = await operator.command("replay", str(file), "--source", "gateway")
    for run in (made, replayed):
        if run.code != 0:
            raise RuntimeError(f"`tokens {run.words}` failed: {run.output}")
    drill.records.acknowledged.update(str(event["id"]) for event in past)
    return made.output.strip().splitlines()[-1].strip()


@asynccontextmanager
async def _processes(drill: Drill, slack_url: str) -> AsyncIterator[list[BotProcess]]:
    processes = []
    for name, role in ROLES:
        slack = {
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": f"{slack_url}{PREFIX}{name}/api/",
            "TOKENS_WATCH_SECONDS": "3",
            "TOKENS_SCHEDULE_SECONDS": "5",
        }
        surroundings = environment(drill.database_url, **slack)
        processes.append(BotProcess(name, role, environment=surroundings, logs=drill.folder, records=drill.records))
    try:
        await asyncio.gather(*(process.start() for process in processes))
        yield processes
    finally:
        for process in processes:
            process.look()
        await asyncio.gather(*(process.stop() for process in processes))


async def _storm(
    drill: Drill,
    slack: FailingSlack,
    workspace: Workspace,
    operator: Operator,
    processes: list[BotProcess],
    *,
    key: str,
    seconds: float,
) -> None:
    """Lets people, senders, operator, faults and kills run, and ends them in this order: kills, faults, people, senders."""
    records = drill.records
    web = [process for process in processes if process.role == "web"]
    balancer = Balancer(
        workspace,
        records,
        ready=lambda: [(process.name, process.url) for process in web if process.is_ready],
        chance=drill.chance("repeats"),
        repeat_rate=_REPEAT_RATE,
    )
    crowd = Crowd(workspace, balancer, drill.chance("people"))
    everyone = [DrillPerson(crowd, workspace.member(person_id(n)), pause=_PERSON_PAUSE_SECONDS) for n in NAMES]
    urls = [process.url for process in web]
    senders = [
        Sender(
            f"s{number}",
            urls=urls,
            key=key,
            records=records,
            chance=drill.chance(f"sender {number}"),
            pause=_SENDER_PAUSE_SECONDS,
        )
        for number in range(_SENDERS)
    ]
    calm, over = asyncio.Event(), asyncio.Event()
    slack.is_failing = True
    faults = [
        asyncio.create_task(
            kill_at_random(processes, chance=drill.chance("kills"), pause=_KILL_PAUSE_SECONDS, done=calm)
        ),
        asyncio.create_task(_stall(slack, drill.chance("stalls"), calm)),
    ]
    load = [
        asyncio.create_task(run(over)) for run in (*(p.run for p in everyone), *(s.run for s in senders), operator.run)
    ]
    try:
        await _sleep_or_fail(seconds, [*faults, *load])
        calm.set()
        await asyncio.gather(*faults)
        slack.is_failing = False
        over.set()
        await asyncio.gather(*load)
    finally:
        for task in (*faults, *load):
            task.cancel()
        await balancer.close()


async def _sleep_or_fail(seconds: float, tasks: list[asyncio.Task[None]]) -> None:
    """Sleeps; a task of the drill itself that fails ends it at once."""
    done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        task.result()


async def _stall(slack: FailingSlack, chance: random.Random, done: asyncio.Event) -> None:
    """Stalls one channel after the other."""
    while not done.is_set():
        slack.stalled_channel = chance.choice(CHANNELS)
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), chance.uniform(*_STALL_PAUSE_SECONDS))
    slack.stalled_channel = ""


async def _drain(drill: Drill, operator: Operator, store: Store) -> None:
    """Brings the books to their final state and waits until no message waits, for some seconds on end."""
    await operator.finish()
    deadline = time.monotonic() + _DRAIN_SECONDS
    quiet = 0
    while quiet < _QUIET_ROUNDS and time.monotonic() < deadline:
        quiet = 0 if await waiting(store, now_micros=_now_micros()) else quiet + 1
        await asyncio.sleep(1)


def _operator(drill: Drill) -> Operator:
    return Operator(
        environment=environment(drill.database_url),
        folder=drill.folder,
        records=drill.records,
        chance=drill.chance("operator"),
        pause=_COMMAND_PAUSE_SECONDS,
    )


def _now_micros() -> int:
    return time.time_ns() // 1_000
