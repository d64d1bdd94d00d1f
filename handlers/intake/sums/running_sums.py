"""Books running sums: the difference of each counter to what is booked of it, once, whatever fails in between.

A step is stored before it is booked, and its event's key follows from it. So a step that was interrupted is booked again
under the same key by the next body, and the new value comes after it.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from bot.intake.running_sums import SumState, advanced, event_of
from bot.usage import Parsed, RunningSum
from handlers.context import Context
from handlers.intake.usage_jobs import NO_ROWS, Answer, NotDurable

Indexed = tuple[int, RunningSum]
_MOST_STEPS = 20
"""Steps beyond the values themselves: of others who book the same counters at once, or were interrupted."""


class _Step(NamedTuple):
    """A counter's step that is to be booked."""

    row: int
    running: RunningSum
    state: SumState


async def book_running_sums(
    context: Context, parsed: Parsed, *, source_id: int, book: Callable[[Parsed], Awaitable[Answer]]
) -> Answer:
    """Books a body with running sums. `book` books a body without any. Raises what it raises, and NotDurable."""
    waiting = await _news(context, source_id, parsed.sums)
    part, answer = replace(parsed, sums=[], ignored=parsed.ignored + len(parsed.sums) - len(waiting)), NO_ROWS
    if not waiting:
        return await book(part)
    for _ in range(len(waiting) + _MOST_STEPS):
        steps, waiting, known = await _claimed(context, source_id, waiting)
        events = [(step.row, event_of(step.running, step.state)) for step in steps]
        part.events, part.rows = [*part.events, *events], part.rows + len(events)
        part.ignored += known
        answer += await book(part)
        if steps:
            async with context.store.begin() as tx:
                await tx.running_sums.settle(source_id, {step.running.stream: step.state for step in steps})
        if not waiting:
            return answer
        part = Parsed(rows=0, events=[], unusable=[])
    raise NotDurable


async def _news(context: Context, source_id: int, sums: Sequence[Indexed]) -> list[Indexed]:
    """Returns the values that are not booked already, by time: programs send most of them again and again, so these
    must not wait for a lock.
    """
    async with context.store.read() as tx:
        states = await tx.running_sums.states(source_id, [running.stream for _, running in sums])
    new = [
        (index, running)
        for index, running in sums
        if advanced(states.get(running.stream, SumState()), running.value, running.at) is not None
    ]
    return sorted(new, key=lambda entry: (entry[1].at, entry[1].value))


async def _claimed(
    context: Context, source_id: int, waiting: Sequence[Indexed]
) -> tuple[list[_Step], list[Indexed], int]:
    """Stores the next step of each counter. Returns the steps, the values that come after them, and how many values are
    known already.
    """
    steps: dict[bytes, _Step] = {}
    later: list[Indexed] = []
    known = 0
    async with context.store.begin() as tx:
        states = await tx.running_sums.for_booking(source_id, [running.stream for _, running in waiting])
        for index, running in waiting:
            if running.stream in steps:
                later.append((index, running))
                continue
            state = states[running.stream]
            after = advanced(state, running.value, running.at)
            if after is None:
                known += 1
                continue
            steps[running.stream] = _Step(index, running, after)
            if (after.next_value, after.next_at) != (running.value, running.at):
                later.append((index, running))
        changed = {stream: step.state for stream, step in steps.items() if step.state != states[stream]}
        await tx.running_sums.save(source_id, changed, now=context.now_micros())
    return list(steps.values()), later, known
