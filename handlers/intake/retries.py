"""Retries quarantined rows: by the parser of their sender's rows, or by the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from bot.crosschecks.producers import booked_producers, key_of, quarantine_reason, resolved
from bot.intake.quarantine import QuarantinedRow, event_from_row, row_hash, with_changes
from bot.org.attribution import Source
from bot.periods import moment
from bot.refusals import ConfigError
from bot.sources import MAY_LACK_TIME, SOURCES, read
from bot.sources.rows import Unreadable
from bot.usage import Outcome, Parsed, UsageEvent
from handlers.context import Context
from handlers.crosschecks.unread_usage import end_unread
from handlers.intake.usage import Intake
from handlers.intake.usage_jobs import NotDurable

BATCH = 500


@dataclass(kw_only=True)
class RetryResult:
    """The outcome of a retry: the number of rows booked, known already, or ignored on purpose, and the rows that still
    fail (id → reason).
    """

    booked: int = 0
    known: int = 0
    ignored: int = 0
    wrong: dict[int, str] = field(default_factory=dict)


def read_again(row: QuarantinedRow, source: Source, changes: Mapping[str, Any], context: Context) -> Parsed:
    """Reads a stored row by its parser, or as a stored event. Raises ValueError or Unreadable with the reason."""
    if not row.can_be_retried:
        raise ValueError(row.reason if row.kind == "conflict" else "nothing was kept of it: it has to be sent again")
    if row.kind == "unread" and row.read_as == "otlp":
        changes = {"meters": source.signal, **changes}  # it may have changed since
    body = with_changes(row.body, changes)
    if row.kind == "refused":
        return Parsed(rows=1, events=[(0, event_from_row(body))], unusable=[])
    if row.read_as not in SOURCES:
        raise ValueError(f"no parser here reads {row.read_as!r}")
    now = moment(row.received_at) if row.read_as in MAY_LACK_TIME else context.now()
    return read(body, read_as=row.read_as, source=source, now=now)


async def retry(context: Context, ids: Sequence[int], changes: Mapping[str, Any], *, dry_run: bool) -> RetryResult:
    """Reads stored rows again and books the good ones. A row is deleted once it is booked, known already or ignored on
    purpose; one that still fails stays, with the newer reason.
    """
    intake = Intake(context)
    intake.start()
    total = RetryResult()
    try:
        for start in range(0, len(ids), BATCH):
            async with context.store.read() as tx:
                rows = await tx.quarantine.by_ids(ids[start : start + BATCH])
                sources = {name: await tx.keys.source(name) for name in {row.source for row in rows}}
            for name, source in sorted(sources.items()):
                if source is not None:
                    ours = [row for row in rows if row.source == name]
                    await _retry_of(context, intake, source, ours, changes, total=total, dry_run=dry_run)
    except NotDurable as error:
        raise ConfigError("The database did not take it. Try again: nothing is booked twice.") from error
    finally:
        await intake.stop()
    return total


def _add(again: Parsed, parsed: Parsed, row: QuarantinedRow, tried: list[QuarantinedRow]) -> None:
    """Adds a row's events with what was left out of them, and its running sums. If nothing prices an event, it stays the
    same row of quarantine.
    """
    for index, event in parsed.events:
        place = len(tried)
        tried.append(row)
        again.events.append((place, event))
        again.notes += [(place, note) for at, note in parsed.notes if at == index]
        if (unless_priced := parsed.unless_priced.get(index)) is not None:
            again.unless_priced[place] = replace(unless_priced, index=place, key=row.row_hash)
    for _, running in parsed.sums:
        again.sums.append((len(tried), running))
        tried.append(row)
    for _, outcome in parsed.outcomes:
        again.outcomes.append((len(tried), outcome))
        tried.append(row)
    again.views += parsed.views


def _fault_of(parsed: Parsed, booked: set[tuple[str, str]]) -> str:
    """Returns why a row still fails: it is unusable, or no rule books its usage; "" if neither."""
    if parsed.unusable:
        return parsed.unusable[0].reason
    unread = (key for key in map(key_of, parsed.unread) if resolved(key, booked).kind != "repeat")
    return next(map(quarantine_reason, unread), "")


async def _retry_of(
    context: Context,
    intake: Intake,
    source: Source,
    rows: Sequence[QuarantinedRow],
    changes: Mapping[str, Any],
    *,
    total: RetryResult,
    dry_run: bool,
) -> None:
    """Retries rows of one source. Keeps what gateways reported beside a call, except that a budget blocked it: that is
    outdated.
    """
    wrong: dict[int, str] = {}
    done: list[int] = []
    again = Parsed(rows=0, events=[], unusable=[])
    tried: list[QuarantinedRow] = []
    async with context.store.read() as tx:
        booked = booked_producers([found.seen for found in await tx.producers.of([source.id])])
    for row in rows:
        try:
            parsed = read_again(row, source, changes, context)
        except (ValueError, Unreadable) as error:
            wrong[row.id] = str(error)
            continue
        if fault := _fault_of(parsed, booked):
            wrong[row.id] = fault
            continue
        if not (parsed.events or parsed.sums or parsed.outcomes):
            done.append(row.id)
        _add(again, parsed, row, tried)
    again.rows = len(again.events) + len(again.outcomes)
    total.ignored += len(done)
    if dry_run:
        total.booked += len(tried)
        total.wrong |= wrong
        return
    things: dict[int, UsageEvent | Outcome] = dict(again.events)
    things |= {place: running.event for place, running in again.sums}
    things |= dict(again.outcomes)
    answer = await intake.book(again, source=source, read_as=rows[0].read_as, is_live=False)
    refused = dict(answer.errors)
    superseded: list[int] = []
    async with context.store.begin() as tx:
        for index, row in enumerate(tried):
            if index not in refused:
                done.append(row.id)
                continue
            wrong[row.id] = refused[index]
            kept_anew = await tx.quarantine.id_of(source.id, row_hash(things[index]))
            if kept_anew not in (None, row.id):
                superseded.append(row.id)  # it became a conflict, or was refused, and is stored as a new row
        for row in rows:
            if row.id in wrong and row.can_be_retried:
                await tx.quarantine.update_reason(row.id, wrong[row.id])
        done = [row_id for row_id in done if row_id not in wrong]
        await tx.quarantine.remove([*done, *superseded])
        await end_unread(tx, [row for row in rows if row.id in done])
        if done:
            await tx.audit.record(
                at=context.now_micros(),
                actor_id=None,
                action="retry quarantine",
                subject=f"source:{source.name}",
                detail={"rows": len(done), "set": sorted(changes)},
            )
    total.booked += answer.accepted
    total.known += answer.duplicates
    total.wrong |= wrong
