"""Twins in the books: each call once, with the figures of its fuller record, whatever comes first."""

from itertools import permutations
from typing import Any

import pytest

from bot.usage import Parsed
from handlers.intake.usage import Intake
from handlers.intake.usage_jobs import Answer
from tests.storage.conftest import Books
from tests.support.traffic.twins import SECOND, TRACER, columns, outer, parsed, told

FULL = (1, 1_000, 1_000, 400, 600, 200)
"""One call: its calls, uncached input, cache reads, five-minute and one-hour writes, and output."""
PAIRS: dict[str, tuple[Any, Any]] = {
    "one response in two traces": (told(response="msg_1"), told(TRACER, span=2, response="msg_1", full=False)),
    "a parent and its child": (told(parent=2, trace=9), outer(trace=9, begins=-20 * SECOND, lasts=60 * SECOND)),
    "one process, counts and time": (told(), outer()),
    "one response in one trace": (
        told(response="msg_1", trace=9),
        told(TRACER, span=2, response="msg_1", trace=9, full=False),
    ),
    "a wrapper without counts": (
        told(parent=2, trace=9),
        outer(trace=9, gen_ai__usage__input_tokens=None, gen_ai__usage__output_tokens=None),
    ),
    "a stream told with one token too many": (
        told(response="msg_1"),
        told(TRACER, span=2, response="msg_1", full=False, gen_ai__usage__output_tokens=201),
    ),
}


async def takes(books: Books, body: Parsed, *, intake: Intake | None = None) -> Answer:
    return await (intake or books.intake).book(body, source=books.source, key=books.key)


async def totals(books: Books) -> tuple[int, ...]:
    """Returns the calls and counters of all days."""
    await books.context.store.fold_totals()
    names = ("calls", "uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
    rows = await books.rows("usage_days")
    return tuple(sum(getattr(row, name) for row in rows) for name in names)


@pytest.mark.parametrize("name", sorted(PAIRS))
@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("turned", [True, False])
async def test_two_records_of_a_call_are_one_call_with_the_fuller_ones_figures(
    books: Books, name: str, *, together: bool, turned: bool
) -> None:
    full, thin = PAIRS[name]
    order = [thin, full] if turned else [full, thin]
    bodies = [parsed(*order)] if together else [parsed(one) for one in order]
    answers = [await takes(books, body) for body in bodies]

    assert await totals(books) == FULL
    assert sum(answer.accepted for answer in answers) == 1
    assert sum(answer.duplicates for answer in answers) == 1
    assert len(await books.rows("usage_events")) == 1
    adjusted = await books.rows("usage_adjustments")
    assert [row.kind for row in adjusted] == (["twin", "twin"] if turned and not together else [])
    assert len(await books.rows("call_records")) == 2
    assert await books.rows("quarantine") == []
    assert await books.faults() == []

    for body in (parsed(full), parsed(thin), parsed(thin, full)):
        again = await takes(books, body)
        assert (again.accepted, again.conflicts) == (0, 0)
    assert await totals(books) == FULL
    assert await books.rows("usage_adjustments") == adjusted
    assert await books.faults() == []


@pytest.mark.parametrize("name", sorted(PAIRS.keys() - {"a wrapper without counts"}))
async def test_records_in_columns_are_told_apart_as_others_are(books: Books, name: str) -> None:
    full, thin = PAIRS[name]
    accepted = 0
    for one in (told(call=7), thin, full, thin):
        calls = columns(one)
        assert calls is not None
        empty = Parsed(rows=len(calls), events=[], unusable=[], producers=set(calls.producers))
        accepted += (await books.intake.book(empty, source=books.source, key=books.key, calls=calls)).accepted

    assert accepted == 2
    assert await totals(books) == tuple(2 * count for count in FULL)
    assert len(await books.rows("call_records")) == 2
    assert await books.faults() == []


APART: dict[str, tuple[Any, ...]] = {
    "one instrumentation twice, at one time": (told(), told(span=2)),
    "two processes with the same prompt": (told(), outer(process="billing")),
    "two responses": (told(response="msg_1"), outer(response="msg_2")),
    "other counts": (told(), outer(gen_ai__usage__output_tokens=199)),
    "other models": (told(), outer(gen_ai__request__model="claude-opus-4-5")),
    "one before the other": (told(), outer(begins=3 * SECOND)),
    "one response of a cache, much later": (told(response="msg_1"), told(TRACER, call=2, response="msg_1")),
    "one response of a cache, told by one instrumentation": (told(response="msg_1"), told(span=2, response="msg_1")),
    "few tokens": tuple(
        make(full=False, gen_ai__usage__input_tokens=8, gen_ai__usage__output_tokens=1) for make in (told, outer)
    ),
}


@pytest.mark.parametrize("name", sorted(APART))
async def test_equal_calls_without_common_evidence_stay_two(books: Books, name: str) -> None:
    for body in (parsed(*APART[name]), parsed(APART[name][0]), parsed(APART[name][1])):
        await takes(books, body)

    assert (await totals(books))[0] == 2
    assert await books.rows("call_records") == []
    assert await books.faults() == []


async def test_three_records_are_one_call_in_any_order_also_after_a_restart(books: Books) -> None:
    """The third one shows that the two before are of one call: one of both booked events counts no more."""
    for number, order in enumerate(permutations((0, 1, 2)), 1):
        records = [
            told(call=number, response=f"msg_{number}", parent=3, trace=number),
            told(TRACER, call=number, span=2, response=f"msg_{number}", full=False),
            outer(call=number, span=3, trace=number, begins=-30 * SECOND, lasts=90 * SECOND),
        ]
        for place in order:
            intake = Intake(books.context)
            intake.start()
            await takes(books, parsed(records[place]), intake=intake)
            await intake.stop()
        assert (await totals(books)) == tuple(number * count for count in FULL)
        assert await books.faults() == []


async def test_interim_counts_of_a_stream_end_at_the_final_ones(books: Books) -> None:
    counts = [1, 40, 200]
    for call, order in enumerate(permutations(counts), 1):
        for output in order:
            answer = await takes(
                books, parsed(told(call=call, response=f"msg_{call}", trace=call, gen_ai__usage__output_tokens=output))
            )
            assert answer.conflicts == 0
        assert (await totals(books)) == tuple(call * count for count in FULL)
    assert await books.rows("quarantine") == []
    assert await books.faults() == []


@pytest.mark.parametrize(
    "said",
    [
        {"gen_ai__usage__input_tokens": 2_900},
        {"gen_ai__usage__input_tokens": 2_900, "gen_ai__usage__output_tokens": 300},
        {"gen_ai__usage__cache_read__input_tokens": 1_500},
        {"gen_ai__request__model": "claude-opus-4-5", "gen_ai__usage__output_tokens": 300},
    ],
)
async def test_an_instrumentation_that_contradicts_itself_is_a_conflict(books: Books, said: dict[str, Any]) -> None:
    await takes(books, parsed(told(response="msg_1", trace=9)))
    answer = await takes(books, parsed(told(response="msg_1", trace=9, **said)))

    assert (answer.conflicts, await totals(books)) == (1, FULL)
    assert len(await books.rows("quarantine")) == 1
    assert await books.rows("usage_adjustments") == []
    assert await books.faults() == []


async def test_a_record_that_loses_its_call_to_a_nearer_one_is_booked_by_itself(books: Books) -> None:
    """The wrapper of another call comes first, and takes the record of the SDK until its own wrapper is there."""
    records = [told(), outer(span=3, begins=-SECOND, lasts=16 * SECOND // 5), outer(span=2)]
    for record in records:
        await takes(books, parsed(record))
    assert (await totals(books))[0] == 2

    await takes(books, parsed(told(span=4, begins=-SECOND + 1, lasts=16 * SECOND // 5 - 2)))
    assert (await totals(books)) == tuple(2 * count for count in FULL)
    assert await books.faults() == []
