"""Observing sources: compares their usage with the books; and `tokens sources`, the state of each source."""

from collections.abc import Sequence
from typing import Literal

from rich.table import Table

from bot.crosschecks.observations import CallTotals, CrossCheck, cross_checks, settled_end
from bot.crosschecks.producers import SeenProducer
from bot.org.attribution import Source
from bot.periods import DAY_MICROS, moment
from bot.refusals import ConfigError
from bot.rulebook import Rulebook
from bot.views.crosschecks.sources import cross_check_message
from handlers.alerting.notices import notify
from handlers.cli import cell, opened, out, run
from handlers.context import Context
from handlers.crosschecks.unread_usage import sent_by, source_producer_lines
from handlers.scope import Scope
from storage.crosschecks.observations import CallCounts
from storage.store import Transaction

DAYS_REPORTED = 3
"""Settled days that are still reported, so that a worker that was down over a weekend catches up."""
DAYS_SHOWN = 2


async def compared(tx: Transaction, rulebook: Rulebook, *, now: int, days: int) -> list[CrossCheck]:
    """Returns the observed usage of the last settled days beside the booked usage."""
    end = settled_end(now)
    observed = await tx.observations.of_days(first_day=end - days, end_day=end)
    names = {source.id: source.name for source, _ in await tx.keys.listed() if source.role == "observe"}
    teams = [team.id for team in rulebook.directory.teams]
    booked = {day: await tx.observations.booked(teams, day=day) for day in sorted({day for _, day, _, _ in observed})}
    return cross_checks(observed, booked, names)


async def drifting(tx: Transaction, rulebook: Rulebook, *, now: int) -> tuple[CrossCheck, ...]:
    """Returns models with more observed than booked usage in the last days, for Home."""
    return tuple(check for check in await compared(tx, rulebook, now=now, days=DAYS_SHOWN) if check.has_drift)


async def cross_check(context: Context) -> int:
    """Notifies finance, once per observing source and settled day, of observed usage that is not booked. Returns the
    number of messages.
    """
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        by_source: dict[tuple[int, int], list[CrossCheck]] = {}
        for check in await compared(tx, scope.rulebook, now=scope.at, days=DAYS_REPORTED):
            if check.has_drift:
                by_source.setdefault((check.day, check.source_id), []).append(check)
        posted = 0
        for (day, source_id), checks in sorted(by_source.items()):
            key = f"cross-check:{source_id}:{day}"
            if not await tx.outbox.known(key):  # the key of earlier versions
                posted += await _notify(scope, checks, key=key)
    if posted:
        context.wake_outbox.set()
    return posted


async def _notify(scope: Scope, checks: list[CrossCheck], *, key: str) -> bool:
    return None is not await notify(
        scope,
        cross_check_message(checks),
        kind="cross-check",
        key=key,
        people=scope.directory.reachable_finance,
        severity="medium",
        facts={"source": checks[0].source, "day": checks[0].day},
    )


async def change_role(context: Context, name: str, role: Literal["meter", "observe"]) -> None:
    """Changes a source's role from now on. Its earlier usage stays as it is: booked, or only observed."""
    at = context.now_micros()
    async with context.store.begin() as tx:
        source = await tx.keys.source(name)
        if source is None:
            raise ConfigError(f"NAME: there is no source {name!r}; `tokens keys list` shows them")
        if source.role != role:
            await tx.keys.set_role(source, role)
            detail = {"role": role, "before": source.role}
            await tx.audit.record(at=at, actor_id=None, action="change role", subject=f"source:{name}", detail=detail)


def sources_command() -> None:
    """Every source: when it was last heard of, its calls, what it has in quarantine, and how its cross-check stands."""

    async def work() -> None:
        async with opened() as context, context.store.read() as tx:
            now = context.now_micros()
            rulebook = await context.rulebooks.current(tx)
            listed = [source for source, _ in await tx.keys.listed()]
            traffic = await tx.observations.traffic(now=now)
            last_received = await tx.observations.last_received()
            kept: dict[str, int] = {}
            for share in await tx.quarantine.shares():
                kept[share.source] = kept.get(share.source, 0) + share.rows
            checks = await compared(tx, rulebook, now=now, days=7)
            seen: dict[int, list[SeenProducer]] = {}
            for found in await tx.producers.of():
                seen.setdefault(found.source_id, []).append(found.seen)
            twins = await tx.usage.call_records.twins_by_source(since=now - 7 * DAY_MICROS)
        columns = ("source", "format", "role", "last received", "today", "7 days", "quarantined")
        table = Table(*columns, "booked of it", "sent by", box=None)
        for source in listed:
            at = last_received.get(source.id)
            calls = traffic.get(source.id, CallCounts(0, 0))
            table.add_row(
                *(source.name, source.format, source.role),
                f"{moment(at):%Y-%m-%d %H:%M}" if at is not None else "never",
                *(f"{calls.today:,}", f"{calls.week:,}", f"{kept.get(source.name, 0):,}"),
                _booked_words(source, [check for check in checks if check.source_id == source.id]),
                cell(sent_by(seen.get(source.id, []))),
            )
        out.print(table if listed else "There are no sources; `tokens keys create NAME --source FORMAT` makes one.")
        for source in listed:
            for line in source_producer_lines(source.name, seen.get(source.id, [])):
                out.print(line, markup=False)
            if count := twins.get(source.id):
                words = f"{source.name}: {count:,} further records of calls in 7 days, kept as twins and not counted"
                out.print(words, markup=False)

    run(work())


def _booked_words(source: Source, checks: Sequence[CrossCheck]) -> str:
    """Returns the share of an observing source's usage that was booked on the last settled days."""
    if source.role != "observe":
        return "–"
    observed = CallTotals(calls=sum(c.observed.calls for c in checks), tokens=sum(c.observed.tokens for c in checks))
    missing = sum(min(c.missing.tokens, c.observed.tokens) for c in checks)
    if not observed.calls:
        return "nothing settled yet"
    share = (
        1 - missing / observed.tokens if observed.tokens else 1 - sum(c.missing.calls for c in checks) / observed.calls
    )
    drifts = len({c.model for c in checks if c.has_drift})
    return f"{share:.1%}" + (f", {drifts} model{'' if drifts == 1 else 's'} drift" if drifts else "")
