"""Months that end, and the statements sealed of them."""

from bot.periods import Calendar, Period
from handlers.books.periods import keep_books
from storage.books.statements.sealed import SealedStatement
from tests.storage.conftest import Books, day_of_next_month


async def of_team(books: Books, slug: str, period: Period) -> SealedStatement:
    async with books.context.store.read() as tx:
        directory = (await books.context.rulebooks.current(tx)).directory
        team = directory.by_slug(slug) or directory.root
        found = await tx.statements.of(team.id, period.name)
    assert found is not None
    return found


async def next_month(books: Books) -> Period:
    """Moves on to the 16th of the next month, keeps the books, and returns the month before."""
    async with books.context.store.read() as tx:
        search = (await books.context.rulebooks.current(tx)).directory.by_slug("search")
    assert search is not None
    over = Calendar().period_of(search.day_of(books.context.now_micros()))
    books.jump_to(day_of_next_month(books.context.now(), 16))
    await keep_books(books.context)
    return over
