"""Running sums in the books: each token once, though bodies come twice, late, at once or not at all; on both databases."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from bot.sources.otlp.parser import read
from bot.usage import Parsed
from handlers.books.periods import keep_books
from handlers.intake.retries import retry
from handlers.intake.sums import running_sums
from handlers.intake.usage_jobs import Answer, NotDurable
from tests.storage.conftest import Books
from tests.support.traffic.otlp import attributes, metrics

SECOND = 1_000_000_000
NAME = "continue_cli_token_usage"


class Program:
    """A program with one counter, which began when the test did."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._began = int(books.context.now().timestamp())

    def body(self, value: int, *, second: int, start: int = 0, model: str = "m") -> Any:
        """Returns a body with the counter's value at a second, of a counter that began `start` seconds later."""
        point = {
            "attributes": attributes({"type": "output", "model": model}),
            "startTimeUnixNano": str((self._began + start) * SECOND),
            "timeUnixNano": str((self._began + second) * SECOND),
            "asInt": str(value),
        }
        found = {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": [point]}
        return metrics({"name": NAME, "sum": found}, resource={"service.name": "continue-cli"})

    def parsed(self, *bodies: Any) -> Parsed:
        groups = [group for found in bodies for group in found["resourceMetrics"]]
        request = json.dumps({"resourceMetrics": groups}).encode()
        return read(request, "metrics", "json", meters="auto", now=self._books.context.now())

    async def sends(self, *bodies: Any) -> Answer:
        books = self._books
        return await books.intake.book(self.parsed(*bodies), source=books.source, key=books.key, read_as="otlp")

    async def used(self) -> list[int]:
        rows = await self._books.rows("usage_events")
        return [row.output for row in sorted(rows, key=lambda row: row.occurred_at)]


@pytest.fixture
def program(books: Books) -> Program:
    return Program(books)


async def test_differences_are_booked_once_and_the_answer_says_so(books: Books, program: Program) -> None:
    first, third = program.body(100, second=1), program.body(170, second=3)
    answers = [await program.sends(found) for found in (first, first, third, program.body(150, second=2), third)]

    assert [(answer.accepted, answer.ignored) for answer in answers] == [(1, 0), (0, 1), (1, 0), (0, 1), (0, 1)]
    assert await program.used() == [100, 70]
    assert await books.faults() == []
    assert len(await books.totals()) == 1


async def test_values_in_one_body_and_programs_that_begin_again_are_told_apart(books: Books, program: Program) -> None:
    await program.sends(program.body(170, second=3), program.body(100, second=1), program.body(100, second=2))
    await program.sends(program.body(40, second=9, start=5), program.body(180, second=4))
    await program.sends(program.body(30, second=12, start=5))  # it fell without a new start: it began again

    assert await program.used() == [100, 70, 10, 40, 30]
    assert await books.faults() == []


async def test_bodies_that_come_at_once_book_every_token_once(books: Books, program: Program) -> None:
    bodies = [program.body(10 * n, second=n) for n in (1, 2, 3, 4, 5)]
    await asyncio.gather(*(program.sends(found) for found in [*bodies, *reversed(bodies)]))
    await program.sends(bodies[-1])

    assert sum(await program.used()) == 50
    assert await books.faults() == []


@pytest.mark.parametrize("is_booked", [False, True])
async def test_an_interrupted_step_is_neither_lost_nor_doubled(
    books: Books, program: Program, *, is_booked: bool
) -> None:
    async def interrupted(part: Parsed) -> Answer:
        if is_booked:
            await books.intake.book(part, source=books.source, key=books.key)
        raise NotDurable

    await program.sends(program.body(100, second=1))
    with pytest.raises(NotDurable):
        await running_sums.book_running_sums(
            books.context, program.parsed(program.body(150, second=2)), source_id=books.source.id, book=interrupted
        )
    await program.sends(program.body(170, second=3))

    assert await program.used() == [100, 50, 20]
    assert await books.faults() == []


async def test_a_counter_is_forgotten_after_months_and_comes_back_as_a_conflict(books: Books, program: Program) -> None:
    found = program.body(100, second=1)
    await program.sends(found)
    await keep_books(books.context)
    assert len(await books.rows("running_sums")) == 1

    books.jump_to(books.context.now() + timedelta(days=91))
    await keep_books(books.context)
    assert await books.rows("running_sums") == []

    again = await program.sends(found)
    assert (again.accepted, again.duplicates) == (0, 1)
    assert await program.used() == [100]


async def test_a_quarantined_value_is_booked_after_a_fix_as_the_same_counter(books: Books, program: Program) -> None:
    bad, good = program.body(100, second=1, model=""), program.body(150, second=2, model="")
    assert (await program.sends(bad, good)).quarantined == 2
    rows = await books.rows("quarantine")
    named = {
        "resourceMetrics.0.scopeMetrics.0.metrics.0.sum.dataPoints.0.attributes": attributes(
            {"type": "output", "model": "m"}
        )
    }

    found = await retry(books.context, [row.id for row in rows], named, dry_run=False)

    assert (found.booked, found.wrong) == (2, {})
    assert sum(await program.used()) == 150
