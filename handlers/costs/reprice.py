"""Repricing: booked usage gets the cost of today's rulebook through adjusting rows."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from bot.intake.adjustments import BookedEvent, Change, usage_event_from
from bot.money import usd
from bot.org.attribution import Source
from bot.periods import DAY_MICROS, HOUR_MICROS, date_of, day_number
from bot.rulebook import Rulebook
from bot.usage import Labels, UsageEvent
from bot.views.wording import signed_usd
from handlers.books.charges import post_charges
from handlers.books.horizons import removed_words
from handlers.cli import opened, out, run
from handlers.context import Context
from storage.intake.booked_events import (
    AmountsPage,
    EventAmounts,
    EventFilter,
    EventPosition,
)
from storage.intake.event_columns import conditions_of_text, parts_of_text, units_of_text
from storage.intake.twins.states import Series, booked_amounts
from storage.store import Transaction

KIND = "reprice"
_FARTHEST_EAST, _FARTHEST_WEST = 14 * HOUR_MICROS, 12 * HOUR_MICROS
_CHANGES_AT_ONCE = 500
"""Changes per transaction, so that it stays short and usage comes in between two of them."""


@dataclass(kw_only=True)
class RepriceResult:
    """The result of repricing: all calls, and (calls, nanos before, nanos after) by team."""

    seen: int = 0
    calls: int = 0
    by_team: dict[int, tuple[int, int, int]] = field(default_factory=dict)

    @property
    def difference_nanos(self) -> int:
        return sum(after - before for _, before, after in self.by_team.values())

    def add(self, made: list[Change]) -> None:
        self.calls += len(made)
        for old, new in made:
            calls, before, after = self.by_team.get(old.team_id, (0, 0, 0))
            self.by_team[old.team_id] = (calls + 1, before + old.cost_nanos, after + new.cost_nanos)


async def _nothing_else(tx: Transaction) -> None:
    """Does nothing in a page's transaction."""


async def reprice(
    context: Context,
    *,
    since_day: int,
    until_day: int | None = None,
    provider: str | None = None,
    model: str | None = None,
    actor_id: int | None = None,
    document: str,
    dry_run: bool = False,
    in_each: Callable[[Transaction], Awaitable[None]] = _nothing_else,
) -> RepriceResult:
    """Reprices every event booked on the days from `since_day` to `until_day` inclusive, by today's rules for its own
    day.

    Only events whose cost or basis changed are adjusted. Each piece of them has its own transaction, so a second run
    continues an interrupted one. Charges of closed days are posted at the end.
    """
    result = RepriceResult()
    if not dry_run:
        await context.store.fold_totals()  # an adjusting row corrects totals that have its event
    query = EventFilter(
        since=since_day * DAY_MICROS - _FARTHEST_EAST,
        until=None if until_day is None else (until_day + 1) * DAY_MICROS + _FARTHEST_WEST,
        provider=provider,
        model=model,
    )
    after: EventPosition | None = None
    is_over = False
    while not is_over:
        async with context.store.read() as tx:
            rulebook = await context.rulebooks.current(tx)
            sources = {source.id: source for source, _ in await tx.keys.listed()}
            page = await tx.booked_events.amounts(query, after=after)
        seen, events = events_to_price(rulebook, sources, page, since_day=since_day, until_day=until_day)
        changes = changed_prices(rulebook, sources, events)
        if dry_run:
            result.add(changes)
            changes = []
        for start in range(0, len(changes), _CHANGES_AT_ONCE):
            async with context.store.begin() as tx:
                if await context.rulebooks.current(tx) is not rulebook:  # prices changed in the meantime
                    break
                at, piece = context.now_micros(), changes[start : start + _CHANGES_AT_ONCE]
                if not result.calls:
                    facts = {"since": since_day, "until": until_day, "provider": provider, "model": model}
                    await tx.audit.record(at=at, actor_id=actor_id, action=KIND, subject=document, detail=facts)
                result.add(await tx.adjustments.adjust(piece, kind=KIND, at=at, actor_id=actor_id, document=document))
                await in_each(tx)
        else:
            result.seen, after, is_over = result.seen + seen, page.after, page.after is None
    if result.calls and not dry_run:
        await post_charges(context)
        async with context.store.begin() as tx:
            at = context.now_micros()
            facts = {"calls": result.calls, "difference_nanos": result.difference_nanos}
            await tx.audit.record(at=at, actor_id=actor_id, action="repriced", subject=document, detail=facts)
        context.wake_watcher.set()
    return result


def events_to_price(
    rulebook: Rulebook, sources: dict[int, Source], page: AmountsPage, *, since_day: int, until_day: int | None
) -> tuple[int, list[BookedEvent]]:
    """Returns the number of a page's events on the given days, and those that may cost something else: all with
    adjusting rows, and the others whose price differs."""
    last = math.inf if until_day is None else until_day
    labels: dict[tuple[int, str, str], Labels] = {}
    events = [booked for booked in page.adjusted if since_day <= booked.local_day <= last]
    seen = len(events)
    for row in page.plain:
        if not since_day <= row.local_day <= last:
            continue
        seen += 1
        series, source = page.series[row.series_id], sources.get(row.source_id)
        key = (row.series_id, row.tier, row.conditions)
        sent = labels.get(key)
        if sent is None:
            held = conditions_of_text(row.conditions)
            sent = labels[key] = Labels(
                provider=series.provider, model=series.model, tier=row.tier, geo=held.geo, region=held.region
            )
        priced = rulebook.prices.price(
            _event_of(row, series, sent),
            day=row.local_day,
            reported_first=source.reported_first if source else False,
        )
        if (row.cost_nanos, series.basis, row.notional_nanos) != (
            priced.cost_nanos,
            priced.basis,
            priced.notional_nanos,
        ):
            events.append(booked_amounts(row, page.series))
    return seen, events


def _event_of(row: EventAmounts, series: Series, labels: Labels) -> UsageEvent:
    """Returns the event as far as its price depends on it."""
    return UsageEvent(
        key=b"",
        fingerprint=b"",
        event_id="",
        occurred_at=row.occurred_at,
        labels=labels,
        uncached_input=row.uncached_input,
        cache_read=row.cache_read,
        cache_write_5m=row.cache_write_5m,
        cache_write_1h=row.cache_write_1h,
        output=row.output,
        reasoning=row.reasoning,
        reported_nanos=row.reported_nanos,
        failed=series.basis == "failed",
        gateway_cache=series.basis == "gateway_cache",
        notional=series.basis == "notional",
        unmetered=series.basis == "unmetered",
        parts=parts_of_text(row.parts),
        units=units_of_text(row.units),
        cost_is_guess=conditions_of_text(row.conditions).cost_is_guess,
    )


def changed_prices(rulebook: Rulebook, sources: dict[int, Source], events: list[BookedEvent]) -> list[Change]:
    """Returns the events whose cost or basis differs by a rulebook, with the new values."""
    book = rulebook.prices.book.book_id
    changes = []
    for booked in events:
        source = sources.get(booked.source_id)
        priced = rulebook.prices.price(
            usage_event_from(booked),
            day=booked.local_day,
            reported_first=source.reported_first if source else False,
        )
        now = (booked.cost_nanos, booked.basis, booked.notional_nanos)
        if now != (priced.cost_nanos, priced.basis, priced.notional_nanos):
            new = msgspec.structs.replace(
                booked,
                cost_nanos=priced.cost_nanos,
                basis=priced.basis,
                notional_nanos=priced.notional_nanos,
                book_nanos=priced.book_nanos,
                book=book,
                cost_reason=priced.reason,
            )
            changes.append(Change(booked, new))
    return changes


def reprice_command(
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day to price again.")],
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day to price again; default: today.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
) -> None:
    """Prices usage again by today's prices, contracts and aliases, each day by what held on it."""
    run(_reprice(since.date(), until.date() if until else None, dry_run=dry_run))


async def _reprice(since: date, until: date | None, *, dry_run: bool) -> None:
    async with opened() as context:
        first, last = day_number(since), day_number(until) if until else None
        document = f"reprice:{since}..{until or date_of(context.now_micros() // DAY_MICROS)}"
        result = await reprice(context, since_day=first, until_day=last, document=document, dry_run=dry_run)
        async with context.store.read() as tx:
            directory = (await context.rulebooks.current(tx)).directory
        removed = await removed_words(context, since_at=first * DAY_MICROS)
    if removed:
        out.print(removed)
    if not result.calls:
        out.print(f"Nothing changes: {result.seen:,} calls cost what they should.")
        return
    table = Table("team", "calls", "before", "now", "difference", box=None)
    for team_id, (calls, before, after) in sorted(
        result.by_team.items(), key=lambda item: directory.by_id(item[0]).slug
    ):
        slug = directory.by_id(team_id).slug
        table.add_row(slug, f"{calls:,}", usd(before), usd(after), signed_usd(after - before))
    out.print(table)
    verb = "would cost" if dry_run else "cost"
    out.print(
        f"{result.calls:,} of {result.seen:,} calls {verb} something else: {signed_usd(result.difference_nanos)}."
    )
    if dry_run:
        out.print("Dry run: nothing was stored.")
