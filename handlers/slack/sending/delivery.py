"""The delivery of one message: finds its channel, uploads its charts, posts or updates it, and marks what came of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.messages import TEXT_FILE, text_of_file, with_images
from bot.outbox import PERSON_GONE, fault_of, holds_line, is_over, may_be_posted, next_attempt_at
from bot.refusals import Refusal
from bot.views.charts import without_chart
from handlers.context import Context
from handlers.slack.channels import require_unshared, resolve_channels, route_of
from handlers.slack.client import without_retries
from handlers.slack.files import share, upload
from handlers.slack.sending.fallbacks import fall_back
from handlers.slack.sending.read_back import NotAllowed, ReadBack
from storage.deliveries import OutboxItem
from storage.faults import DatabaseError
from storage.outbox import CLOSED, GIVEN_UP, IN_PREVIEW

log = structlog.get_logger()

_IMAGE_DELAYS = (0.5, 1.0, 2.0, 4.0)
"""Posting an image right after its upload can fail, as Slack reads it later: python-slack-sdk issues 1521 and 1277."""
_DELETED = "message_not_found"
"""Somebody deleted the message in Slack, so its update has no place any more."""
_MARK_DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)

Draw = Callable[[dict[str, Any]], Awaitable[bytes]]


class _LeaseLost(Exception):
    """Another worker has claimed the message meanwhile."""


class _Fault:
    """A failed attempt: Slack's error or the network's, and what it means."""

    def __init__(self, error: Exception) -> None:
        answer, status, headers = _answer(error)
        self.text = str(answer.get("error") or status or _network_fault(error))
        self.kind = fault_of(self.text, 0 if answer.get("error") else status)
        self.retry_after_seconds = _retry_after(headers)
        self.may_be_posted = may_be_posted(self.text, status)
        self.details = (answer.get("response_metadata") or {}).get("messages")


class Delivery:
    """Delivers one message at a time, for the worker `owner` that holds its lease."""

    def __init__(self, context: Context, draw: Draw, *, owner: str, lease_seconds: int) -> None:
        self._context = context
        self._draw = draw
        self._owner = owner
        self._lease_seconds = lease_seconds
        self._read_back = ReadBack()

    async def deliver(self, item: OutboxItem) -> None:
        """Delivers a message and marks it, or schedules its next attempt."""
        assert self._context.slack is not None
        slack = without_retries(self._context.slack)
        posting = False
        try:
            channel = await self._channel(item)
            item = await self._settle(slack, item, channel)
            file_ids = await self._file_ids(slack, item)
            await self._begin(item)
            posting = not item.ts
            channel, ts = await self._post(slack, item, channel, file_ids)
            if item.message.files:
                item, posting = await self._remember(item, channel, ts), False
                await share(slack, [await self._content(stored) for stored in item.message.files], channel=channel)
        except _LeaseLost:
            log.warning("another worker has the message", outbox_id=item.id)
            return
        except (DatabaseError, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001  # Slack or the network failed: retry, or pass the message on
            fault = _Fault(error)
            log.warning("message not delivered", outbox_id=item.id, fault=fault.text, details=fault.details)
            unknown = (posting and fault.may_be_posted) or bool(item.posting_since)
            await self._put_back(item, fault, may_be_posted=unknown)
            return
        await self._mark(item, channel, ts, file_ids)

    async def _settle(self, slack: AsyncWebClient, item: OutboxItem, channel: str) -> OutboxItem:
        """Looks in Slack for a post whose outcome nobody knows, where the app may read the channel.

        Returns the message with the `ts` of the post, or without `posting_since` if there was none.
        """
        if not item.posting_since or item.ts:
            return item
        if item.to_person_id is not None:
            async with self._context.store.read() as tx:
                channel = await tx.deliveries.direct_channel(item.to_person_id) or channel
        try:
            found = await self._read_back.find(slack, channel, outbox_id=item.id, since=item.posting_since)
        except NotAllowed as no:
            log.warning("posting again: the outcome of the last post is unknown", outbox_id=item.id, why=str(no))
            return item
        if not found:
            return replace(item, posting_since=0)
        async with self._context.store.begin() as tx:
            await tx.deliveries.remember_post(item, owner=self._owner, channel=channel, ts=found)
        return replace(item, posting_since=0, channel=channel, ts=found)

    async def _remember(self, item: OutboxItem, channel: str, ts: str) -> OutboxItem:
        """Stores where a message was posted, so that a retry for its files does not post it again."""
        async with self._context.store.begin() as tx:
            await tx.deliveries.remember_post(item, owner=self._owner, channel=channel, ts=ts)
        return replace(item, posting_since=0, channel=channel, ts=ts)

    async def _content(self, stored: dict[str, Any]) -> tuple[str, bytes]:
        """Returns the name and the bytes of a message's file."""
        content = text_of_file(stored) if stored["kind"] == TEXT_FILE else await self._drawn(stored)
        return str(stored["name"]), content

    async def _begin(self, item: OutboxItem) -> None:
        """Extends the lease right before the post, and notes that a post begins. Raises if another worker has it."""
        async with self._context.store.begin() as tx:
            now, posts = self._context.now_micros(), not item.ts
            kept = await tx.deliveries.renew(
                item, owner=self._owner, now=now, lease_seconds=self._lease_seconds, posts=posts
            )
        if not kept:
            raise _LeaseLost

    async def _mark(self, item: OutboxItem, channel: str, ts: str, file_ids: tuple[str, ...]) -> None:
        """Marks a message as delivered, and retries within the lease while the database is away.

        A message that was not marked is posted again.
        """
        delays = iter(_MARK_DELAYS)
        repeated = bool(item.posting_since) and not item.ts
        while True:
            try:
                async with self._context.store.begin() as tx:
                    await tx.deliveries.delivered(
                        item, owner=self._owner, channel=channel, ts=ts, file_ids=file_ids, repeated=repeated
                    )
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
        raise Refusal(PERSON_GONE if person.id in directory.unreachable else "person_not_in_slack")

    async def _file_ids(self, slack: AsyncWebClient, item: OutboxItem) -> tuple[str, ...]:
        """Uploads the message's charts once and stores the file ids before the post, so that a retry finds them."""
        if not item.message.charts or (item.file_ids and not item.ts):
            return item.file_ids
        ids = []
        for number, chart in enumerate(item.message.charts):
            picture = await self._drawn(chart)
            name = f"tokens-{item.id}-{number}.png"
            ids.append(await upload(slack, picture, name=name, alt=str(chart.get("alt", "chart"))))
        file_ids = tuple(ids)
        async with self._context.store.begin() as tx:
            await tx.deliveries.remember_files(item, owner=self._owner, file_ids=file_ids)
        return file_ids

    async def _drawn(self, chart: dict[str, Any]) -> bytes:
        try:
            return await self._draw(chart)
        except (TimeoutError, OSError) as error:  # else it would pass for a fault of the network
            raise RuntimeError(f"the chart was not drawn: {error!r}") from error

    async def _post(
        self, slack: AsyncWebClient, item: OutboxItem, channel: str, file_ids: tuple[str, ...]
    ) -> tuple[str, str]:
        """Posts or updates a message, and returns Slack's (channel, ts)."""
        delays = iter(_IMAGE_DELAYS if file_ids else ())
        while True:
            try:
                return await _send(slack, item, channel, with_images(item.message, file_ids))
            except SlackApiError as error:
                if _answer(error)[0].get("error") != "invalid_blocks":
                    raise
                delay = next(delays, None)
                if delay is None:
                    break
                await asyncio.sleep(delay)
        # Slack keeps refusing the picture or the native chart: post the message without it.
        plain = without_chart(item.message)
        return await _send(slack, item, channel, with_images(plain, ()))

    async def _put_back(self, item: OutboxItem, fault: _Fault, *, may_be_posted: bool) -> None:
        """Schedules a retry with a growing delay. If that can't help, passes the message on or gives it up."""
        now, attempts = self._context.now_micros(), item.attempts + 1
        async with self._context.store.begin() as tx:
            if fault.kind == "place":
                await fall_back(self._context, tx, item, owner=self._owner, fault=fault.text, at=now)
            elif fault.kind == "message" or is_over(now, worth_until=item.worth_until, attempts=attempts):
                log.warning("message given up", outbox_id=item.id, fault=fault.text, attempts=attempts)
                given_up = CLOSED if fault.text == _DELETED else GIVEN_UP
                await tx.deliveries.end(item, owner=self._owner, fault=fault.text, given_up=given_up)
            else:
                await tx.deliveries.retry_later(
                    item,
                    owner=self._owner,
                    fault=fault.text,
                    next_at=next_attempt_at(now, attempts=item.attempts, retry_after_seconds=fault.retry_after_seconds),
                    holds_line=holds_line(fault.kind, attempts),
                    may_be_posted=may_be_posted,
                )


async def _send(slack: AsyncWebClient, item: OutboxItem, channel: str, blocks: list[dict[str, Any]]) -> tuple[str, str]:
    content: dict[str, Any] = {"text": item.message.text, "blocks": blocks}
    if item.ts:
        await slack.chat_update(channel=channel, ts=item.ts, **content)
        return channel, item.ts
    metadata = {"event_type": "tokens_message", "event_payload": {"outbox_id": item.id}}
    answer = await slack.chat_postMessage(
        channel=channel, metadata=metadata, unfurl_links=False, unfurl_media=False, **content
    )
    return str(answer["channel"]), str(answer["ts"])


def _answer(error: Exception) -> tuple[dict[str, Any], int, Any]:
    """Returns Slack's answer, its status and its headers. The answer is empty if it was not JSON, as from a proxy."""
    if not isinstance(error, SlackApiError):
        return {}, 0, {}
    data = error.response.data
    status = int(getattr(error.response, "status_code", 0) or 0)
    return (data if isinstance(data, dict) else {}), status, error.response.headers or {}


def _network_fault(error: Exception) -> str:
    """Returns the name of a fault without an answer. Only a connection that never stood surely posted nothing."""
    if isinstance(error, Refusal):
        return str(error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return "no_connection"
    if isinstance(error, aiohttp.ClientError | TimeoutError | OSError):
        return "timeout"
    return repr(error)[:300]


def _retry_after(headers: Any) -> int:
    """Returns the seconds that Slack asks to wait, rounded up; 0 if it does not."""
    value = str(headers.get("Retry-After", headers.get("retry-after", "0"))).strip()
    whole, _, part = value.partition(".")
    if not whole.isdigit() or len(whole) > 9 or (part and not part.isdigit()):
        return 0
    return int(whole) + bool(part.strip("0"))
