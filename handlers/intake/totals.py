"""Totals that follow: which groups wait for them, and when a fold adds many groups at once."""

import asyncio

import structlog

from bot.money import NANOS
from handlers.context import Context
from storage.faults import DatabaseError, database_fault, is_away, is_data_error
from storage.intake.groups.fast_writer import FastWriter
from storage.intake.pending import FOLD_EVENTS

log = structlog.get_logger()

_MOST_NANOS = 10_000 * NANOS
"""A call of a group whose totals wait: the sums of a fold stay far below 64 bits."""


class DeferredTotals:
    """What this process has left for its next fold. All writers of an intake share one."""

    SECONDS = 1.0

    def __init__(self, context: Context) -> None:
        self._context = context
        self.events = 0
        self._since = 0.0
        self._folding = asyncio.Lock()

    def add(self, events: int) -> None:
        """Counts the events of a committed group that wait."""
        if not self.events:
            self._since = asyncio.get_running_loop().time()
        self.events += events

    @property
    def is_due(self) -> bool:
        """True if enough events wait, or have waited for a second, and nobody folds."""
        if not self.events or self._folding.locked():
            return False
        return self.events >= FOLD_EVENTS or asyncio.get_running_loop().time() - self._since >= self.SECONDS

    async def fold(self, fast_writer: FastWriter, *, everything: bool) -> None:
        """Folds once, or until nothing waits. Events stay in the books if it fails: the next fold takes them."""
        async with self._folding:
            left, began = self.events, asyncio.get_running_loop().time()
            try:
                await self._fold(fast_writer, everything=everything)
            except Exception as error:
                away = is_away(error)
                log.warning("totals wait", error=database_fault(error) or repr(error), exc_info=None if away else error)
            else:
                self.events -= left
                self._since = began

    async def _fold(self, fast_writer: FastWriter, *, everything: bool) -> None:
        try:
            while await fast_writer.fold() and everything:
                pass
        except DatabaseError as error:
            if not is_data_error(error):
                raise
            await self._context.store.fold_totals()  # a total is full: the store sets its group aside


def may_wait(largest_nanos: int) -> bool:
    """Returns False for a group with enormous amounts: a full total must refuse their rows before they are booked."""
    return largest_nanos <= _MOST_NANOS


async def fold_totals(context: Context) -> int:
    """Adds all events that wait to the totals, and returns the number of folds; a scheduled job.

    A process that was killed under load leaves some.
    """
    folds = await context.store.fold_totals()
    if folds:
        context.wake_watcher.set()
    return folds
