"""Which rows an export takes: its name and period as typed or sent, and the queries that read it."""

from collections.abc import Callable
from typing import Literal, get_args

from bot.books.exports.columns import AUDIT_COLUMNS, LEDGER_COLUMNS, USAGE_COLUMNS, Column
from bot.books.exports.focus import FOCUS_COLUMNS, Payer
from bot.org.teams import Directory
from bot.periods import DAY_MICROS, Period, day_start, micros, moment
from bot.refusals import FieldRefusal
from handlers.context import Context
from storage.books.exports.audit_rows import AuditRows
from storage.books.exports.entry_rows import EntryRows
from storage.books.exports.focus_rows import DayCache, FocusRows
from storage.books.exports.pages import ExportRows, ExportScope
from storage.books.exports.usage_rows import UsageRows
from storage.books.removals import Removals
from storage.transaction import OpenTransaction

ExportName = Literal["usage", "ledger", "focus", "audit"]
EXPORTS: tuple[ExportName, ...] = get_args(ExportName)
COLUMNS: dict[ExportName, tuple[Column, ...]] = {
    "usage": USAGE_COLUMNS,
    "ledger": LEDGER_COLUMNS,
    "focus": FOCUS_COLUMNS,
    "audit": AUDIT_COLUMNS,
}
OF_USAGE: frozenset[ExportName] = frozenset({"usage", "focus"})
"""Exports with rows of usage, which may name people, and need the raw events."""
OF_EVERYBODY: frozenset[ExportName] = frozenset({"audit"})
"""Exports that no team has a part of."""


def read_period(text: str | None, directory: Directory) -> Period | None:
    """Returns the period of a name, None for all. Raises FieldRefusal for anything else."""
    if text is None:
        return None
    calendar = directory.organisation.calendar
    try:
        return calendar.named(text)
    except ValueError as error:
        raise FieldRefusal("period", f"{text[:40]!r} is no period; write {calendar.examples}") from error


def ledger_periods(period: Period | None, directory: Directory) -> tuple[str, ...]:
    """Returns the names of the ledger's periods within a period. Raises FieldRefusal for a part of one of them."""
    if period is None:
        return ()
    calendar = directory.organisation.calendar
    found = calendar.period_of(period.first_day)
    if found.first_day < period.first_day or found.end_day > period.end_day:
        by = f"the ledger has no {period.name}, as its budgets are by {calendar.kind}; ask for {found.name}"
        raise FieldRefusal("period", by)
    names = []
    while found.first_day < period.end_day:
        names.append(found.name)
        found = calendar.next(found)
    return tuple(names)


def export_scope(
    snapshot: str, period: str | None, directory: Directory, *, name: ExportName, team_id: int | None = None
) -> ExportScope:
    """Returns an export's scope. Raises FieldRefusal for a period that is none.

    It names people only where their managers may see them too: an export goes on to others, and `self` promises a
    person's figures to that person alone.
    """
    return ExportScope(
        snapshot=snapshot,
        period=read_period(period, directory),
        team_id=team_id,
        shows_people=name in OF_USAGE and directory.organisation.people == "managers",
    )


async def note_named_people(context: Context, scope: ExportScope, name: ExportName, *, by: str) -> None:
    """Records in the audit log that an export names people, and who made it."""
    if not scope.shows_people:
        return
    at, period = context.now_micros(), scope.period.name if scope.period else ""
    async with context.store.begin() as tx:
        detail = {"period": period, "by": by, "team_id": scope.team_id}
        await tx.audit.record(at=at, actor_id=None, action="export people", subject=f"export:{name}", detail=detail)


async def removed_before(tx: OpenTransaction, scope: ExportScope, name: ExportName) -> str:
    """Returns the day before which usage of the scope was removed, and is in archives alone; "" if none was."""
    horizon = await Removals(tx).horizon() if name in OF_USAGE else None
    first_at = (scope.period.first_day - 1) * DAY_MICROS if scope.period else 0
    return "" if horizon is None or first_at >= horizon else f"{moment(horizon):%Y-%m-%d}"


def rows_of(name: ExportName, scope: ExportScope, directory: Directory) -> Callable[[OpenTransaction], ExportRows]:
    """Returns what makes the rows of an export in a transaction."""
    if name == "usage":
        return lambda tx: UsageRows(tx, scope)
    if name == "focus":
        if scope.period is None:
            raise FieldRefusal("period", "FOCUS needs one, such as 2026-11: its charges have a billing period")
        organisation, within, cache = directory.organisation, scope.period, DayCache()
        payer = Payer(directory.root.slug, organisation.name, organisation.currency)
        return lambda tx: FocusRows(tx, scope, within, payer=payer, cache=cache)
    if name == "audit":
        zone, period = directory.root.timezone, scope.period
        days = (period.first_day, period.end_day) if period else ()
        edges = tuple(micros(day_start(day, zone)) for day in days)
        return lambda tx: AuditRows(tx, scope, (edges[0], edges[1]) if edges else None)
    periods = ledger_periods(scope.period, directory)
    return lambda tx: EntryRows(tx, scope, periods)
