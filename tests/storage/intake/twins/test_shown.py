"""What people are told of twins: what each record of a call said, and how many there were."""

from datetime import timedelta

from bot.periods import DAY_MICROS
from handlers.org.attribution_commands import explanations
from tests.storage.conftest import Books
from tests.storage.intake.twins.test_twins import takes
from tests.support.traffic.twins import TRACER, outer, parsed, told

SPLIT = "3,000 tokens in, 200 out"


async def explained(books: Books, event_id: str) -> list[str]:
    (lines,) = await explanations(books.context, event_id, source=None)
    return lines


async def test_an_event_is_explained_with_what_each_record_of_its_call_said(books: Books) -> None:
    await takes(books, parsed(told(TRACER, span=2, response="msg_1", full=False, gen_ai__usage__output_tokens=201)))
    await takes(books, parsed(told(response="msg_1"), told(call=2, response="msg_2")))

    lines = await explained(books, "msg_1")

    at = lines.index("records of this call: 2, booked once, with what the fullest of them says")
    first, second = lines[at + 1 : at + 3]
    assert first.endswith(": claude-sonnet-4-5, 3,000 tokens in, 201 out")
    assert second.endswith(f": claude-sonnet-4-5, {SPLIT}")
    assert first.startswith("  msg_1, 2026-11-23 17:46:02 UTC")
    assert not any("records of this call" in line for line in await explained(books, "msg_2"))


async def test_twins_are_counted_by_the_moment_they_came(books: Books) -> None:
    for body in (parsed(told()), parsed(outer()), parsed(told(call=2), outer(call=2)), parsed(told(call=3))):
        await takes(books, body)
    books.jump_to(books.context.now() + timedelta(days=5))
    await takes(books, parsed(told(call=4), outer(call=4)))

    async with books.context.store.read() as tx:
        count, now = tx.usage.call_records.twins_by_source, books.context.now_micros()
        assert await count() == {books.source.id: 3}
        assert await count(since=now - DAY_MICROS) == {books.source.id: 1}
        assert await count(since=now + 1) == {}
