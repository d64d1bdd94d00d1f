"""The context of a process: settings, store, clock, Slack client and rulebooks."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.books.grants import Grant
from bot.clock import Clock
from bot.costs.price_book import PriceBook
from bot.detection.histories import Histories
from bot.org.people import Person
from bot.org.workspaces import Workspace
from bot.periods import Period, micros
from bot.reporting.open_homes import OpenHomes
from bot.rulebook import Rulebook
from bot.settings import Settings
from handlers.rulebooks import Rulebooks
from handlers.scope import Scope, TeamScope
from storage.store import Store, Transaction

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient  # takes a fifth of a second, and a command may not need it


class BudgetsPosted(NamedTuple):
    """The declared budgets of these periods are posted, by this rulebook, as of an entry."""

    rulebook: Rulebook
    periods: tuple[Period, ...]
    entry_id: int

    def is_still(self, rulebook: Rulebook, periods: Sequence[Period], entry_id: int) -> bool:
        """Returns whether the same is asked. Fewer entries are those of another copy of the database."""
        return self.rulebook is rulebook and self.periods == tuple(periods) and self.entry_id <= entry_id


async def _refresh_no_home(person: Person) -> None:
    """Does nothing, because a process outside the plug board has no Home to show."""


async def _judge_no_budget(_scope: TeamScope, _because: str) -> None:
    """Does nothing, because a process outside the plug board judges no budgets."""


async def _ask_nobody(_scope: TeamScope, _grant: Grant) -> None:
    """Does nothing, because a process outside the plug board asks nobody about grants."""


async def _show_no_caps(_scope: TeamScope) -> None:
    """Does nothing, because a process outside the plug board shows no caps."""


@dataclass
class Context:
    """The parts that handlers share, one per process, created in bot/app.py."""

    settings: Settings
    store: Store
    clock: Clock
    rulebooks: Rulebooks
    slack: "AsyncWebClient | None"
    callers: dict[str, tuple[float, Any]] = field(default_factory=dict)
    """Slack's answers about users by id, with the time of each answer."""
    lookups: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    """The look-ups of users that are under way, by id."""
    workspace: Workspace | None = None
    """The workspace that the app belongs to, as Slack says of its token; None until Slack has answered."""
    workspace_asked_at: float = 0.0
    app_id: str = ""
    """The app's own id, once Slack was asked for it."""
    app_id_asked_at: float = float("-inf")
    workspace_renewal: "asyncio.Task[Workspace | None] | None" = None
    histories: Histories = field(default_factory=Histories)
    """The cost histories that the spike search has loaded."""
    refresh_home: Callable[[Person], Awaitable[None]] = _refresh_no_home
    """Updates a person's Home. The plug board sets it; otherwise it does nothing."""
    budget_changed: Callable[[TeamScope, str], Awaitable[None]] = _judge_no_budget
    """Judges the budget of a team after entries that changed it, in their transaction. The sentence says why, in mrkdwn.
    The plug board sets it: `books` is below `alerting`."""
    grant_ended: Callable[[TeamScope, Grant], Awaitable[None]] = _ask_nobody
    """Asks those who wanted a grant that has ended whether it was worth it, in the transaction of its end. The plug board
    sets it: `books` is below `requests`."""
    caps_followed: Callable[[TeamScope], Awaitable[None]] = _show_no_caps
    """Updates the messages that show a team's caps after one changed its state, in that transaction. The plug board sets it:
    `crosschecks` is below `requests`."""
    budgets_posted: BudgetsPosted | None = None
    """What was known when the declared budgets were last found to be posted."""
    listening: set["asyncio.Task[Any]"] = field(default_factory=set)
    """The listeners of Slack's requests that are at work."""
    wake_outbox: asyncio.Event = field(default_factory=asyncio.Event)
    wake_watcher: asyncio.Event = field(default_factory=asyncio.Event)
    open_homes: OpenHomes = field(default_factory=OpenHomes)
    wake_homes: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> datetime:
        return self.clock.now()

    def now_micros(self) -> int:
        return micros(self.clock.now())

    async def listeners_ended(self, *, seconds: float = 10.0) -> None:
        """Waits for the listeners at work, also for what they do after their answer; for so long at most."""
        if self.listening:
            await asyncio.wait(self.listening, timeout=seconds)

    async def scope(self, tx: Transaction, *, now: datetime | None = None) -> Scope:
        """Returns the scope of a transaction: by the rulebook in force and, unless `now` is given, the clock."""
        rulebook = await self.rulebooks.current(tx)
        return Scope(tx=tx, rulebook=rulebook, now=now or self.now(), command=self.settings.command)


def make_context(settings: Settings, clock: Clock, *, slack: "AsyncWebClient | None" = None) -> Context:
    store = Store(settings.database_url)
    return Context(
        settings=settings, store=store, clock=clock, rulebooks=Rulebooks(store, clock, PriceBook()), slack=slack
    )
