"""An open transaction: its connection, the ids this process has cached, and what to do after the commit."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.memory import Memory


class OpenTransaction:
    """An open transaction or snapshot; `storage.store.Transaction` adds a property per noun, such as `ledger`."""

    def __init__(self, connection: AsyncConnection, memory: Memory, *, is_snapshot: bool = False) -> None:
        self.connection = connection
        self.memory = memory
        self.is_snapshot = is_snapshot
        self._when_committed: list[Callable[[], object]] = []

    def insert(self, table: Table) -> Any:
        """Returns an INSERT of this database's dialect, which offers `on_conflict_do_nothing`."""
        return postgresql.insert(table) if self.connection.dialect.name == "postgresql" else sqlite.insert(table)

    def after_commit(self, action: Callable[[], object]) -> None:
        """Runs an action after the commit; a rollback discards it."""
        self._when_committed.append(action)

    def committed(self) -> None:
        for action in self._when_committed:
            action()
