"""The current rulebook, reloaded when the configuration's version grows."""

from collections.abc import Callable
from typing import TypeVar

from bot.clock import Clock
from bot.costs.price_book import PriceBook
from bot.org.attribution import Source
from bot.periods import micros
from bot.rulebook import Rulebook
from storage.intake.keys import key_hash
from storage.rulebook import read_rulebook
from storage.store import Store, Transaction

T = TypeVar("T")


class Rulebooks:
    """The rulebook in force, read again whenever the configuration's version grew."""

    _LOOKUPS_PER_SECOND = 20

    def __init__(self, store: Store, clock: Clock, book: PriceBook) -> None:
        self._store = store
        self._clock = clock
        self._book = book
        self._current: Rulebook | None = None
        self._looked_up: tuple[int, int] = (0, 0)

    async def current(self, tx: Transaction) -> Rulebook:
        """The rulebook of the transaction's moment: read again after a change, and when somebody's dated membership begins."""
        version = await tx.config.version()
        known = self._current
        is_over = known is not None and known.ends_at is not None and known.ends_at <= micros(self._clock.now())
        if known is None or known.version != version or is_over:
            self._store.clear_config_caches()
            known = self._current = await self.read(tx)
        return known

    async def read(self, tx: Transaction) -> Rulebook:
        """The rulebook as this transaction sees it, not remembered: it may be rolled back."""
        found = await read_rulebook(tx, self._book, at=micros(self._clock.now()))
        if found is None:
            raise RuntimeError("there is no organisation: the database was not prepared")
        return found

    async def latest(self) -> Rulebook:
        """The rulebook in force now."""
        async with self._store.read() as tx:
            return await self.current(tx)

    async def remembered(self) -> Rulebook:
        """The rulebook last read: good enough to decide by before a transaction, which then asks for the current one."""
        return self._current or await self.latest()

    async def source_of(self, token: str) -> Source | None:
        """The source that a key belongs to, or None. An unknown key makes the configuration be looked at once more.

        Raises TooManyUnknownKeys when that happens more often than a sender's mistake would explain.
        """
        hashed = key_hash(token)
        return await self._found(lambda rulebook: rulebook.sources.get(hashed))

    async def signed_source(self, name: str) -> tuple[Source, bytes] | None:
        """The source of that name, if what it sends is signed and its key is in force, with the key's hash. Otherwise as
        `source_of`."""
        return await self._found(lambda rulebook: rulebook.signed.get(name))

    async def _found(self, find: Callable[[Rulebook], T | None]) -> T | None:
        found = find(await self.remembered())
        if found is not None:
            return found
        second = int(self._clock.now().timestamp())
        then, count = self._looked_up
        if then == second and count >= self._LOOKUPS_PER_SECOND:
            raise TooManyUnknownKeys
        self._looked_up = (second, count + 1 if then == second else 1)
        return find(await self.latest())


class TooManyUnknownKeys(Exception):
    """More unknown keys in a second than are looked up: ask again a second later."""
