"""Two processes that book at once, one by the fast path and one by the full path: no deadlock."""

import asyncio
import json

from bot.sources import SOURCES
from handlers.intake.usage import Intake
from handlers.intake.usage_jobs import Answer
from tests.storage.conftest import Books

SERIES = 40
TURNS = 20


def body(books: Books, name: str, *, with_a_bad_row: bool) -> bytes:
    """An event of each series. A body with an unreadable row takes the full path."""
    events = [books.event(f"{name}-{number}", workflow=f"flow-{number}") for number in range(SERIES)]
    return json.dumps([*events, {"id": name}] if with_a_bad_row else events).encode()


async def test_both_ways_lock_the_totals_in_one_order(books: Books) -> None:
    await books.takes_bytes(body(books, "first", with_a_bad_row=False))
    other = Intake(books.context)
    other.start()

    async def send(intake: Intake, name: str, *, with_a_bad_row: bool) -> list[Answer]:
        answers = []
        for turn in range(TURNS):
            sent = body(books, f"{name}-{turn}", with_a_bad_row=with_a_bad_row)
            parsed = SOURCES["cloudevents"](sent, now=books.context.now())
            answers.append(await intake.book(parsed, source=books.source, key=books.key))
        return answers

    try:
        answers = await asyncio.gather(
            send(books.intake, "a", with_a_bad_row=False),
            send(books.intake, "b", with_a_bad_row=False),
            send(other, "c", with_a_bad_row=True),
            send(other, "d", with_a_bad_row=True),
        )
    finally:
        await other.stop()
    assert sum(answer.accepted for sender in answers for answer in sender) == 4 * TURNS * SERIES
    assert await books.faults() == []
