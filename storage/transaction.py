"""An open transaction: its connection, the ids this process has cached, and what to do after the commit."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.queries import statements
from storage.queries.memory import Memory
from storage.queries.statements import Prepared


class OpenTransaction:
    """An open transaction or snapshot; `storage.store.Transaction` adds a property per noun, such as `ledger`."""

    def __init__(self, connection: AsyncConnection, memory: Memory, *, is_snapshot: bool = False) -> None:
        self.connection = connection
        self.memory = memory
        self.is_snapshot = is_snapshot
        self._when_committed: list[Callable[[], object]] = []

    async def rows(self, statement: Prepared, **values: Any) -> list[Any]:
        """Returns the rows of a prepared statement as tuples. A list among the values is one of its expanding parameters."""
        return await statements.rows(self.connection, statement, values)

    async def run_each(self, statement: Prepared, listed: Sequence[statements.Values]) -> None:
        """Runs a prepared statement for each of some values."""
        await statements.run_each(self.connection, statement, listed)

    @property
    def is_alone(self) -> bool:
        """Whether nobody else writes until this transaction ends, as on SQLite: then nothing has to be locked."""
        return self.connection.dialect.name == "sqlite" and not self.is_snapshot

    def require_loop(self) -> None:
        """Raises NeedsLoop in a thread of SQLite's."""
        if isinstance(self.connection, statements.ThreadConnection):
            raise statements.NeedsLoop

    def insert(self, table: Table) -> Any:
        """Returns an INSERT of this database's dialect, which offers `on_conflict_do_nothing`."""
        return postgresql.insert(table) if self.connection.dialect.name == "postgresql" else sqlite.insert(table)

    def after_commit(self, action: Callable[[], object]) -> None:
        """Runs an action after the commit; a rollback discards it."""
        self._when_committed.append(action)

    def committed(self) -> None:
        for action in self._when_committed:
            action()
