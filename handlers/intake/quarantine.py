"""`tokens quarantine`: lists rows that could not be booked, retries them after a fix, and dismisses them."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from prometheus_client import CollectorRegistry, Gauge
from rich.table import Table

from bot.intake.quarantine import (
    QUARANTINE_KINDS,
    QuarantinedRow,
    QuarantineShare,
    event_from_row,
    fields_of,
    parse_changes,
)
from bot.money import usd_exact
from bot.periods import moment
from bot.refusals import ConfigError
from bot.usage import COUNTERS
from handlers.cli import cell, opened, out, printable, run
from handlers.context import Context
from handlers.crosschecks.unread_usage import end_unread
from handlers.intake.retries import retry
from storage.intake.event_columns import parts_text, units_text
from storage.intake.left_out import LeftOutField
from storage.store import Transaction

commands = typer.Typer(help="Rows that could not be booked: look, mend, try again.", no_args_is_help=True)
_MOST_SHOWN = 20


class QuarantineGauges:
    """The size of the quarantine for Prometheus, read from the database at each scrape."""

    def __init__(self, registry: CollectorRegistry) -> None:
        text = "Rows in quarantine by kind."
        self._rows = Gauge("tokens_quarantine_rows", text, ["kind"], registry=registry)
        lost = "Rows that there was no room for in quarantine."
        self._not_kept = Gauge("tokens_quarantine_not_kept_rows", lost, registry=registry)
        cut = "Booked calls by field that did not fit and was cut or left out, over all fields."
        self._left_out = Gauge("tokens_usage_left_out_fields", cut, registry=registry)

    async def look(self, tx: Transaction) -> None:
        counts = await tx.quarantine.counts()
        for kind in QUARANTINE_KINDS:
            self._rows.labels(kind).set(counts.get(kind, 0))
        self._not_kept.set(sum((await tx.quarantine.not_kept()).values()))
        self._left_out.set(sum(field.calls for field in await tx.left_out.all()))


async def _source_id(tx: Transaction, name: str | None) -> int | None:
    if name is None:
        return None
    found = await tx.keys.source(name)
    if found is None:
        raise ConfigError(f"--source: there is no source {name!r}; `tokens keys list` shows them")
    return found.id


def _checked_kind(kind: str | None) -> str | None:
    if kind is not None and kind not in QUARANTINE_KINDS:
        raise ConfigError(f"--kind: {kind!r} is none; there are: {', '.join(QUARANTINE_KINDS)}")
    return kind


_SOURCE = Annotated[str | None, typer.Option("--source", help="Only what this source sent.")]
_KIND = Annotated[str | None, typer.Option("--kind", help="Only " + ", ".join(QUARANTINE_KINDS) + ".")]


@commands.command("list")
def list_command(
    source: _SOURCE = None,
    kind: _KIND = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many of the newest.")] = _MOST_SHOWN,
) -> None:
    """The newest rows with their reasons, then how many there are of each source and kind."""

    async def work() -> None:
        chosen = _checked_kind(kind)
        async with opened() as context, context.store.read() as tx:
            source_id = await _source_id(tx, source)
            rows = await tx.quarantine.listed(source_id=source_id, kind=chosen, limit=limit)
            shares = [
                share
                for share in await tx.quarantine.shares()
                if source in (None, share.source) and chosen in (None, share.kind)
            ]
            lost = {n: c for n, c in (await tx.quarantine.not_kept()).items() if source in (None, n)}
            left_out = [field for field in await tx.left_out.all() if source in (None, field.source)]
        if rows:
            table = Table("id", "source", "received", "kind", "bytes", "reason", box=None)
            for row in rows:
                when = f"{moment(row.received_at):%Y-%m-%d %H:%M}"
                table.add_row(str(row.id), row.source, when, row.kind, str(row.size), cell(row.reason))
            out.print(table)
        for line in [*_summary(shares, lost), *map(_left_out_line, left_out)]:
            out.print(line, markup=False)

    run(work())


def _left_out_line(field: LeftOutField) -> str:
    calls = "call" if field.calls == 1 else "calls"
    when = f"{moment(field.last_received_at):%Y-%m-%d %H:%M}"
    return (
        f"{field.source}: {printable(field.field)} was cut or left out of {field.calls:,} booked {calls}, last {when}"
    )


def _summary(shares: Sequence[QuarantineShare], lost: Mapping[str, int]) -> list[str]:
    if not shares and not lost:
        return ["Nothing is in quarantine."]
    lines = [f"{share.source}: {share.rows:,} {share.kind}, {share.bytes:,} bytes" for share in shares]
    lines += [f"{name}: {count:,} more came than there is room for, and were not kept" for name, count in lost.items()]
    rows, again = sum(s.rows for s in shares), sum(s.retryable for s in shares)
    return [*lines, f"{rows:,} rows; {again:,} can be tried again with `tokens quarantine retry`"]


@commands.command("show")
def show_command(row_id: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """All that is kept of a row, why it could not be booked, and what to do."""

    async def work() -> None:
        async with opened() as context, context.store.read() as tx:
            found = await tx.quarantine.by_ids([row_id])
            if not found:
                raise ConfigError(f"ID: there is no row {row_id}; `tokens quarantine list` shows them")
            row = found[0]
            out.print(f"{row.id}: {row.kind}, from {row.source}, received {moment(row.received_at):%Y-%m-%d %H:%M} UTC")
            out.print(f"why: {printable(row.reason)}", markup=False)
            if row.kind == "conflict":
                out.print(await _both(tx, context, row))
            elif row.size:
                out.print(json.dumps(fields_of(row.body), indent=2), markup=False)
            out.print(f"kept until {moment(row.expires_at):%Y-%m-%d}", markup=False)
            out.print(_advice(row), markup=False)

    run(work())


def _advice(row: QuarantinedRow) -> str:
    if row.kind == "conflict":
        return f"The event that was booked first stands. `tokens quarantine dismiss {row.id}` drops this one."
    if row.kind == "unread":
        return (
            "No rule books it. After a fix (what the sender sends, the source's --signal, a newer version): "
            f"`tokens quarantine retry {row.id}`. Not wanted: `tokens quarantine dismiss {row.id}`."
        )
    if not row.size:
        return (
            f"Only its hash is kept, so it has to be sent again. `tokens quarantine dismiss {row.id}` drops this row."
        )
    return (
        f"With a newer version: `tokens quarantine retry {row.id}`. By hand: add `--set FIELD=VALUE`, with the path of a "
        f"field above. Not wanted: `tokens quarantine dismiss {row.id}`."
    )


async def _both(tx: Transaction, context: Context, row: QuarantinedRow) -> Table:
    """Returns the booked event and the quarantined one, side by side."""
    kept = event_from_row(row.body)
    booked = await tx.quarantine.booked_event(row.source_id, kept.key, near=kept.occurred_at)
    slugs = {team.id: team.slug for team in (await context.rulebooks.current(tx)).directory.teams}
    table = Table("", "booked", "kept, not booked", box=None)

    def line(what: str, there: object, here: object) -> None:
        shown = [cell("" if value is None else str(value)) for value in (there, here)]
        table.add_row(what, *(shown if booked is not None else ("–", shown[1])))

    there: Any = booked if booked is not None else kept
    compared: Any = booked if booked is not None else kept.labels
    line("id", there.event_id, kept.event_id)
    line("time", moment(there.occurred_at).isoformat(), moment(kept.occurred_at).isoformat())
    for name in ("provider", "model", "tool", "workflow", "credential"):
        line(name, getattr(compared, name), getattr(kept.labels, name))
    for counter in COUNTERS:
        line(counter, getattr(there, counter), getattr(kept, counter))
    for name, text, here in (("parts", parts_text, kept.parts), ("units", units_text, kept.units)):
        if here or (booked is not None and getattr(booked, name)):
            line(name, getattr(booked, name, ""), text(here) if here else "")
    line("user", booked.email if booked is not None else "", kept.labels.user)
    line(
        "team",
        slugs.get(booked.team_id, "") if booked is not None else "",
        kept.labels.declared_team or kept.labels.gateway_team,
    )
    line("reported", _dollars(there.reported_nanos), _dollars(kept.reported_nanos))
    if booked is not None:
        line("cost", _dollars(booked.cost_nanos), "")
    return table


def _dollars(nanos: int | None) -> str:
    return "" if nanos is None else usd_exact(nanos)


async def _chosen(
    context: Context,
    ids: Sequence[int] | None,
    *,
    everything: bool,
    source: str | None,
    kind: str | None,
    retryable: bool,
) -> list[int]:
    """Returns the rows that the options select."""
    if sum((bool(ids), everything, source is not None)) != 1:
        ways = "IDs, --source NAME or --all" if retryable else "IDs or --source NAME"
        raise ConfigError(f"Say which rows: {ways}.")
    async with context.store.read() as tx:
        if not ids:
            source_id = await _source_id(tx, source)
            return await tx.quarantine.ids_of(source_id=source_id, kind=kind, retryable=retryable)
        there = {row.id for row in await tx.quarantine.by_ids(ids)}
        if missing := [str(i) for i in ids if i not in there]:
            raise ConfigError(f"ID: there is no row {', '.join(missing)}; `tokens quarantine list` shows them")
        return sorted(there)


_IDS = Annotated[list[int] | None, typer.Argument(metavar="[ID]...")]


@commands.command("retry")
def retry_command(
    ids: _IDS = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that can be tried again.")] = False,
    source: _SOURCE = None,
    kind: _KIND = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="Mends a field by hand first: data.model=gpt-4o")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what could be booked.")] = False,
) -> None:
    """Reads rows again and books those that can be, at the time at which they happened."""

    async def work() -> None:
        field_changes = parse_changes(changes or [])
        if field_changes and everything:
            raise ConfigError("--set: name the rows by their IDs or by --source, not --all")
        async with opened() as context:
            named = await _chosen(
                context, ids, everything=everything, source=source, kind=_checked_kind(kind), retryable=True
            )
            tried = await retry(context, named, field_changes, dry_run=dry_run)
        outcome = "could be booked" if dry_run else "booked"
        words = f"{len(named):,} rows: {tried.booked:,} {outcome}, {tried.known:,} known already, {tried.ignored:,} left out "
        out.print(f"{words}on purpose, {len(tried.wrong):,} still wrong", markup=False)
        for row_id, reason in list(tried.wrong.items())[:_MOST_SHOWN]:
            out.print(f"{row_id}: {printable(reason)}", markup=False)

    run(work())


@commands.command("dismiss")
def dismiss_command(ids: _IDS = None, source: _SOURCE = None, kind: _KIND = None) -> None:
    """Drops rows that nobody wants: conflicts that were looked at, or a sender's mistakes."""

    async def work() -> None:
        async with opened() as context:
            named = await _chosen(
                context, ids, everything=False, source=source, kind=_checked_kind(kind), retryable=False
            )
            async with context.store.begin() as tx:
                rows = await tx.quarantine.by_ids(named)
                gone = await tx.quarantine.remove(named)
                await end_unread(tx, rows)
                subject = f"source:{source}" if source else "rows:" + ",".join(map(str, named[:50]))
                at = context.now_micros()
                detail = {"rows": gone}
                await tx.audit.record(at=at, actor_id=None, action="dismiss quarantine", subject=subject, detail=detail)
        out.print(f"{gone:,} row{'' if gone == 1 else 's'} dismissed.")

    run(work())
