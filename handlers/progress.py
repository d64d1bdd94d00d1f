"""Shows how far long work of a command is: a bar on a terminal, else a line for each tenth, as logs want it."""

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

_SILENT_BELOW = 10_000
"""Rows of work that is over before anybody reads a line about it."""


class Reporter:
    """Takes (what, done, total) again and again, for one piece of work after the other. Use it in a `with`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tenths: dict[str, int] = {}
        self._tasks: dict[str, TaskID] = {}
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bars = Bars(*columns, console=console, transient=True) if console.is_terminal else None

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bars is not None and self._tasks:
            self._bars.stop()

    def show(self, what: str, done: int, total: int) -> None:
        """Shows the state of one piece of work."""
        if self._bars is None:
            self._write(what, done, total)
            return
        if not self._tasks:
            self._bars.start()
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total)
        self._bars.update(self._tasks[what], completed=done, total=total)

    def _write(self, what: str, done: int, total: int) -> None:
        if total < _SILENT_BELOW:
            return
        tenth = 10 * done // total
        if tenth > self._tenths.get(what, -1):
            self._tenths[what] = tenth
            share = f"{100 * done // total}%"
            self._console.print(f"{what}: {done:,} of {total:,} ({share})", markup=False)
