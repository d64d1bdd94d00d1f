"""Acme with its bot as a process that can die: Anna asks, Ben decides, and the books and Slack are looked at."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import func, select

from bot.clock import SystemClock
from bot.money import NANOS
from bot.sandbox.server import create_sandbox
from bot.sandbox.settings import SandboxSettings
from bot.settings import Settings
from handlers.cli import prepare
from storage.books.checks import faults
from storage.store import Store
from storage.tables.base import metadata
from tests.gateways.litellm import Budget, Proxy, serving
from tests.support import servers
from tests.support.caps import KEYS, teams_yml
from tests.support.company import CHANNELS, PEOPLE, SECRET, TOKEN, organise
from tests.support.decisions.deaths import DEATHS, Death, dying, live
from tests.support.people import Person, Sandbox
from tests.support.processes import BotProcess
from tests.support.seen import Message
from tests.support.waiting import until

DOLLARS, BUDGET, TARGET = 50, 1_000, "team-abc"


class Deciding:
    """Acme with its bot as a process: Anna asks, Ben decides, and the process dies on the way."""

    def __init__(self, bot: BotProcess, store: Store, sandbox: Sandbox, proxy: Proxy) -> None:
        self.bot = bot
        self.proxy = proxy
        self.store = store
        self.anna, self.ben = Person(sandbox, "UANNA"), Person(sandbox, "UBEN")
        self.may_repeat = 0
        """The posts that Slack took and nobody marked: those alone may be there twice (decision 5)."""

    async def lives(self, death: Death | None = None, *, request_id: int = 0) -> None:
        """Starts the bot, which dies at a step of the decision about a request."""
        await self.bot.start(live if death is None else dying(death, request_id))
        await self.bot.ready()

    async def card(self, number: int) -> Message:
        """Anna asks; returns the card in the channel."""
        if (left := await self.anna.modal()) is not None:
            await self.anna.closes(left)
        await self.anna.runs(f"/tokens request {DOLLARS} run {number}", channel="CSEARCH")
        await until(self._has_form, what=f"the form of run {number}; the bot said {self.bot.said()[-2000:]}")
        form = await self.anna.modal()
        assert form is not None
        await self.anna.submits(form)  # on a busy machine it is answered late, and the card says that it was taken
        return await self.shows(number, "asks for", waiting=True)

    async def _has_form(self) -> bool:
        return await self.anna.modal() is not None

    async def shows(self, number: int, words: str, *, waiting: bool = False) -> Message:
        """Waits until the card of a request shows these words, and returns it; `waiting` cards have buttons."""
        found: list[Message] = []

        async def is_shown() -> bool:
            cards = await self.cards(number)
            found[:] = [m for m in cards if words in m.text_everywhere() and bool(m.buttons()) == waiting]
            return bool(found)

        await until(is_shown, what=f"the card of run {number} with {words!r}; the bot said {self.bot.said()[-2000:]}")
        return found[0]

    async def cards(self, number: int) -> list[Message]:
        return [m for m in await self.ben.messages("CSEARCH") if f"run {number}" in m.text_everywhere()]

    async def is_killed(self, number: int, death: Death) -> Message:
        """Anna asks and Ben approves; returns the card once the process is dead."""
        card = await self.card(number)
        await self.ben.clicks("Approve", card)
        await self.bot.died()
        self.may_repeat += death in DEATHS[2:]  # card and verdict are delivered at the same time
        return card

    async def recovers(self, number: int, card: Message) -> None:
        """Ben clicks again where he got no answer; then the request is decided, booked and shown once."""
        current = await self.cards(number)
        if current[0].buttons():
            reply = await self.ben.clicks("Approve", current[0])
            assert reply.ok or reply.error == "invalid_arguments", (reply.raw, self.bot.said()[-2000:])  # updated now
        shown = await self.shows(number, "Approved by")
        await until(lambda: self._has_verdicts(number), what=f"a verdict about run {number}")
        assert (shown.ts, len(await self.cards(number))) == (card.ts, 1)
        assert await self.booked() == (["approved"] * number, number, DOLLARS * number)
        await until(lambda: self._follows(number), what=f"the gateway's cap after run {number}: {self.proxy.writes}")
        changes = [write.after for write in self.proxy.writes if write.before != write.after]
        assert changes == [BUDGET + DOLLARS * n for n in range(number + 1)], "one write that counts per decision"

    async def booked(self) -> tuple[list[str], int, int]:
        """Returns the states of all requests, the decisions in the audit log and what the team got, in dollars."""
        requests, audit, entries = (metadata.tables[name] for name in ("budget_requests", "audit", "entries"))
        accounts, teams = metadata.tables["accounts"], metadata.tables["teams"]
        given = (
            select(func.sum(entries.c.amount_nanos))
            .join(accounts, accounts.c.id == entries.c.to_account_id)
            .join(teams, teams.c.id == accounts.c.team_id)
            .where(teams.c.slug == "search", entries.c.document.like("request:%"), entries.c.kind == "allocation")
        )
        async with self.store.read() as tx:
            states = list((await tx.connection.execute(select(requests.c.state).order_by(requests.c.id))).scalars())
            decided = select(func.count()).where(audit.c.action == "approve request")
            return (
                states,
                int((await tx.connection.execute(decided)).scalar_one()),
                int((await tx.connection.execute(given)).scalar_one() or 0) // NANOS,
            )

    async def _has_verdicts(self, number: int) -> bool:
        """Returns whether Anna was told about each run, and about no run twice without a reason."""
        verdicts = [m for m in await self.anna.dms() if "approved your request" in m.text]
        told = {m.raw["metadata"]["event_payload"]["outbox_id"] for m in verdicts}
        assert len(verdicts) <= number + self.may_repeat, "a verdict was posted twice"
        async with self.store.read() as tx:
            return len(told) == number and not await tx.deliveries.waiting()

    async def _follows(self, number: int) -> bool:
        """Returns whether the gateway has the cap of the books, and Tokens has read it back."""
        async with self.store.read() as tx:
            (row,) = await tx.gateway_caps.all()
        wanted = BUDGET + DOLLARS * number
        return (row.state, row.set_nanos, self.proxy.teams[TARGET].max_budget) == ("set", wanted * NANOS, wanted)

    async def faults(self) -> list[str]:
        """Returns the lines of `tokens check`."""
        async with self.store.read() as tx:
            return [fault async for fault in faults(tx)]


@asynccontextmanager
async def deciding(database_url: str) -> AsyncIterator[Deciding]:
    proxy = Proxy(teams={TARGET: Budget(max_budget=50.0)})
    context = await prepare(Settings(database_url=database_url), SystemClock())
    page = servers.listening_socket()
    bot = BotProcess(
        database_url,
        SLACK_API_URL=f"{servers.address(page)}/api/",
        SLACK_BOT_TOKEN=TOKEN,
        SLACK_SIGNING_SECRET=SECRET,
        **KEYS,  # type: ignore[arg-type]  # no name is that of another argument
    )
    settings = SandboxSettings(
        bot_url=bot.url, signing_secret=SECRET, bot_token=TOKEN, people=PEOPLE, channels=CHANNELS, acting="UANNA"
    )
    slack = create_sandbox(settings)
    slack.state.workspace.patience_seconds = slack.state.workspace.triggers.lifetime_seconds = 30.0
    try:
        async with serving(proxy) as gateway, servers.running(slack, page) as url, Sandbox(url) as sandbox:
            await organise(context, teams_yml(gateway))
            yield Deciding(bot, context.store, sandbox, proxy)
            await bot.kill()
    finally:
        await bot.remove()
        await context.store.close()


async def decides_through(acme: Deciding, deaths: Sequence[Death]) -> None:
    """Dies at each step in turn. The next life makes good what the last one left, and then dies itself."""
    left: Message | None = None
    for number, death in enumerate(deaths, start=1):
        await acme.lives(death, request_id=number)
        if left is not None:
            await acme.recovers(number - 1, left)
        left = await acme.is_killed(number, death)
    await acme.lives()
    assert left is not None
    await acme.recovers(len(deaths), left)
    assert await acme.faults() == []
