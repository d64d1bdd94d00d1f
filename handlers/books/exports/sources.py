"""Which rows an export takes: its name and period as typed or sent, and the queries that read it."""

from collections.abc import Callable
from typing import Literal, get_args

from bot.books.exports.columns import Column
from bot.org.teams import Directory
from bot.periods import Period
from bot.refusals import ConfigError
from storage.books.exports.entry_rows import EntryRows
from storage.books.exports.pages import ExportRows, ExportScope
from storage.books.exports.usage_rows import UsageRows
from storage.transaction import OpenTransaction

ExportName = Literal["usage", "ledger"]
EXPORTS: tuple[ExportName, ...] = get_args(ExportName)
COLUMNS: dict[ExportName, tuple[Column, ...]] = {"usage": UsageRows.columns, "ledger": EntryRows.columns}


def read_period(text: str | None, directory: Directory) -> Period | None:
    """Returns the period of a name, None for all. Raises ConfigError for anything else."""
    if text is None:
        return None
    calendar = directory.organisation.calendar
    try:
        return calendar.named(text)
    except ValueError as error:
        raise ConfigError(f"--period: {text!r} is no period; write {calendar.examples}") from error


def shows_people(directory: Directory) -> bool:
    """Returns whether exports name people: only where their managers may see them too. An export goes on to others, and
    `self` promises a person's figures to that person alone."""
    return directory.organisation.people == "managers"


def ledger_periods(period: Period | None, directory: Directory) -> tuple[str, ...]:
    """Returns the names of the ledger's periods within a period. Raises ConfigError for a part of one of them."""
    if period is None:
        return ()
    calendar = directory.organisation.calendar
    found = calendar.period_of(period.first_day)
    if found.first_day < period.first_day or found.end_day > period.end_day:
        raise ConfigError(
            f"--period: the ledger has no {period.name}, as its budgets are by {calendar.kind}; ask for {found.name}"
        )
    names = []
    while found.first_day < period.end_day:
        names.append(found.name)
        found = calendar.next(found)
    return tuple(names)


def rows_of(name: ExportName, scope: ExportScope, directory: Directory) -> Callable[[OpenTransaction], ExportRows]:
    """Returns what makes the rows of an export in a transaction."""
    if name == "usage":
        return lambda tx: UsageRows(tx, scope)
    periods = ledger_periods(scope.period, directory)
    return lambda tx: EntryRows(tx, scope, periods)
