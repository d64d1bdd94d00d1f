"""The reply to one request of Slack's: an answer in time, and a sentence by whatever way still reaches the person."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import aiohttp
import structlog
from slack_bolt.async_app import AsyncAck, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.messages import Message, with_images
from bot.org.people import Person
from bot.reporting.home_places import read_place
from bot.views import notices
from bot.views.typed_forms import typed_again
from handlers.context import Context
from handlers.slack.asked_messages import answer_where_asked, asks
from storage.faults import DatabaseError

log = structlog.get_logger()

AWAY = (aiohttp.ClientError, TimeoutError)
"""Slack can't be reached, or does not answer in time."""
_DEAD_URL = frozenset({403, 404, 410})
"""What a response_url answers that was used up, or is more than half an hour old."""


class Reply:
    """How the caller of one request is answered. A form's answer says what became of it; others come as a message."""

    def __init__(
        self,
        context: Context,
        body: dict[str, Any],
        *,
        raw: bytes,
        ack: AsyncAck,
        respond: AsyncRespond,
        client: AsyncWebClient,
    ) -> None:
        self._context = context
        self.body = body
        self.raw = raw
        """The body as Slack signed it."""
        self._ack = ack
        self._respond = respond
        self.client = client
        self._is_late = False
        self.person: Person | None = None
        """The caller, once known."""
        self.is_done = False
        """Whether the listener's work is done, so that nothing may do it again."""
        self.is_noted = False
        """Whether a question is stored as one that is answered, so that this process alone goes on with it."""
        self.has_changed = False
        """Whether the work was committed, so that Homes may show something else."""
        self.was_refused = False
        """Whether nothing was done."""
        self.shows_form_again = False
        """Whether a form that was answered before it was refused is shown again, with what was typed and the reason."""

    @property
    def _is_form(self) -> bool:
        return self.body.get("type") == "view_submission"

    @property
    def _is_answered(self) -> bool:
        return self._ack.response is not None

    async def answer_in_time(self) -> None:
        """Answers Slack before its three seconds end; what comes of the request is said when it is known."""
        await asyncio.sleep(self._context.settings.slack_answer_seconds)
        if self._is_answered or self.is_done:
            return
        self._is_late = True
        log.warning("answered before the work was done", kind=self.body.get("type") or "command")
        if self._is_form:
            await self._ack(response_action="update", view=notices.waiting_view(self._title))
        else:
            await self._ack()

    async def done(self) -> None:
        """Says that the work is done: a form closes."""
        if self.is_done:
            return
        self.is_done = True
        if self._is_late and self._is_form:
            await self._show_outcome(notices.done_sentence(self._title))
        elif not self._is_answered:
            await self._ack()

    async def refresh_homes(self) -> None:
        """Shows the Home anew in which somebody clicked, or that is behind their form, and lets those of others follow.
        After a refusal too: what was clicked is not true any more."""
        context, person, view = self._context, self.person, self.body.get("view") or {}
        if self.has_changed:
            context.wake_homes.set()
        if person is None or not view:
            return
        known, in_home = context.open_homes.of(person.id), view.get("type") == "home"
        if in_home:
            place = known.place if known else read_place(str(view.get("private_metadata") or ""))
            context.open_homes.opened(person, at=context.now_micros(), place=place, seen=str(view.get("hash") or ""))
        if (in_home or known) and (self.has_changed or (in_home and self.was_refused)):
            await self.publish_home(person)

    async def publish_home(self, person: Person) -> None:
        """Shows a person's Home anew. What was done stays done if Slack does not take it."""
        try:
            await self._context.refresh_home(person)
        except (SlackApiError, *AWAY) as error:
            log.warning("home not published", error=repr(error))

    async def update_form(self, view: dict[str, Any], *, sentence: str) -> None:
        """Shows another form in place of the submitted one; `sentence` says why if it is too late for that."""
        if self._is_answered:
            await self._show_outcome(sentence)
        else:
            await self._ack(response_action="update", view=view)

    async def refuse(self, message: Message, *, fields: Mapping[str, str] = MappingProxyType({})) -> None:
        """Says that the work was not done: at the fields of the form, or in a message to the caller alone."""
        self.was_refused = True
        sentence = message.text
        if not self._is_form:
            await self.tell(message)
        elif self._is_answered:
            await self._show_outcome(sentence, again=self._form_again(sentence))
        elif errors := self._errors(fields, sentence):
            await self._ack(response_action="errors", errors=errors)
        else:
            await self._ack(response_action="update", view=notices.notice_view(self._title, sentence))

    async def tell(
        self, message: Message, *, fallback: Message | None = None, replaces_original: Message | None = None
    ) -> None:
        """Sends the caller a private message: as an answer, else in a modal, else as a direct message.

        If Slack rejects its blocks, the fallback goes out, then the text alone. `replaces_original` is put in the place of
        the clicked message.
        """
        if not self._is_answered:
            await self._ack()
        if self.body.get("type") == "event_callback":
            await self._tell_asker(message, fallback)
            return
        if replaces_original is not None:
            await self._responded(replaces_original, replace_original=True)
        if await self._answered([message, *([fallback] if fallback else []), Message(text=message.text)]):
            return
        if not self.body.get("response_url") and await self._opened(message):
            return
        await self._send_directly(message)

    async def _tell_asker(self, message: Message, fallback: Message | None) -> None:
        """Answers a message to the app where it was written, else directly. Other events ask nothing."""
        event = self.body.get("event") or {}
        if not asks(event):
            return
        try:
            attempts = [message, *([fallback] if fallback else []), Message(text=message.text)]
            if await answer_where_asked(self.client, event, attempts):
                return
        except AWAY as error:
            log.warning("answer not delivered", error=repr(error))
        await self._send_directly(message)

    async def _answered(self, attempts: Sequence[Message]) -> bool:
        for attempt in attempts:
            status = await self._responded(attempt, replace_original=False)
            if status == 200:
                return True
            if status is None or status in _DEAD_URL:
                return False
        return False

    async def _responded(self, message: Message, *, replace_original: bool) -> int | None:
        """Returns the status of the response_url; None if there is none, or it can't be reached."""
        if not self.body.get("response_url"):
            return None
        blocks = with_images(message, ()) or None  # words for its pictures: the worker uploads those
        try:
            answer = await self._respond(
                text=message.text, blocks=blocks, response_type="ephemeral", replace_original=replace_original
            )
        except (*AWAY, OSError) as error:
            log.warning("answer not delivered", error=repr(error))
            return None
        if answer.status_code != 200:
            log.warning("answer refused", status=answer.status_code, body=str(answer.body)[:200])
        return int(answer.status_code)

    async def _opened(self, message: Message) -> bool:
        """Opens a modal with the message, for clicks in Home or in a modal, which have no response_url."""
        trigger = self.body.get("trigger_id")
        if not trigger or self._is_form:
            return False
        view = notices.notice_view("", message.text, blocks=with_images(message, ()))
        in_modal = (self.body.get("view") or {}).get("type") == "modal"
        opens = self.client.views_push if in_modal else self.client.views_open
        try:
            await opens(trigger_id=str(trigger), view=view)
        except (SlackApiError, *AWAY) as error:
            log.info("modal not opened", error=repr(error))
            return False
        return True

    def _form_again(self, sentence: str) -> dict[str, Any] | None:
        return typed_again(self.body["view"], note=sentence) if self.shows_form_again else None

    async def _show_outcome(self, sentence: str, *, again: dict[str, Any] | None = None) -> None:
        """Shows the outcome in a form that was answered before it was known, or sends it if the form is closed. `again` is
        the form with what was typed."""
        view = again or notices.notice_view(self._title, sentence)
        try:
            await self.client.views_update(view_id=str(self.body["view"]["id"]), view=view)
        except (SlackApiError, *AWAY) as error:
            log.info("form not updated", error=repr(error))
            await self._send_directly(Message(text=sentence))

    async def _send_directly(self, message: Message) -> None:
        if self.person is None:
            log.warning("nobody to send the answer to", text=message.text[:80])
            return
        try:
            async with self._context.store.begin() as tx:
                await tx.outbox.put(
                    message,
                    dedupe_key=f"answer:{hashlib.blake2b(self.raw, digest_size=16).hexdigest()}",
                    at=self._context.now_micros(),
                    to_person_id=self.person.id,
                )
        except (DatabaseError, OSError) as error:
            log.warning("answer not stored", error=repr(error))
            return
        self._context.wake_outbox.set()

    @property
    def _title(self) -> str:
        view = self.body.get("view") or {}
        return str((view.get("title") or {}).get("text") or "")

    def _errors(self, fields: Mapping[str, str], sentence: str) -> dict[str, str]:
        """Returns the errors of a form by block id. Without one of its fields the sentence shows at the last one."""
        view = self.body.get("view") or {}
        if not ((view.get("state") or {}).get("values")):
            return {}
        inputs = [str(block["block_id"]) for block in view.get("blocks") or [] if block.get("type") == "input"]
        return {block: fields[block] for block in inputs if block in fields} or dict.fromkeys(inputs[-1:], sentence)
