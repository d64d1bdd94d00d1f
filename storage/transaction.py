"""What every noun of storage works on: a connection inside a transaction, and the ids this process knows."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.memory import Memory


class OpenTransaction:
    """A transaction or snapshot that is open. `storage.store.Transaction` hangs the nouns on it."""

    def __init__(self, connection: AsyncConnection, memory: Memory) -> None:
        self.connection = connection
        self.memory = memory
        self._when_committed: list[Callable[[], object]] = []

    def after_commit(self, action: Callable[[], object]) -> None:
        """Runs an action once this transaction is committed, and never if it is not."""
        self._when_committed.append(action)

    def committed(self) -> None:
        for action in self._when_committed:
            action()
