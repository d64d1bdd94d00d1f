"""What handlers are given: settings, store, clock, Slack, and the rulebook of the moment."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import Clock
from bot.costs.price_book import PriceBook
from bot.detection.histories import Histories
from bot.org.attribution import Source
from bot.periods import micros
from bot.rulebook import Rulebook
from bot.settings import Settings
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


@dataclass
class Context:
    """One per process; made in bot/app.py and passed on."""

    settings: Settings
    store: Store
    clock: Clock
    rulebooks: Rulebooks
    slack: AsyncWebClient | None
    callers: dict[str, tuple[float, Any]] = field(default_factory=dict)
    """Slack's answers about users by id, with the time they were given."""
    histories: Histories = field(default_factory=Histories)
    """What the search for spikes has read already."""
    wake_outbox: asyncio.Event = field(default_factory=asyncio.Event)
    wake_watcher: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> datetime:
        return self.clock.now()

    def now_micros(self) -> int:
        return micros(self.clock.now())


def slack_client(settings: Settings, session: Any = None, *, patient: bool = True) -> AsyncWebClient:
    """Slack's client. Its default would post a message again after a dropped connection, so it retries nothing by itself
    but what Slack says was not done: being over the rate limit; and not even that where somebody waits for an answer
    (not `patient`), because Slack takes one for three seconds only. One session is shared by all calls."""
    return AsyncWebClient(
        token=settings.slack_bot_token or None,
        base_url=settings.api_url,
        session=session,
        timeout=20,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=1)] if patient else [],
    )


def make_context(settings: Settings, clock: Clock, *, slack: AsyncWebClient | None = None) -> Context:
    store = Store(settings.database_url)
    return Context(
        settings=settings, store=store, clock=clock, rulebooks=Rulebooks(store, clock, PriceBook()), slack=slack
    )
