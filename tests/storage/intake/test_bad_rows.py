"""Bad rows: each is quarantined once, and its neighbours are booked."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from bot.money import NANOS
from tests.storage.conftest import Books

BAD: list[tuple[dict[str, Any] | bytes, str]] = [
    ({"model": "nul\x00"}, "data.model holds a NUL"),
    ({"model": "half\ud800"}, "data.model holds a NUL"),
    ({"output_tokens": 10**30}, "data.output_tokens"),
    ({"output_tokens": -5}, "data.output_tokens is negative"),
    ({"output_tokens": 1.5}, "data.output_tokens: expected int"),
    ({"cost_usd": "9" * 1_000_000}, "data.cost_usd"),
    ({"cost_usd": "NaN"}, "data.cost_usd"),
    (
        {"model": "invalid-byte"},
        "data.model holds a NUL character, half of a surrogate pair or invalid",
    ),
    (b'{"id": "d", "data": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", ""),
]


async def test_a_body_of_every_kind_of_bad_row_books_the_good_ones(books: Books) -> None:
    rows: list[bytes] = []
    for number, (bad, _) in enumerate(BAD):
        rows.append(json.dumps(books.event(f"good {number}")).encode())
        row = bad if isinstance(bad, bytes) else json.dumps(books.event(f"bad {number}", **bad)).encode()
        rows.append(row.replace(b"invalid-byte", b"\xff"))

    answer = await books.takes_bytes(b"[" + b",".join(rows) + b"]")

    assert (answer.accepted, answer.quarantined) == (len(BAD), len(BAD))
    assert [index for index, _ in answer.errors] == list(range(1, 2 * len(BAD), 2))
    for (_, said), (_, wanted) in zip(answer.errors, BAD, strict=True):
        assert wanted in said
    assert await books.totals() == {(len(BAD), len(BAD) * NANOS)}
    assert len(await books.rows("quarantine")) == len(BAD)
    assert await books.faults() == []


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(days=365 * 57), "time is before 2020"),
        (timedelta(days=-365), "time is more than 24 hours ahead"),
        (timedelta(hours=-25), "time is more than 24 hours ahead"),
    ],
)
async def test_a_time_that_can_not_be_is_kept_and_not_booked(books: Books, ago: timedelta, said: str) -> None:
    answer = await books.takes(books.event(1, ago=ago), books.event(2, ago=timedelta(hours=-23)))

    assert (answer.accepted, answer.errors) == (1, ((0, said),))


async def test_the_earliest_and_the_latest_month_have_their_place(books: Books) -> None:
    """PostgreSQL creates a partition for each month with an event, also for several at once."""
    ages = [timedelta(days=31 * months) for months in range(80)]
    dated = [books.event(n, ago=ago) for n, ago in enumerate(ages) if books.context.now() - ago > _2020(books)]

    answers = await asyncio.gather(*(books.takes(*dated[at::3]) for at in range(3)))

    assert sum(a.accepted for a in answers) == len(dated)
    assert await books.faults() == []


def _2020(books: Books) -> Any:
    return books.context.now().replace(year=2020, month=1, day=1)


async def test_a_bad_row_is_kept_once_however_often_it_comes(books: Books) -> None:
    for _ in range(3):
        answer = await books.takes({"id": "x", "data": {"model": "m"}})
        assert answer.quarantined == 1

    (kept,) = await books.rows("quarantine")
    assert (kept.kind, kept.reason) == ("unreadable", "time is missing")
    assert json.loads(bytes(kept.body)) == {"id": "x", "data": {"model": "m"}}


async def test_prompts_are_not_kept(books: Books) -> None:
    prompt: dict[str, Any] = {
        "messages": [{"role": "user", "content": "our secret plan"}],
        "headers": {"authorization": "secret"},
    }
    await books.takes({**books.event(1, output_tokens=-1, **prompt), **prompt})
    await books.takes(books.event(2, **prompt))
    await books.takes(books.event(2, dollars=9, **prompt))

    kept = await books.rows("quarantine")
    assert len(kept) == 2
    for row in [*kept, *await books.rows("usage_events"), *await books.rows("usage_series")]:
        assert "secret" not in repr(tuple(row))


async def test_what_is_kept_goes_when_its_time_is_over(books: Books) -> None:
    await books.takes({"id": "x"})
    now = books.context.now_micros()
    async with books.context.store.begin() as tx:
        assert await tx.quarantine.expire(now=now) == 0
        days = books.context.settings.quarantine_days
        assert await tx.quarantine.expire(now=now + (days + 1) * 86_400_000_000) == 1
        assert await tx.quarantine.counts() == {}


async def test_names_that_look_like_code_are_names(books: Books) -> None:
    odd = ["<!channel>", "'; DROP TABLE usage_events; --", '%s {} \\ "', "naïve 模型 🦜", "a" * 256]
    answer = await books.takes(*(books.event(n, model=name, tool=name, user=name) for n, name in enumerate(odd)))

    assert answer.accepted == len(odd)
    assert {row.model for row in await books.rows("usage_series")} == set(odd)
    assert await books.faults() == []
