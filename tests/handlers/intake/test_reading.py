"""The thread that reads bodies."""

from collections.abc import Iterator

import pytest

from bot.sources.pieces.bodies import Steps
from bot.usage import Parsed
from handlers.intake.routes.reading import INLINE_BYTES, ReadingThread


class Turns(ReadingThread):
    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.TURN_SECONDS = seconds
        self.taken = 0

    def _turn(self, steps: Steps) -> object:  # type: ignore[override]  # what it returns is not looked at
        self.taken += 1
        return super()._turn(steps)


def small_steps() -> Iterator[Parsed | int | None]:
    yield from [None] * 100
    yield 7
    yield from [None] * 100
    yield Parsed(rows=7, events=[], unusable=[])


@pytest.mark.parametrize(("seconds", "turns"), [(3600.0, 3), (0.0, 203)])
async def test_small_steps_share_a_turn_until_it_is_over(seconds: float, turns: int) -> None:
    thread, steps = Turns(seconds), small_steps()

    assert await thread.first(steps, size=INLINE_BYTES + 1) == 7
    assert [parsed.rows async for parsed in thread.rest(steps, size=INLINE_BYTES + 1)] == [7]
    assert thread.taken == turns
