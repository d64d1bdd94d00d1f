"""The boundary around every listener: it finds the caller, rejects outsiders, and catches every error.

In slack_bolt 1.30 a listener that raises right after `ack()` loses the ack, so no error may escape.
"""

import functools
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
import structlog
from slack_bolt.async_app import AsyncAck, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.messages import Message
from bot.org.people import Person
from bot.refusals import FieldRefusal, Refusal
from bot.text import spaced
from bot.views.reporting.help import outsider_message
from bot.views.reporting.home import outsider_home
from handlers.context import Context
from handlers.scope import Scope
from handlers.slack.callers import find_caller
from storage.store import Transaction

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class SlackRequest:
    """A signed request from Slack: the caller, the payload, and the ways to answer."""

    context: Context
    body: dict[str, Any]
    person: Person
    now: datetime
    ack: AsyncAck
    respond: AsyncRespond
    client: AsyncWebClient

    async def scope(self, tx: Transaction) -> Scope:
        """Returns the scope of a transaction at the moment of the request."""
        return await self.context.scope(tx, now=self.now)

    @property
    def channel_id(self) -> str:
        """Returns the channel of a command or a clicked message; empty in Home and modals."""
        channel = self.body.get("channel")
        return str(self.body.get("channel_id") or (channel.get("id") if isinstance(channel, dict) else "") or "")

    @property
    def text(self) -> str:
        """Returns what was typed after the command, with plain spaces."""
        return spaced(str(self.body.get("text") or ""))

    @property
    def trigger_id(self) -> str:
        return str(self.body.get("trigger_id", ""))

    @property
    def value(self) -> str:
        """Returns the id that the clicked button or chosen menu option carries."""
        action = self.body["actions"][0]
        option = action.get("selected_option") or {}
        return str(action.get("value") or option.get("value") or "")

    @property
    def id(self) -> int:
        """Returns the button's id as a number. Rejects other values, because none of our buttons carry them."""
        value = self.value.rpartition(":")[2]
        if not value.isdigit() or len(value) > 18:
            raise Refusal("That button is not one of mine any more. Ask again with /tokens.")
        return int(value)

    @property
    def in_home(self) -> bool:
        return (self.body.get("view") or {}).get("type") == "home"

    def field(self, block_id: str) -> str:
        """Returns a modal field's text with plain spaces, or the option, date or channel chosen in it."""
        element = self._element(block_id)
        option = element.get("selected_option") or {}
        chosen = element.get("selected_date") or element.get("selected_conversation")
        return spaced(str(element.get("value") or option.get("value") or chosen or ""))

    def ticked(self, block_id: str) -> frozenset[str]:
        """Returns the values of the ticked checkboxes of a modal."""
        options = self._element(block_id).get("selected_options") or []
        return frozenset(str(option.get("value")) for option in options)

    def _element(self, block_id: str) -> dict[str, Any]:
        elements: list[dict[str, Any]] = list(self.body["view"]["state"]["values"].get(block_id, {}).values())
        return elements[0] if elements else {}

    async def reply(self, message: Message, *, fallback: Message | None = None) -> None:
        """Answers the caller privately. If Slack rejects the blocks, sends the fallback, then the text alone."""
        await self.ack()
        for attempt in (message, fallback, Message(text=message.text)):
            if attempt is None:
                continue
            blocks = list(attempt.blocks) or None
            answer = await self.respond(
                text=attempt.text, blocks=blocks, response_type="ephemeral", replace_original=False
            )
            if answer.status_code == 200:
                return
            log.warning("answer refused", status=answer.status_code, body=str(answer.body)[:200])


Listener = Callable[[SlackRequest], Awaitable[None]]
BoltListener = Callable[..., Awaitable[None]]


def answers(context: Context, listener: Listener) -> BoltListener:
    """Returns a Bolt listener that runs a request handler. Outsiders are rejected and refusals are shown.

    Any other error is logged under a reference, which the person sees.
    """

    @functools.wraps(listener)
    async def answered(body: dict[str, Any], ack: AsyncAck, respond: AsyncRespond, client: AsyncWebClient) -> None:
        request: SlackRequest | None = None
        try:
            now = context.now()
            person = await find_caller(context, body, client)
            if person is None:
                await _reject_outsider(body, ack, respond, client)
                return
            request = SlackRequest(
                context=context, body=body, person=person, now=now, ack=ack, respond=respond, client=client
            )
            await listener(request)
            if ack.response is None:
                await ack()
        except FieldRefusal as refusal:
            if body.get("type") == "view_submission":
                await ack(response_action="errors", errors={refusal.field: refusal.sentence})
            else:
                await _reply(body, ack, respond, Message(text=refusal.sentence))
        except Refusal as refusal:
            await _reply(body, ack, respond, Message(text=refusal.sentence))
        except Exception as error:  # the listener boundary logs it and shows a reference
            reference = secrets.token_hex(4)
            log.error("listener failed", reference=reference, error=repr(error), exc_info=error)
            sentence = f"Something went wrong here (reference {reference}). It is logged; please try again in a minute."
            await _reply(body, ack, respond, Message(text=sentence))

    # Bolt injects by parameter name, which functools.wraps would hide behind the listener's own signature.
    del answered.__wrapped__
    return answered


async def _reject_outsider(body: dict[str, Any], ack: AsyncAck, respond: AsyncRespond, client: AsyncWebClient) -> None:
    """Sends guests and strangers the one answer for outsiders."""
    event = body.get("event") or {}
    if event.get("type") == "app_home_opened":
        try:
            await client.views_publish(user_id=str(event["user"]), view=outsider_home())
        except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:  # they see nothing, which is right too
            log.info("no Home for an outsider", error=repr(error))
    await _reply(body, ack, respond, outsider_message())


async def _reply(body: dict[str, Any], ack: AsyncAck, respond: AsyncRespond, message: Message) -> None:
    """Answers the caller by the channel that this kind of request allows."""
    blocks = list(message.blocks) or None
    try:
        if body.get("type") == "view_submission":
            first = next(iter((body["view"].get("state") or {}).get("values") or {}), None)
            if first is not None:
                await ack(response_action="errors", errors={_last_input(body): message.text})
                return
            await ack()
            return
        if ack.response is None:
            await ack()
        if body.get("response_url") or body.get("response_urls"):
            await respond(text=message.text, blocks=blocks, response_type="ephemeral", replace_original=False)
    except Exception as error:  # noqa: BLE001  # no error may escape a listener; Slack shows its warning sign
        log.error("answer not delivered", error=repr(error))


def _last_input(body: dict[str, Any]) -> str:
    """Returns the block id of a form's last field. Errors without a field show there, above the buttons."""
    inputs = [block["block_id"] for block in body["view"]["blocks"] if block["type"] == "input"]
    return str(inputs[-1])
