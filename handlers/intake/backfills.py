"""`tokens backfill`: books a gateway's own log up to the source's first live event; calls that came live are
duplicates.
"""

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bot.org.attribution import Source
from bot.periods import MICROS, micros, moment
from bot.refusals import ConfigError
from bot.sources.litellm.history import call_id, seconds_of, to_callback_payload
from bot.sources.litellm.parser import parse
from handlers.cli import err, opened, out, printable, run
from handlers.context import Context
from handlers.intake.spend_logs import Line, SpendLogs, Window
from handlers.intake.usage import Intake
from handlers.intake.usage_jobs import Answer

EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
_MOST_ERRORS_SHOWN = 20


@dataclass(kw_only=True)
class BackfillResult:
    """The outcome of a log's lines. `unmatched` are lines of old versions after the first live event: nothing shows
    whether they came live, so they are left out.
    """

    since: datetime
    until: datetime
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("accepted", "duplicates", "conflicts", "quarantined"), 0)
    )
    unmatched: int = 0
    ignored: int = 0
    errors: list[tuple[str, str]] = field(default_factory=list)

    def add(self, answer: Answer, lines: list[Line]) -> None:
        for name in self.counts:
            self.counts[name] += getattr(answer, name)
        self.ignored += answer.ignored
        room = _MOST_ERRORS_SHOWN - len(self.errors)
        self.errors += [(str(lines[at].get("request_id")), reason) for at, reason in answer.errors[: max(0, room)]]


async def backfill(
    context: Context, logs: SpendLogs, *, source: Source, since: datetime | None, until: datetime | None
) -> BackfillResult:
    """Reads and books the log window by window, and stores its progress, so that it can resume.

    Without `since` it resumes where it stopped, or starts at the beginning; without `until` it ends at the source's
    first live event, or now. Imported calls are not live: they don't count as activity of the source.
    """
    async with context.store.read() as tx:
        first_live = await tx.backfills.first_live(source.id)
        read_until = await tx.backfills.read_until(source.id)
    begin = since or (moment(read_until) if read_until is not None else EARLIEST)
    end = until or (moment(first_live) if first_live is not None else context.now())
    done = BackfillResult(since=begin, until=end)
    if begin >= end:
        return done
    intake = Intake(context)
    intake.start()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[calls]:,} calls"),
        TimeElapsedColumn(),
    )
    try:
        with Progress(*columns, console=err, transient=True) as progress:
            bar = progress.add_task(source.name, total=(end - begin).total_seconds(), calls=0)
            async for window in logs.windows(begin, end):
                await _book(context, intake, source, window=window, first_live=first_live, done=done)
                async with context.store.begin() as tx:
                    await tx.backfills.keep(source.id, read_until=micros(min(window.last, end)))
                read = (min(window.last, end) - begin).total_seconds()
                described = f"{source.name} to {window.last:%Y-%m-%d %H:%M}"
                progress.update(bar, completed=read, calls=sum(done.counts.values()), description=described)
    finally:
        await intake.stop()
    return done


async def _book(
    context: Context, intake: Intake, source: Source, *, window: Window, first_live: int | None, done: BackfillResult
) -> None:
    lines = [line for line in window.lines if first_live is None or call_id(line) or _is_before(line, first_live)]
    done.unmatched += len(window.lines) - len(lines)
    if lines:
        body = json.dumps([to_callback_payload(line) for line in lines]).encode()
        parsed = parse(body, now=context.now())
        done.add(await intake.book(parsed, source=source, read_as="litellm", is_live=False), lines)


def _is_before(line: Line, at: int) -> bool:
    seconds = seconds_of(line.get("endTime"))
    return seconds is None or seconds * MICROS < at


def backfill_command(
    source: Annotated[str, typer.Option("--source", help="The source that the gateway's live calls come in by.")],
    url: Annotated[str, typer.Option("--url", help="The proxy's own address, like http://127.0.0.1:4000.")],
    key_env: Annotated[
        str, typer.Option("--key-env", help="The environment variable that holds LiteLLM's master key.")
    ] = "LITELLM_MASTER_KEY",
    since: Annotated[
        str | None, typer.Option("--from", help="The first day, or moment, in UTC; else where it stopped last.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="The end, in UTC; else the source's first live event.")
    ] = None,
) -> None:
    """Books LiteLLM's own log of spend from before its calls came live. Running it again books nothing twice."""

    async def work() -> None:
        key = os.environ.get(key_env, "").strip()
        if not key:
            raise ConfigError(
                f"{key_env} is not set: put LiteLLM's master key into it, or name another with --key-env."
            )
        if not url.startswith(("http://", "https://")):
            raise ConfigError("--url has to begin with http:// or https://.")
        first, last = _moment("--from", since), _moment("--until", until)
        async with opened() as context:
            async with context.store.read() as tx:
                found = await tx.keys.source(source)
            if found is None:
                made = f"tokens keys create {source} --source litellm"
                raise ConfigError(f"There is no source {source}. `{made}` makes one.")
            if found.format != "litellm":
                raise ConfigError(f"{source} is a source of {found.format}; only LiteLLM's log can be read.")
            async with SpendLogs(url, key, key_env=key_env) as logs:
                done = await backfill(context, logs, source=found, since=first, until=last)
        _report(done)

    run(work())


def _report(done: BackfillResult) -> None:
    counts = done.counts
    out.print(
        f"{sum(counts.values())} calls of {done.since:%Y-%m-%d %H:%M} to {done.until:%Y-%m-%d %H:%M} UTC: "
        f"{counts['accepted']} accepted, {counts['duplicates']} duplicates, {counts['conflicts']} conflicts, "
        f"{counts['quarantined']} quarantined"
    )
    if done.unmatched:
        lines = f"{done.unmatched} lines of an old LiteLLM, from after the first live event, were left out"
        out.print(f"{lines}: nothing tells whether they came live.")
    if done.ignored:
        out.print(f"{done.ignored} more lines are no new usage, such as reads of stored answers, and were passed over")
    for request_id, reason in done.errors:
        err.print(f"{printable(request_id)}: {printable(reason)}", markup=False)


def _moment(option: str, text: str | None) -> datetime | None:
    """Parses a day or a moment in UTC."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(f"{option} {text}: write a day like 2026-11-01, or a moment like 2026-11-01T12:00.") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(at, EARLIEST)
