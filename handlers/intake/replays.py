"""`tokens replay`: books a file of events, into the database or over HTTP. A second replay books nothing twice."""

import asyncio
import csv
import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.periods import micros, moment
from bot.refusals import ConfigError
from bot.sources import SOURCES
from bot.sources.rows import describe_error
from bot.units import UNITS
from bot.usage import COUNTERS, PARTS
from handlers.cli import err, opened, out, printable, run
from handlers.context import Context
from handlers.intake.usage import Intake

BATCH = 500
_DATA = (
    *("provider", "model", "tool", "workflow", "user", "team", "credential", "tags", "cost_usd", "user_agent"),
    *("service_tier", "inference_geo", "region", "api_base", "operation"),
    *(f"{name}_tokens" for name in (*COUNTERS, *PARTS)),
    *UNITS,
)
_ENVELOPE = ("id", "source", "time", "type", "specversion")
_MOST_ERRORS_SHOWN = 20
_DECIMAL = re.compile(r"\d{1,15}\.\d{1,15}")
_TRIES = (0.2, 0.5, 1.0, 2.0, 4.0, 0.0)
"""Seconds to wait after each attempt of a batch; a repeated batch books nothing twice, so a retry is always safe."""

NativeEvent = dict[str, Any]


class ReplayTotals:
    """The outcome of a file's rows so far."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(("accepted", "duplicates", "conflicts", "quarantined"), 0)
        self.errors: list[tuple[int, str]] = []
        self.warnings: list[tuple[int, str]] = []
        self.ignored = 0

    def add(self, answer: dict[str, Any], first_row: int) -> None:
        for name in self.counts:
            self.counts[name] += answer[name]
        room = _MOST_ERRORS_SHOWN - len(self.errors)
        self.errors += [(first_row + e["index"], e["reason"]) for e in answer["errors"][: max(0, room)]]
        self.ignored += answer.get("ignored", 0)
        left = _MOST_ERRORS_SHOWN - len(self.warnings)
        self.warnings += [(first_row + w["index"], w["reason"]) for w in answer.get("warnings", [])[: max(0, left)]]


def read_events(file: Path, file_digest: bytes = b"") -> Iterator[NativeEvent]:
    """Yields the events of a JSONL or CSV file. Raises ConfigError that names the bad line."""
    with file.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as lines:
        if file.suffix.lower() == ".csv":
            try:
                yield from _csv_events(lines, file_digest)
            except csv.Error as error:
                raise ConfigError(f"{file.name} is not a CSV: {error}") from error
            return
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                event = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise ConfigError(f"{file.name}, line {number}: is not JSON ({describe_error(error)})") from error
            if not isinstance(event, dict):
                raise ConfigError(f"{file.name}, line {number}: is not a usage event, but {type(event).__name__}")
            yield event


def _csv_events(lines: Iterator[str], file_digest: bytes) -> Iterator[NativeEvent]:
    """Yields the events of a CSV file with native names as headers. Without an `id`, the key is the file's digest and
    the row's number.
    """
    rows = csv.DictReader(lines)
    headers = rows.fieldnames or []
    unknown = [h for h in headers if h not in (*_DATA, *_ENVELOPE)]
    if "model" not in headers or "time" not in headers or unknown:
        wrong = f"does not know {', '.join(map(repr, unknown[:5]))}" if unknown else "needs `time` and `model`"
        raise ConfigError(f"The CSV {wrong}. Its headers are the native names: {', '.join((*_ENVELOPE[:3], *_DATA))}.")
    for number, row in enumerate(rows, 1):
        if None in row:
            raise ConfigError(f"The CSV's row {number} has more values than there are headers.")
        data: NativeEvent = {}
        for name in _DATA:
            value = row.get(name)
            if value in (None, ""):
                continue
            if name.endswith("_tokens"):
                data[name] = _integer(str(value))
            elif name in UNITS:
                data[name] = _number(str(value))
            elif name == "tags":
                data[name] = [tag.strip() for tag in str(value).split(";")]
            else:
                data[name] = value
        event: NativeEvent = {"specversion": "1.0", "type": "ai.usage", "source": row.get("source") or "csv"}
        event["id"] = row.get("id") or f"{file_digest.hex()}:{number}"
        yield {**event, "time": row.get("time"), "data": data}


def _integer(text: str) -> int | str:
    """Returns a count as an integer; other text stays, so that the row is refused by its field's name."""
    stripped = text.strip()
    digits = stripped.removeprefix("-")
    return int(stripped) if digits.isascii() and digits.isdigit() and len(stripped) < 40 else stripped


def _number(text: str) -> int | float | str:
    """Returns a number of units, which may have decimals; other text stays, as with counts."""
    found = _integer(text)
    if isinstance(found, int) or not _DECIMAL.fullmatch(found):
        return found
    return float(found)


def shifted(event: NativeEvent, by: timedelta) -> NativeEvent:
    """Returns the event moved in time. One with a bad time stays, and is refused by its field's name."""
    try:
        at = datetime.fromisoformat(str(event.get("time"))) + by
    except (ValueError, OverflowError):
        return event
    return {**event, "time": at.isoformat()}


def ending_at(events: Sequence[NativeEvent], now: datetime) -> list[NativeEvent]:
    """Yields the events moved in time so that the last one is now."""
    latest = _latest(events)
    return [shifted(event, now - latest) for event in events] if latest is not None else list(events)


def _latest(events: Iterable[NativeEvent]) -> datetime | None:
    latest = None
    for event in events:
        try:
            at = datetime.fromisoformat(str(event.get("time")))
        except ValueError:
            continue
        if at.tzinfo is not None and (latest is None or at > latest):
            latest = at
    return latest


def _file_digest(file: Path) -> bytes:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").digest()[:16]


async def _shift(context: Context, file: Path, file_digest: bytes) -> timedelta:
    """Returns the shift of a file whose last event becomes now: measured once per file, stored, and reused."""
    async with context.store.read() as tx:
        known = await tx.replays.shift_of(file_digest)
    if known is not None:
        return timedelta(microseconds=known)
    latest = _latest(read_events(file, file_digest))
    now = context.now()
    by = now - latest if latest is not None else timedelta()
    async with context.store.begin() as tx:
        await tx.replays.record(file_digest, shift_micros=micros(moment(0) + by), at=micros(now))
    return by


def _batches(file: Path, file_digest: bytes, by: timedelta) -> Iterator[list[NativeEvent]]:
    batch: list[NativeEvent] = []
    for event in read_events(file, file_digest):
        batch.append(shifted(event, by) if by else event)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@asynccontextmanager
async def _into_database(context: Context, name: str) -> AsyncIterator[Any]:
    """Books batches into the database, as a source of that name; creates a missing one."""
    intake = Intake(context)
    async with context.store.begin() as tx:
        source = await tx.keys.source(name)
        if source is None:
            at = context.now_micros()
            source = await tx.keys.create_source(
                name=name, source_format="cloudevents", role="meter", team_id=None, at=at
            )
    intake.start()

    async def send(batch: list[NativeEvent]) -> dict[str, Any]:
        parsed = SOURCES["cloudevents"](_encoded(batch), now=context.now())
        return (await intake.book(parsed, source=source)).to_json()

    try:
        yield send
    finally:
        await intake.stop()


@asynccontextmanager
async def _over_http(address: str, key: str) -> AsyncIterator[Any]:
    """Posts batches to a running bot; retries a batch that it can't take now, for a while."""
    url = address.rstrip("/") + ("" if address.rstrip("/").endswith("/v1/usage") else "/v1/usage")
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/cloudevents-batch+json"}
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=60)) as session:

        async def send(batch: list[NativeEvent]) -> dict[str, Any]:
            body, fault = _encoded(batch), ""
            for delay in _TRIES:
                try:
                    async with session.post(url, data=body) as answer:
                        if answer.status == 200:
                            found: dict[str, Any] = await answer.json()
                            return found
                        fault = f"{url} answered {answer.status}: {(await answer.text())[:300]}"
                        if answer.status != 503:
                            raise ConfigError(fault)
                except (aiohttp.ClientError, TimeoutError) as error:
                    fault = f"{url} does not answer: {error}"
                await asyncio.sleep(delay)
            raise ConfigError(f"{fault}\nRun the same command again later: what was booked is not booked twice.")

        yield send


def _encoded(batch: list[NativeEvent]) -> bytes:
    return json.dumps(batch).encode()


async def replay(
    context: Context, file: Path, *, name: str, shift_to_now: bool, to: str | None, key: str | None
) -> ReplayTotals:
    """Replays a file and returns the outcome of its rows."""
    file_digest = _file_digest(file)
    by = await _shift(context, file, file_digest) if shift_to_now else timedelta()
    totals = ReplayTotals()
    count = sum(1 for _ in read_events(file, file_digest))
    way = _over_http(to, key or "") if to else _into_database(context, name)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        bar = progress.add_task(file.name, total=count)
        async with way as send:
            row = 1
            for batch in _batches(file, file_digest, by):
                totals.add(await send(batch), row)
                row += len(batch)
                progress.advance(bar, len(batch))
    return totals


def replay_command(
    file: Annotated[Path, typer.Argument(help="JSONL of CloudEvents, or CSV with the native names as headers.")],
    source: Annotated[str, typer.Option("--source", help="Into the database: the source it is booked as.")] = "replay",
    shift_to_now: Annotated[bool, typer.Option("--shift-to-now", help="Move it in time so that it ends now.")] = False,
    to: Annotated[str | None, typer.Option("--to", help="Over HTTP: the address of a running bot.")] = None,
    key: Annotated[str | None, typer.Option("--key", help="Over HTTP: the ingest key.")] = None,
) -> None:
    """Books a file of usage events, with a progress bar. Replaying it again books nothing twice."""

    async def work() -> None:
        if (to is None) != (key is None):
            raise ConfigError("--to and --key go together: the address of a running bot and an ingest key of it.")
        async with opened() as context:
            totals = await replay(context, file, name=source, shift_to_now=shift_to_now, to=to, key=key)
        counts = totals.counts
        out.print(
            f"{sum(counts.values())} rows: {counts['accepted']} accepted, {counts['duplicates']} duplicates, "
            f"{counts['conflicts']} conflicts, {counts['quarantined']} quarantined"
        )
        if totals.ignored:
            out.print(f"{totals.ignored} more are no new usage, and were passed over")
        for row, reason in totals.warnings:
            err.print(f"row {row} is booked, but {printable(reason)}", markup=False)
        for row, reason in totals.errors:
            err.print(f"row {row}: {printable(reason)}", markup=False)

    run(work())
