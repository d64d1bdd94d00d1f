"""The outbox worker: claims the next message of each place, keeps its lease, and delivers it. Delivery is at least once."""

import asyncio
import secrets
from collections.abc import Callable, Hashable
from contextlib import suppress

import structlog

from bot.org.teams import Directory
from handlers.context import Context
from handlers.slack.sending.delivery import Delivery, Draw
from storage.deliveries import Line, OutboxItem
from storage.faults import DatabaseError, is_away

log = structlog.get_logger()

LEASE_SECONDS = 60
MOST_IN_HAND = 32
"""Messages that one worker delivers at a time, each to another place."""
_FINISH_SECONDS = 10


class OutboxWorker:
    """Delivers the messages of the outbox, one at a time to each place."""

    def __init__(self, context: Context, draw: Draw) -> None:
        self._context = context
        self._owner = secrets.token_hex(8)
        self._delivery = Delivery(context, draw, owner=self._owner, lease_seconds=LEASE_SECONDS)
        self._finishing = False
        self._in_hand: dict[int, asyncio.Task[None]] = {}

    async def finish(self) -> None:
        """Stops claiming, and waits up to ten seconds until claimed messages are delivered and marked."""
        self._finishing = True
        self._context.wake_outbox.set()
        tasks = set(self._in_hand.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_FINISH_SECONDS)
            for task in late:
                task.cancel()

    async def run(self) -> None:
        """Delivers until `finish`; wakes for messages of this process, and polls for those of others."""
        wake, poll_seconds = self._context.wake_outbox, self._context.settings.outbox_poll_seconds
        while not self._finishing:
            wake.clear()
            started = 0
            try:
                started = await self._start_due()
            except Exception as error:  # noqa: BLE001  # the delivery loop outlives any fault; messages stay in the outbox
                log.error("delivery failed", error=repr(error))
                await asyncio.sleep(poll_seconds)
            if started == 0 and not self._finishing:
                with suppress(TimeoutError):
                    async with asyncio.timeout(poll_seconds):
                        await wake.wait()

    async def deliver_due(self) -> int:
        """Delivers due messages until none is, and returns the number it attempted."""
        attempted = 0
        while True:
            attempted += await self._start_due()
            if not self._in_hand:
                return attempted
            done, _ = await asyncio.wait(set(self._in_hand.values()), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    async def _start_due(self) -> int:
        """Claims due messages, as many as this worker has hands for, starts their deliveries and returns their number."""
        context = self._context
        room = MOST_IN_HAND - len(self._in_hand)
        if context.slack is None or room <= 0:
            return 0
        async with context.store.begin() as tx:
            directory = (await context.rulebooks.current(tx)).directory
            items = await tx.deliveries.claim(
                owner=self._owner,
                now=context.now_micros(),
                lease_seconds=LEASE_SECONDS,
                limit=room,
                place_of=_place_of(directory),
                without=self._in_hand,
            )
        for item in items:
            task = asyncio.create_task(self._deliver(item), name=f"delivery {item.id}")
            self._in_hand[item.id] = task
            task.add_done_callback(lambda _, item=item: self._end(item))  # type: ignore[misc]
        return len(items)

    def _end(self, item: OutboxItem) -> None:
        """Makes room for the next message, and asks for it at once."""
        self._in_hand.pop(item.id, None)
        self._context.wake_outbox.set()

    async def _deliver(self, item: OutboxItem) -> None:
        """Delivers a message while its lease is kept."""
        keeping = asyncio.create_task(self._keep_lease(item), name=f"lease {item.id}")
        try:
            await self._delivery.deliver(item)
        except Exception as error:  # the lease ends by itself, and the message is tried again
            trace = None if is_away(error) else error
            log.error("delivery not marked", outbox_id=item.id, error=repr(error), exc_info=trace)
        finally:
            keeping.cancel()

    async def _keep_lease(self, item: OutboxItem) -> None:
        """Extends the lease of a message three times within its length, for as long as this worker has it."""
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            try:
                async with self._context.store.begin() as tx:
                    now = self._context.now_micros()
                    kept = await tx.deliveries.renew(item, owner=self._owner, now=now, lease_seconds=LEASE_SECONDS)
            except (DatabaseError, OSError) as error:
                log.warning("lease not extended", outbox_id=item.id, error=repr(error))
                continue
            if not kept:
                return


def _place_of(directory: Directory) -> Callable[[Line], Hashable]:
    """Returns where a line's messages go: its channel, or its person. Two lines may share a channel."""
    teams = {team.id: team for team in directory.teams}

    def place_of(line: Line) -> Hashable:
        team = teams.get(line.to_team_id or 0)
        return (team.destination(line.route).ref if team else "") or line

    return place_of
