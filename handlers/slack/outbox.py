"""The outbox worker: claims a message, draws its charts, posts or updates it, marks it. Delivery is at least once."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError

from bot.messages import with_images
from bot.periods import MICROS
from bot.refusals import Refusal
from bot.views.charts import without_chart
from handlers.context import Context
from handlers.slack.channels import require_unshared, resolve_channels, route_of
from handlers.slack.files import upload
from handlers.slack.posts import post_to_people, responsible_people
from storage.faults import DatabaseError
from storage.outbox import IN_PREVIEW, OutboxItem
from storage.store import Transaction

log = structlog.get_logger()

LEASE_SECONDS = 60
_MAX_DELAY_SECONDS = 600
_GIVE_UP_AFTER = 40
_IMAGE_DELAYS = (0.5, 1.0, 2.0, 4.0)
"""Posting an image right after its upload can fail, as Slack reads it later: python-slack-sdk issues 1521 and 1277."""

_MARK_DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)

PERMANENT = frozenset({"invalid_blocks", "msg_blocks_too_long", "no_text", "msg_too_long", "message_not_found"})
"""Slack refuses the message itself, so a retry can't help. https://docs.slack.dev/reference/methods/chat.postMessage"""
UNREACHABLE = frozenset(
    {
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "restricted_action",
        "team_channel_paused",
        "team_in_preview",
    }
)
"""The channel can't be reached until people act, so managers get the message instead."""
_NOT_BROKEN = frozenset({"team_channel_paused", IN_PREVIEW})
"""The channel works but must not be used. In preview, finance gets alerts stored before the preview."""

Draw = Callable[[dict[str, Any]], Awaitable[bytes]]


class OutboxWorker:
    """Delivers the messages of the outbox."""

    def __init__(self, context: Context, draw: Draw) -> None:
        self._context = context
        self._draw = draw
        self._owner = secrets.token_hex(8)
        self._finishing = False
        self._idle = asyncio.Event()
        self._idle.set()

    async def finish(self) -> None:
        """Stops claiming, and waits up to ten seconds until claimed messages are delivered and marked."""
        self._finishing = True
        with suppress(TimeoutError):
            async with asyncio.timeout(10):
                await self._idle.wait()

    async def run(self) -> None:
        """Delivers until `finish`; wakes for messages of this process, and polls for those of others."""
        while not self._finishing:
            delivered = 0
            try:
                delivered = await self.deliver_due()
            except Exception as error:  # noqa: BLE001  # the delivery loop outlives any fault; messages stay in the outbox
                log.error("delivery failed", error=repr(error))
                await asyncio.sleep(self._context.settings.outbox_poll_seconds)
            if delivered == 0:
                self._context.wake_outbox.clear()
                try:
                    async with asyncio.timeout(self._context.settings.outbox_poll_seconds):
                        await self._context.wake_outbox.wait()
                except TimeoutError:
                    continue

    async def deliver_due(self) -> int:
        """Delivers due messages and returns the number it attempted."""
        if self._context.slack is None:
            return 0
        now = self._context.now_micros()
        async with self._context.store.begin() as tx:
            items = await tx.outbox.claim(owner=self._owner, now=now, lease_seconds=LEASE_SECONDS)
        self._idle.clear()
        try:
            await asyncio.gather(*(self._deliver_in_order(same) for same in _by_destination(items)))
        finally:
            self._idle.set()
        return len(items)

    async def _deliver_in_order(self, items: Sequence[OutboxItem]) -> None:
        """Delivers the messages for one destination in the order in which they were stored."""
        for item in items:
            await self._deliver(item)

    async def _deliver(self, item: OutboxItem) -> None:
        try:
            channel = await self._channel(item)
            file_ids = await self._file_ids(item)
            channel, ts = await self._post(item, channel, file_ids)
        except SlackApiError as error:
            answer = _answer(error)
            fault = str(answer.get("error") or error.response.status_code)
            details = (answer.get("response_metadata") or {}).get("messages")
            log.warning("Slack refused a message", outbox_id=item.id, fault=fault, details=details)
            await self._put_back(item, fault, error)
            return
        except Refusal as error:
            await self._put_back(item, str(error), None)
            return
        except Exception as error:  # noqa: BLE001  # Slack or the network is down: retry later
            await self._put_back(item, repr(error), None)
            return
        await self._mark(item, channel, ts, file_ids)

    async def _mark(self, item: OutboxItem, channel: str, ts: str, file_ids: tuple[str, ...]) -> None:
        """Marks a message as delivered, and retries within the lease while the database is away.

        A message that was not marked is posted again.
        """
        delays = iter(_MARK_DELAYS)
        while True:
            try:
                async with self._context.store.begin() as tx:
                    await tx.outbox.delivered(item, owner=self._owner, channel=channel, ts=ts, file_ids=file_ids)
                return
            except (DatabaseError, OSError) as error:
                delay = next(delays, None)
                if delay is None:
                    raise
                log.warning("said, and not marked yet", outbox_id=item.id, error=repr(error))
                await asyncio.sleep(delay)

    async def _channel(self, item: OutboxItem) -> str:
        """Returns the channel a message goes to, or is posted in already.

        Resolves an unresolved channel first: a shared channel gets no posts, and no updates of earlier posts.
        """
        if item.to_team_id is None and item.channel:
            return item.channel
        if item.to_team_id is not None and not item.channel:
            directory = (await self._context.rulebooks.latest()).directory
            if directory.by_id(item.to_team_id).channel_state == "unresolved":
                await resolve_channels(self._context)
        async with self._context.store.read() as tx:
            directory = (await self._context.rulebooks.current(tx)).directory
            if item.to_team_id is not None:
                team = directory.by_id(item.to_team_id)
                if team.mode == "preview" and item.route == "alerts" and not item.channel:
                    raise Refusal(IN_PREVIEW)
            else:
                assert item.to_person_id is not None
                person = await tx.people.by_id(item.to_person_id)
        if item.to_team_id is not None:
            channel = route_of(team, item.route, posted_in=item.channel)
            if item.channel:
                await require_unshared(self._context, team, item.channel)
            return channel
        if person.slack_id:
            return person.slack_id
        raise Refusal("person_not_in_slack")

    async def _file_ids(self, item: OutboxItem) -> tuple[str, ...]:
        """Uploads the message's charts once and stores the file ids before the post, so that a retry finds them."""
        if not item.message.charts or (item.file_ids and not item.ts):
            return item.file_ids
        slack = self._context.slack
        assert slack is not None
        ids = []
        for number, chart in enumerate(item.message.charts):
            picture = await self._draw(chart)
            name = f"tokens-{item.id}-{number}.png"
            ids.append(await upload(slack, picture, name=name, alt=str(chart.get("alt", "chart"))))
        file_ids = tuple(ids)
        async with self._context.store.begin() as tx:
            await tx.outbox.remember_files(item, owner=self._owner, file_ids=file_ids)
        return file_ids

    async def _post(self, item: OutboxItem, channel: str, file_ids: tuple[str, ...]) -> tuple[str, str]:
        """Posts or updates a message, and returns Slack's (channel, ts)."""
        delays = iter(_IMAGE_DELAYS if file_ids else ())
        while True:
            try:
                return await self._send(item, channel, with_images(item.message, file_ids))
            except SlackApiError as error:
                if _answer(error).get("error") != "invalid_blocks":
                    raise
                delay = next(delays, None)
                if delay is None:
                    break
                await asyncio.sleep(delay)
        # Slack keeps refusing the picture or the native chart: post the message without it.
        plain = without_chart(item.message)
        return await self._send(item, channel, with_images(plain, ()))

    async def _send(self, item: OutboxItem, channel: str, blocks: list[dict[str, Any]]) -> tuple[str, str]:
        slack = self._context.slack
        assert slack is not None
        content: dict[str, Any] = {"text": item.message.text, "blocks": blocks}
        if item.ts:
            await slack.chat_update(channel=channel, ts=item.ts, **content)
            return channel, item.ts
        metadata = {"event_type": "tokens_message", "event_payload": {"outbox_id": item.id}}
        answer = await slack.chat_postMessage(
            channel=channel, metadata=metadata, unfurl_links=False, unfurl_media=False, **content
        )
        return str(answer["channel"]), str(answer["ts"])

    async def _put_back(self, item: OutboxItem, fault: str, error: SlackApiError | None) -> None:
        """Schedules a retry with a growing delay; if that can't help, gives up and sends the message to the managers."""
        now = self._context.now_micros()
        delay = min(_MAX_DELAY_SECONDS, 2 ** min(item.attempts, 10))
        if error is not None and error.response.headers:
            delay = max(delay, _retry_after(error.response.headers))
        is_route = fault in UNREACHABLE and item.to_team_id is not None
        give_up = is_route or fault in PERMANENT or item.attempts + 1 >= _GIVE_UP_AFTER
        log.warning("message not delivered", outbox_id=item.id, fault=fault, gives_up=give_up, attempts=item.attempts)
        async with self._context.store.begin() as tx:
            given_up = await tx.outbox.failed(
                item, owner=self._owner, fault=fault, next_at=now + delay * MICROS, give_up=give_up
            )
            if is_route and given_up:
                await self._fall_back(tx, item, fault, now)

    async def _fall_back(self, tx: Transaction, item: OutboxItem, fault: str, now: int) -> None:
        directory = (await self._context.rulebooks.current(tx)).directory
        assert item.to_team_id is not None
        team = directory.by_id(item.to_team_id)
        apart = team.destination(item.route) != team.destination()
        if fault not in _NOT_BROKEN and apart:
            await tx.alert_settings.set_place(team.id, item.route, state="broken")
        elif fault not in _NOT_BROKEN:
            await tx.teams.set_channel(team.id, channel_id=team.channel_id, state="broken")
        people = responsible_people(directory, team)
        if fault == IN_PREVIEW:
            people = directory.finance or directory.admins
        await post_to_people(tx, people, item.message, dedupe_key=item.dedupe_key, at=now)


def _by_destination(items: Sequence[OutboxItem]) -> list[list[OutboxItem]]:
    destinations: dict[tuple[int | None, int | None], list[OutboxItem]] = {}
    for item in items:
        destinations.setdefault((item.to_team_id, item.to_person_id), []).append(item)
    return list(destinations.values())


def _answer(error: SlackApiError) -> dict[str, Any]:
    """Returns Slack's answer; empty if it was not JSON, as from a proxy while Slack is away."""
    answer = error.response.data
    return answer if isinstance(answer, dict) else {}


def _retry_after(headers: Any) -> int:
    value = str(headers.get("Retry-After", "0"))
    return int(value) if value.isdigit() else 0
