"""Rows by column: what few events have comes back as it was, and plain calls have the rows of their events."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.costs.plain_bookings import PlainBookings
from bot.sources.cloudevents.plain import plain_calls
from bot.units import MAX_UNITS, MILLION, UNITS, units_of
from storage.intake.event_columns import conditions_of_text, units_of_text, units_text
from storage.intake.event_keys.inserts import in_key_order
from storage.intake.groups.group_rows import GroupRows, group_rows, unknown_bookings
from tests.storage.conftest import Books

MODELS = (("anthropic", "claude-opus-4-5"), ("openai", "gpt-5"), ("vllm", "metacode-2"), ("", "nobody-knows-it"))


def _events(books: Books) -> list[dict[str, Any]]:
    """Calls of several teams, days and models: priced by the book, by a contract and by nothing."""
    return [
        {
            "id": f"call-{number}",
            "time": (books.context.now() - timedelta(hours=5 * number)).isoformat(),
            "data": {
                "provider": MODELS[number % 4][0],
                "model": MODELS[number % 4][1],
                "user": f"person-{number % 3}@acme.test",
                "team": ("search", "product", "nowhere")[number % 3],
                "workflow": ("", "evals")[number % 2],
                "tags": [f"repo:{number % 2}"],
                "uncached_input_tokens": 1_000 * number,
                "cache_write_1h_tokens": number % 5,
                "output_tokens": 300_000 * (number % 2) + 7,
                "reasoning_tokens": 7,
            },
        }
        for number in range(40)
    ]


@pytest.mark.parametrize("reported_first", [False, True])
async def test_plain_calls_are_booked_as_their_events_are(books: Books, reported_first: bool) -> None:
    calls = plain_calls(json.dumps(_events(books)).encode(), now=books.context.now())
    assert calls is not None
    rulebook, source = await books.context.rulebooks.latest(), replace(books.source, reported_first=reported_first)
    bookings = rulebook.bookings([event for _, event in calls.events()], source)
    cold, warm = rulebook.plain_bookings(calls, source), rulebook.plain_bookings(calls, source)

    assert {booking.basis for booking in bookings} == {"book", "contract", "unpriced"}
    assert cold.bookings() == warm.bookings() == bookings
    assert len(warm.others) == len(calls) if reported_first else 0 < len(warm.others) < len(calls)
    memory = books.context.store.usage_memory
    assert group_rows([warm], memory, received_at=7, partitioned=False) is None  # its series are new
    assert unknown_bookings([warm], memory, partitioned=False) == bookings
    async with books.context.store.begin() as tx:
        await tx.usage.ensure_references(bookings)
    await books.context.store.keep_keys()
    one, two, both = [_rows(books, *batches) for batches in ([warm], [bookings], [warm, bookings[:3]])]
    assert one == two
    assert both.events == [*one.events, *one.events[:3]]
    assert both.fingerprints == [*one.fingerprints, *one.fingerprints[:3]]
    assert not unknown_bookings([warm], memory, partitioned=False)


def _rows(books: Books, *batches: PlainBookings | list[Any]) -> Any:
    store = books.context.store
    rows = group_rows(batches, store.usage_memory, received_at=7, partitioned=not store.is_sqlite)
    assert rows is not None
    keys = rows.keys(store.usage_memory)
    assert keys is not None
    assert list(keys.insert.rows) == sorted(keys.insert.rows)
    return GroupRows(list(rows.events), rows.fingerprints)  # type: ignore[arg-type]  # tuples compare by value


@given(st.lists(st.tuples(st.integers(1, 3), st.binary(min_size=16, max_size=16)), max_size=20), st.booleans())
def test_keys_are_in_the_order_of_their_source_and_bytes(keys: list[tuple[int, bytes]], are_short: bool) -> None:
    sources, names = [source for source, _ in keys], [name[: 5 if are_short else 16] for _, name in keys]
    places = list(range(len(keys)))

    ordered = list(in_key_order(sources, names, places))

    assert ordered == sorted(zip(sources, names, places, strict=True))


@given(st.dictionaries(st.sampled_from(UNITS), st.integers(1, MAX_UNITS * MILLION)))
def test_units_come_back_from_their_text(counts: dict[str, int]) -> None:
    units = tuple(sorted(counts.items()))

    assert units_of_text(units_text(units) if units else "") == units


def test_units_are_stored_as_people_write_them() -> None:
    units = units_of([("seconds", 12.5), ("web_searches", 3)])

    assert units_text(units) == '{"seconds": 12.5, "web_searches": 3}'
    assert conditions_of_text("") == ("", "", False)
    assert conditions_of_text('{"geo": "us", "guess": true}') == ("us", "", True)
