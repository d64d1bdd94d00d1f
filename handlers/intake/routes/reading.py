"""Reads bodies in a thread, one piece of one body at a time, so that no body holds the event loop.

Python switches between the thread and the loop every millisecond. Pieces of several bodies take turns.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from bot.org.attribution import Source
from bot.sources.pieces.arrays import PIECE_ROWS
from bot.sources.pieces.bodies import PIECE_BYTES, Pieces, Steps, parsed_steps
from bot.sources.plain_calls import PlainCalls
from bot.usage import Parsed

T = TypeVar("T")
INLINE_BYTES = 4096
"""Shorter bodies are read at once: a turn of the thread takes longer."""


@dataclass(frozen=True, kw_only=True)
class BodyFormat:
    """How a route reads its bodies: `pieces` cuts one, `read` parses each piece. First `plain` is asked for the calls of a
    body that has nothing else; it returns None for any other body, soon. `small` parses a short body that needs
    no cutting, or returns None.
    """

    pieces: Callable[[bytes, Source], Pieces]
    read: Callable[[bytes, Source], Parsed]
    plain: Callable[[bytes, Source], PlainCalls | None] = lambda _body, _source: None
    places_ignored: bool = False
    """True if ignored rows count in the places of rows."""
    small: Callable[[bytes], Parsed | None] = lambda _body: None

    def steps(self, body: bytes, source: Source) -> Steps:
        """Returns the steps of reading a body: its number of rows if it has many, and its parsed pieces."""
        if len(body) <= PIECE_BYTES and (parsed := self.small(body)) is not None:
            yield parsed
            return
        pieces = self.pieces(body, source)
        yield from parsed_steps(pieces, lambda piece: self.read(piece, source), places_ignored=self.places_ignored)


class ReadingThread:
    """The thread that reads bodies; one per process. Small steps of a body share a turn: handing over takes longer than most."""

    TURN_SECONDS = 0.005

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="bodies")

    async def call(self, work: Callable[[], T]) -> T:
        """Runs a call in the thread and returns its result."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def first(self, steps: Steps, *, size: int) -> Parsed | int:
        """Returns the only piece of a body, or the number of rows of a body that has more."""
        while (step := await self._next(steps, size)) is None:
            pass  # another body may have its turn
        return Parsed(rows=0, events=[], unusable=[]) if isinstance(step, _End) else step

    async def rest(self, steps: Steps, *, size: int) -> AsyncIterator[Parsed]:
        """Yields the pieces of a body whose number of rows `first` returned."""
        while not isinstance(step := await self._next(steps, size), _End):
            if isinstance(step, Parsed):
                yield step

    async def _next(self, steps: Steps, size: int) -> "Parsed | int | _End | None":
        return next(steps, _END) if size <= INLINE_BYTES else await self.call(lambda: self._turn(steps))

    def _turn(self, steps: Steps) -> "Parsed | int | _End | None":
        """Returns the next step that is more than None, or None when the turn is over."""
        ends_at = time.monotonic() + self.TURN_SECONDS
        while (step := next(steps, _END)) is None and time.monotonic() < ends_at:
            pass
        return step


class _End:
    """Marks the end of the steps: a StopIteration can't leave a thread."""


_END = _End()


def in_jobs(parsed: Parsed) -> Iterator[Parsed]:
    """Splits the rows of a piece that has more than usual, so that no commit is longer than usual."""
    if parsed.rows <= PIECE_ROWS:
        yield parsed
        return
    first = Parsed(rows=0, events=[], unusable=[], ignored=parsed.ignored, views=parsed.views, blocks=parsed.blocks)
    first.unread, first.sums, first.outcomes = parsed.unread, parsed.sums, parsed.outcomes
    first.rows = len(first.outcomes)
    if first.ignored or first.views or first.blocks or first.sums or first.outcomes:
        yield first
    for at in range(0, len(parsed.events), PIECE_ROWS):
        events = parsed.events[at : at + PIECE_ROWS]
        places = {index for index, _ in events}
        notes = [(index, note) for index, note in parsed.notes if index in places]
        unless_priced = {index: row for index, row in parsed.unless_priced.items() if index in places}
        yield Parsed(
            rows=len(events),
            events=events,
            unusable=[],
            notes=notes,
            unless_priced=unless_priced,
            producers=parsed.producers,
        )
    for at in range(0, len(parsed.unusable), PIECE_ROWS):
        rows = parsed.unusable[at : at + PIECE_ROWS]
        yield Parsed(rows=len(rows), events=[], unusable=rows)
