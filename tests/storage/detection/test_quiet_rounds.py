"""A round of the watcher in which no team is due: it asks for the due teams and the waiting messages alone."""

from typing import Any

from sqlalchemy import event

from handlers.watcher import watch_budgets
from tests.storage.conftest import Books


class Asked:
    """Collects the statements that read from a store."""

    def __init__(self, books: Books) -> None:
        self.statements: list[str] = []
        event.listen(books.context.store._reader.sync_engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT"):  # not what a new connection says of itself
            self.statements.append(statement)


async def test_a_round_without_new_usage_reads_no_history(books: Books) -> None:
    await books.takes(books.event(1))
    assert await watch_budgets(books.context) == 1
    asked = Asked(books)

    assert await watch_budgets(books.context) == 0
    quiet = len(asked.statements)
    await books.takes(books.event(2))
    asked.statements.clear()
    assert await watch_budgets(books.context) == 1

    assert quiet == 3
    assert len(asked.statements) > 4 * quiet, asked.statements
