"""The current rulebook, reloaded when the configuration's version grows."""

from collections.abc import Callable
from typing import TypeVar

from bot.clock import Clock
from bot.costs.price_book import PriceBook
from bot.org.attribution import Source
from bot.periods import micros
from bot.rulebook import Rulebook
from storage.intake.keys import key_hash
from storage.intake.read_keys import Reader
from storage.rulebook import read_rulebook
from storage.store import Store, Transaction

T = TypeVar("T")


class Rulebooks:
    """A cache of the current rulebook."""

    _LOOKUPS_PER_SECOND = 20

    def __init__(self, store: Store, clock: Clock, book: PriceBook) -> None:
        self._store = store
        self._clock = clock
        self._book = book
        self._current: Rulebook | None = None
        self._generation = -1
        self._looked_up: tuple[int, int] = (0, 0)
        self._readers: set[bytes] = set()

    async def current(self, tx: Transaction) -> Rulebook:
        """Returns the rulebook of a transaction, reloaded after a change and at the start of a dated membership."""
        version = await tx.config.version()
        known = self._current
        is_over = known is not None and known.ends_at is not None and known.ends_at <= micros(self._clock.now())
        if known is None or known.version != version or is_over:
            tx.require_loop()
            changed = await self._with_budgets(tx)
            if changed is None:
                self._store.clear_config_caches()
                changed = await self._read(tx)
            known = self._current = changed
            self._generation = self._store.memory.generation
        return known

    async def read(self, tx: Transaction) -> Rulebook:
        """Reads the rulebook of this transaction without caching it, because the transaction may roll back."""
        return await self._with_budgets(tx) or await self._read(tx)

    async def _with_budgets(self, tx: Transaction) -> Rulebook | None:
        """Returns the cached rulebook with the budgets of this transaction; None if anything else may have changed since."""
        known = self._current
        if known is None or self._generation != self._store.memory.generation:  # the database may be another copy
            return None
        version = await tx.config.version()
        is_over = known.ends_at is not None and known.ends_at <= micros(self._clock.now())
        if is_over or version <= known.version:
            return None
        budgets = await tx.set_budgets.changed_between(known.version, version)
        return None if budgets is None else known.with_budgets(version, budgets)

    async def _read(self, tx: Transaction) -> Rulebook:
        rulebook = await read_rulebook(tx, self._book, at=micros(self._clock.now()))
        if rulebook is None:
            raise RuntimeError("there is no organisation: the database was not prepared")
        return rulebook

    async def latest(self) -> Rulebook:
        """Returns the rulebook in force now."""
        async with self._store.read() as tx:
            return await self.current(tx)

    async def cached(self) -> Rulebook:
        """Returns the cached rulebook, for decisions before a transaction that then checks the current one."""
        return self._current or await self.latest()

    async def source_of(self, token: str) -> Source | None:
        """Returns the source of a key, or None. An unknown key reloads the configuration once.

        Raises TooManyUnknownKeys if that happens too often within a second.
        """
        hashed = key_hash(token)
        return await self._find(lambda rulebook: rulebook.sources.get(hashed))

    async def reader_of(self, token: str, *, is_counted: bool = False) -> Reader | None:
        """Returns the reader of a read key that is valid now, or None. Otherwise like `source_of`, which may have
        counted the look-up.
        """
        hashed = key_hash(token)
        if hashed not in self._readers and not is_counted:
            self._count_unknown()
        async with self._store.read() as tx:
            found = await tx.read_keys.by_hash(hashed)
        (self._readers.discard if found is None else self._readers.add)(hashed)
        return found

    async def require_key(self, tx: Transaction, key: bytes) -> Source:
        """Returns the source of a key's hash by the transaction's own keys, for reads and for bodies that no commit
        checks: another process may have revoked the key. Raises KeyRevoked.
        """
        source = await tx.keys.by_hash(key)
        if source is None:
            raise KeyRevoked
        return source

    async def signed_source(self, name: str) -> tuple[Source, bytes] | None:
        """Returns the named source and its key's hash, if it signs its requests and the key is valid. Otherwise like
        `source_of`.
        """
        return await self._find(lambda rulebook: rulebook.signed.get(name))

    async def signed_of_format(self, source_format: str, name: str | None) -> list[tuple[Source, bytes]]:
        """Returns the signing sources of a format with a valid key and their keys' hashes, or the named one alone. It reads
        the configuration anew, as none of the known ones may have signed. Otherwise like `source_of`.
        """

        def find(rulebook: Rulebook) -> list[tuple[Source, bytes]] | None:
            found = [one for one in rulebook.signed.values() if one[0].format == source_format]
            return [one for one in found if name in (None, one[0].name)] or None

        if await self._find(find) is None:
            return []
        return find(await self.latest()) or []

    async def _find(self, find: Callable[[Rulebook], T | None]) -> T | None:
        result = find(await self.cached())
        if result is not None:
            return result
        self._count_unknown()
        return find(await self.latest())

    def _count_unknown(self) -> None:
        """Counts a look-up of a key that this process does not know. Raises TooManyUnknownKeys."""
        second = int(self._clock.now().timestamp())
        then, count = self._looked_up
        if then == second and count >= self._LOOKUPS_PER_SECOND:
            raise TooManyUnknownKeys
        self._looked_up = (second, count + 1 if then == second else 1)


class TooManyUnknownKeys(Exception):
    """The second's look-ups of unknown keys are used up; retry a second later."""


class KeyRevoked(Exception):
    """The ingest key was revoked or removed since this process last looked."""
