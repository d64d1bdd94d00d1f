"""What records said goes after a week, in pieces; the books stay as they are."""

from datetime import timedelta

import pytest

from handlers.intake.twins import pruning
from handlers.intake.twins.pruning import delete_old_records
from tests.storage.conftest import Books
from tests.storage.intake.twins.test_twins import FULL, takes, totals
from tests.support.traffic.twins import TRACER, outer, parsed, told


async def test_records_go_when_all_of_their_call_are_a_week_old(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "CALLS_AT_ONCE", 2)
    for call in range(1, 6):
        await takes(books, parsed(outer(call=call)))
        await takes(books, parsed(told(call=call)))
    books.jump_to(books.context.now().replace(microsecond=0) + timedelta(days=6, hours=20))
    await takes(books, parsed(told(call=6, response="msg_6")))
    books.jump_to(books.context.now() + timedelta(hours=5))
    await takes(books, parsed(told(TRACER, call=6, span=2, response="msg_6", full=False)))
    assert await delete_old_records(books.context) == 10
    before = await totals(books)
    assert before == tuple(6 * count for count in FULL)
    assert await books.faults() == []

    assert len(await books.rows("call_records")) == 2
    assert await delete_old_records(books.context) == 0
    for again in (parsed(outer(call=1), told(call=2)), parsed(told(call=1), outer(call=2))):
        answer = await takes(books, again)
        assert (answer.duplicates, answer.accepted) == (2, 0)
    assert await totals(books) == before
    assert await books.faults() == []

    books.jump_to(books.context.now() + timedelta(days=8))
    assert await delete_old_records(books.context) == 2
    assert await books.rows("call_records") == []
    assert await totals(books) == before
    assert await books.faults() == []
