"""Usage that no rule books: one message per new producer to admins and finance, and what Home and `tokens sources` show."""

from collections.abc import Iterable, Sequence

from bot.crosschecks.producers import (
    GRACE_MICROS,
    SeenProducer,
    UnreadView,
    lost,
    quarantine_reason,
)
from bot.intake.quarantine import QuarantinedRow
from bot.periods import DAY_MICROS, moment
from bot.usage import digest
from bot.views.crosschecks.unread_usage import unread_message
from handlers.alerting.notices import notify
from handlers.cli import printable
from handlers.context import Context
from handlers.scope import Scope
from storage.crosschecks.producers import SourceProducer
from storage.store import Transaction

UNREAD = "unread"
MOST_LINES = 5
"""The most lines of a source in `tokens sources`."""


async def watch_unread(context: Context) -> int:
    """Notifies admins and finance of producers whose usage nobody books, each once, and forgets those that were not seen
    for as long as quarantine keeps rows. Returns the number of messages.
    """
    now = context.now_micros()
    oldest = now - context.settings.quarantine_days * DAY_MICROS
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        seen = await tx.producers.of()
        fresh = await _untold(tx, directory.root.id, seen, now=now)
    if any(found.seen.last_at < oldest for found in seen):
        async with context.store.begin() as tx:
            await tx.producers.expire(before=oldest)
    if not fresh:
        return 0
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        fresh = await _untold(tx, scope.directory.root.id, await tx.producers.of(), now=now)
        posted = sum([await _notify(scope, views) for views in fresh])
    if posted:
        context.wake_outbox.set()
    return posted


async def _untold(
    tx: Transaction, root_id: int, seen: Sequence[SourceProducer], *, now: int
) -> list[tuple[int, list[UnreadView]]]:
    """Returns each source's unread usage of producers of which nobody was told."""
    found = []
    for source_id, views in _lost(seen, now=now).items():
        records = await tx.alerts.with_prefix(team_id=root_id, kind=UNREAD, prefix=f"{UNREAD}:{source_id}:")
        told = {name for record in records for name in record.facts["producers"]}
        if fresh := [view for view in views if view.key.name not in told]:
            found.append((source_id, fresh))
    return found


async def _notify(scope: Scope, told: tuple[int, list[UnreadView]]) -> bool:
    source_id, views = told
    names = sorted({view.key.name for view in views})
    record = await notify(
        scope,
        unread_message(views),
        kind=UNREAD,
        key=f"{UNREAD}:{source_id}:{digest(names).hex()}",
        people=scope.directory.reachable(scope.directory.admins | scope.directory.finance),
        severity="medium",
        facts={"source": views[0].source, "producers": names},
    )
    return record is not None


def _lost(seen: Iterable[SourceProducer], *, now: int) -> dict[int, list[UnreadView]]:
    """Returns the usage that nobody books by source id, most rows first. Another signal's is lost only if the metered
    one has not come within a quarter of an hour.
    """
    by_source: dict[int, list[SourceProducer]] = {}
    for found in seen:
        by_source.setdefault(found.source_id, []).append(found)
    views = {
        source_id: [
            UnreadView(source=rows[0].source, key=row.key, rows=row.rows, last_at=row.last_at)
            for row in sorted(lost([found.seen for found in rows]), key=lambda row: (-row.rows, row.key))
            if row.key.kind == "unknown" or now - row.first_at > GRACE_MICROS
        ]
        for source_id, rows in by_source.items()
    }
    return {source_id: found for source_id, found in views.items() if found}


async def shown_unread(tx: Transaction, *, now: int) -> tuple[UnreadView, ...]:
    """Returns the usage that nobody books, most rows first, for Home."""
    views = [view for found in _lost(await tx.producers.of(), now=now).values() for view in found]
    return tuple(sorted(views, key=lambda view: (-view.rows, view.source, view.key)))


def source_producer_lines(name: str, seen: Sequence[SeenProducer]) -> list[str]:
    """Returns lines about a source's rows with usage that are not booked, for `tokens sources`."""
    missing = sorted(lost(seen), key=lambda row: (-row.rows, row.key))
    others = [row for row in seen if row.key.kind != "booked" and row not in missing]
    lines = [_line(name, row, "not booked") for row in missing[:MOST_LINES]]
    if missing[MOST_LINES:]:
        lines.append(f"{name}: {len(missing) - MOST_LINES:,} more producers or reasons, not booked")
    if missing:
        lines.append(f"{name}: `tokens quarantine list --source {name} --kind unread` shows rows to retry after a fix")
    ranked = sorted(others, key=lambda row: (-row.rows, row.key))
    lines += [_line(name, row, "left out on purpose") for row in ranked[:MOST_LINES]]
    return lines


def _line(name: str, row: SeenProducer, fate: str) -> str:
    rows = f"{row.rows:,} row{'' if row.rows == 1 else 's'}"
    when = f"{moment(row.last_at):%Y-%m-%d %H:%M}"
    return f"{name}: {rows} with usage of {printable(row.key.label)}, {fate}: {printable(row.key.reason)}; last {when}"


def sent_by(seen: Sequence[SeenProducer]) -> str:
    """Returns the producer of a source's newest booked calls, and the number of its others."""
    booked = [row for row in seen if row.key.kind == "booked"]
    if not booked:
        return "–"
    newest = max(booked, key=lambda row: row.last_at).key
    others = len({row.key.name for row in booked} - {newest.name})
    return f"{newest.name} {newest.version}".strip() + (f" and {others} more" if others else "")


async def end_unread(tx: Transaction, gone: Sequence[QuarantinedRow]) -> None:
    """Ends the count of unread usage of whose rows none is left in quarantine, after a retry or a dismissal."""
    reasons: dict[int, set[str]] = {}
    for row in gone:
        if row.kind == "unread":
            reasons.setdefault(row.source_id, set()).add(row.reason)
    for source_id, given in reasons.items():
        ended = [reason for reason in given if not await tx.producers.quarantined_for(source_id, [reason])]
        seen = [found.seen.key for found in await tx.producers.of([source_id])]
        await tx.producers.remove((source_id, key) for key in seen if quarantine_reason(key) in ended)
