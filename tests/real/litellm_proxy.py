"""A real LiteLLM proxy with mock models sends its calls to a running bot: all are booked, none twice, at LiteLLM's own cost.

`make senders` installs it and runs this. The configuration is the one of docs/connect/litellm.md, with mock models and keys
that need no database.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from bot.settings import Settings
from storage.books.checks import faults
from storage.store import Store
from storage.tables.intake import quarantine, usage_events, usage_series
from tests.support.company import TEAMS_YML
from tests.support.processes import BotProcess, tokens
from tests.support.servers import address, listening_socket

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "connect" / "litellm.md"
RULES = "attribution:\n  - {gateway_team: team-search, team: search}\n  - {gateway_team: team-mobile, team: mobile}"
PEOPLE = ("anna", "emi", "mia")
MODELS: tuple[tuple[str, str, dict[str, float]], ...] = (
    ("gpt-4o-mini", "openai/gpt-4o-mini", {}),
    ("claude-sonnet", "anthropic/claude-sonnet-4-5-20250929", {}),
    ("custom-priced", "openai/our-llama-8b", {"input_cost_per_token": 2e-7, "output_cost_per_token": 6e-7}),
    ("in-house", "openai/our-llama-70b", {}),
)
TAGS = ("workflow:code-review", "repo:search-api", "workflow:nightly")
out = Console(highlight=False, width=130)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One call as the client saw it: the proxy's id of it, and what it said it cost, where it says so."""

    model: str
    call_id: str
    dollars: float | None


def documented(page: Path = PAGE) -> dict[str, Any]:
    """The configuration that the page tells people to paste."""
    text = page.read_text()
    found: dict[str, Any] = yaml.safe_load(text.split("```yaml\n")[1].split("```")[0])
    return found


def configuration() -> dict[str, Any]:
    """The documented configuration with mock models, and keys that need no database."""
    config = documented()
    config["model_list"] = [
        {
            "model_name": name,
            "litellm_params": {"model": model, "api_key": "none", "mock_response": f"Hello from {name}", **prices},
        }
        for name, model, prices in MODELS
    ]
    config["callback_settings"]["tokens"]["endpoint"] = "os.environ/TOKENS_ENDPOINT"
    config["general_settings"] = {
        "custom_auth": "litellm_auth.user_api_key_auth",
        "master_key": "sk-master-of-the-tests",
    }
    return config


@asynccontextmanager
async def proxy(venv: Path, folder: Path, *, endpoint: str, key: str, workers: int) -> AsyncIterator[str]:
    """The proxy as a process of its own; gives its address once it is alive."""
    (folder / "config.yaml").write_text(yaml.safe_dump(configuration()))
    (folder / "litellm_auth.py").write_text((ROOT / "tests" / "real" / "litellm_auth.py").read_text())
    with listening_socket() as free:
        url = address(free)
    environment = {
        **os.environ,
        "TOKENS_ENDPOINT": endpoint,
        "TOKENS_AUTHORIZATION": f"Bearer {key}",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    log = (folder / "proxy.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        *(str(venv / "bin" / "litellm"), "--config", "config.yaml", "--host", "127.0.0.1"),
        *("--port", url.rpartition(":")[2], "--num_workers", str(workers)),
        cwd=folder,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        await _alive(url, process, folder / "proxy.log")
        yield url
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 20)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        log.close()


async def _alive(url: str, process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(120), aiohttp.ClientSession() as session:
        while True:
            if process.returncode is not None:
                raise SystemExit(f"the proxy ended:\n{_end_of(log)}")
            with suppress(aiohttp.ClientError):
                async with session.get(f"{url}/health/liveliness") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.2)


def _end_of(log: Path) -> str:
    return log.read_text()[-3_000:]


async def call(session: aiohttp.ClientSession, url: str, number: int) -> Sent:
    """One call, every fifth of them streamed."""
    model = MODELS[number % len(MODELS)][0]
    asked = {
        "model": model,
        "messages": [{"role": "user", "content": f"Question {number}: what is new?"}],
        "metadata": {"tags": [TAGS[number % len(TAGS)]]},
        "stream": number % 5 == 0,
    }
    headers = {"Authorization": f"Bearer sk-{PEOPLE[number % len(PEOPLE)]}"}
    async with session.post(f"{url}/v1/chat/completions", json=asked, headers=headers) as answer:
        body = await answer.text()
        assert answer.status == 200, body
        cost = answer.headers.get("x-litellm-response-cost")
        is_said = cost not in (None, "None") and not asked["stream"]
        return Sent(
            model=model, call_id=answer.headers["x-litellm-call-id"], dollars=float(cost or 0) if is_said else None
        )


async def sends(url: str, count: int, *, at_once: int = 20) -> list[Sent]:
    gate = asyncio.Semaphore(at_once)

    async def one(session: aiohttp.ClientSession, number: int) -> Sent:
        async with gate:
            return await call(session, url, number)

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120)) as session:
        return await asyncio.gather(*(one(session, number) for number in range(count)))


async def booked(database_url: str, wanted: int, *, patience: float = 40) -> list[Any]:
    """What is booked once as much is there as was sent, and for two seconds after, in case more comes."""
    store = Store(Settings(database_url=database_url).database_url)
    joined = select(usage_events, usage_series.c.model, usage_series.c.basis).join(
        usage_series, usage_series.c.id == usage_events.c.series_id
    )
    try:
        ends = time.monotonic() + patience
        rows: list[Any] = []
        while time.monotonic() < ends and len(rows) < wanted:
            await asyncio.sleep(0.5)
            async with store.read() as tx:
                rows = list((await tx.connection.execute(joined)).all())
        await asyncio.sleep(2)
        async with store.read() as tx:
            rows = list((await tx.connection.execute(joined)).all())
            refused = list((await tx.connection.execute(select(quarantine.c.reason))).all())
            assert not refused, f"in quarantine: {refused[:5]}"
            assert [fault async for fault in faults(tx)] == []
        return rows
    finally:
        await store.close()


def judge(sent: list[Sent], rows: list[Any]) -> list[str]:
    """What is wrong; nothing if all is booked, none twice, at what LiteLLM computed where both know a price."""
    wrong = []
    if len(rows) != len(sent):
        wrong.append(f"{len(sent)} calls sent, {len(rows)} booked")
    if len({bytes(row.key_hash) for row in rows}) != len(rows):
        wrong.append("a call is booked twice")
    said, reported = Counter[str](), Counter[str]()
    names = {model.partition("/")[2]: name for name, model, _ in MODELS}
    for one in sent:
        said[one.model] += 1
    for row in rows:
        reported[names.get(row.model, row.model)] += 1
    if said != reported:
        wrong.append(f"calls by model: {dict(said)} sent, {dict(reported)} booked")
    wrong += [
        f"{row.event_id} of {row.model}: LiteLLM says {row.reported_nanos}, booked {row.cost_nanos} by {row.basis}"
        for row in rows
        if row.reported_nanos and row.cost_nanos != row.reported_nanos
    ][:5]
    headers = sum(one.dollars for one in sent if one.dollars is not None)
    plain = sum(row.reported_nanos or 0 for row in rows) / 1e9
    if headers > plain + 1e-9:
        wrong.append(f"the proxy's answers said ${headers:.9f} in all, its callback ${plain:.9f}")
    if any(row.basis != "unpriced" for row in rows if row.model == "our-llama-70b"):
        wrong.append("a model without a price is not unpriced")
    return wrong


def table(rows: list[Any]) -> Table:
    shown = Table(title="Booked", title_justify="left")
    for name in ("model", "basis", "calls", "tokens", "LiteLLM's cost, $", "booked, $", "differing calls"):
        shown.add_column(name, justify="left" if name in ("model", "basis") else "right")
    for model, basis in sorted({(row.model, row.basis) for row in rows}):
        own = [row for row in rows if (row.model, row.basis) == (model, basis)]
        tokens_used = sum(row.uncached_input + row.cache_read + row.output for row in own)
        reported, cost = sum(row.reported_nanos or 0 for row in own), sum(row.cost_nanos for row in own)
        differing = sum(1 for row in own if row.reported_nanos and row.reported_nanos != row.cost_nanos)
        shown.add_row(
            *(model, basis, f"{len(own):,}", f"{tokens_used:,}", f"{reported / 1e9:.9f}", f"{cost / 1e9:.9f}"),
            str(differing),
        )
    return shown


async def run(venv: Path, count: int, workers: int) -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tokens-litellm-") as name:
        folder = Path(name)
        (folder / "teams.yml").write_text(TEAMS_YML.replace("attribution:", RULES))
        database_url = f"sqlite:///{folder}/tokens.db"
        await tokens(database_url, "teams", "import", folder / "teams.yml")
        key = (await tokens(database_url, "keys", "create", "litellm", "--source", "litellm")).split()[-1]
        bot = await BotProcess(database_url).start()
        try:
            await bot.ready()
            endpoint = f"{bot.url}/v1/usage/litellm"
            async with proxy(venv, folder, endpoint=endpoint, key=key, workers=workers) as url:
                up = time.monotonic()
                sent = await sends(url, count)
                done = time.monotonic()
                rows = await booked(database_url, count)
        finally:
            await bot.stop()
    wrong = judge(sent, rows)
    out.print(table(rows))
    teams = Counter(row.gateway_team for row in rows)
    out.print(
        f"{len(sent):,} calls sent by {workers} workers in {done - up:.1f} s, {len(rows):,} booked, "
        f"teams {dict(sorted(teams.items()))}; proxy up after {up - began:.1f} s, {time.monotonic() - began:.1f} s in all"
    )
    for line in wrong:
        out.print(line, style="red")
    return 1 if wrong else 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.real.litellm_proxy", description=__doc__)
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv" / "senders", help="where LiteLLM is installed")
    parser.add_argument("--calls", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    sys.exit(asyncio.run(run(asked.venv, asked.calls, asked.workers)))


if __name__ == "__main__":
    main()
