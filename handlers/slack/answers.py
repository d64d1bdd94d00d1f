"""The boundary around every listener: it finds the caller, rejects outsiders, and catches every error.

In slack_bolt 1.30 a listener that raises right after `ack()` loses the ack, so no error may escape.
"""

import asyncio
import functools
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncBoltRequest, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.messages import Message
from bot.org.people import Person
from bot.refusals import FieldRefusal, FieldRefusals, Refusal
from bot.text import spaced
from bot.views.reporting.help import outsider_message
from bot.views.reporting.home.home import outsider_home
from handlers.context import Context
from handlers.scope import Scope
from handlers.slack.away import is_slack_away
from handlers.slack.identity.lookups import find_caller
from handlers.slack.replies import AWAY, Reply
from storage.faults import DatabaseError, is_away, is_conflict, retry_conflicts
from storage.store import Transaction

log = structlog.get_logger()

_TRIGGER_GONE = frozenset(
    {"expired_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged", "invalid_trigger_id"}
)
"""Slack opens one modal per click, within three seconds. https://docs.slack.dev/reference/methods/views.open"""
_MODAL_CHANGED = frozenset({"hash_conflict", "not_found"})
"""Slack's answers about a modal that shows something else by now, or is closed."""
_TAKEN = "tokens_has_taken_it"
_CHOSEN = ("selected_date", "selected_conversation", "selected_user")


class DoneBefore(Exception):
    """The same request, sent again, whose work is done."""


@dataclass(frozen=True, kw_only=True)
class SlackRequest:
    """A signed request from Slack: the caller, the payload, and the ways to answer."""

    context: Context
    body: dict[str, Any]
    person: Person
    now: datetime
    answer: Reply
    client: AsyncWebClient

    async def ack(self) -> None:
        """Says that the work is done; call it after the commit."""
        await self.answer.done()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """Opens the transaction of the request's work, which is done once, however often the same request is sent."""
        async with self.context.store.begin() as tx:
            if not await tx.slack_requests.add(self.answer.raw, at=self.context.now_micros()):
                raise DoneBefore
            yield tx
        self.answer.has_changed = True

    async def scope(self, tx: Transaction) -> Scope:
        """Returns the scope of a transaction at the moment of the request."""
        return await self.context.scope(tx, now=self.now)

    @property
    def channel_id(self) -> str:
        """Returns the channel of a command or a clicked message; empty in Home and modals."""
        channel, event = self.body.get("channel"), self.body.get("event") or {}
        named = channel.get("id") if isinstance(channel, dict) else event.get("channel")
        return str(self.body.get("channel_id") or named or "")

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
            raise Refusal(self.old_button)
        return int(value)

    @property
    def old_button(self) -> str:
        """Returns the sentence about a button that this version does not know."""
        return f"This button no longer works. Ask again with `{self.context.settings.command}`."

    @property
    def view(self) -> dict[str, Any]:
        """Returns the modal or Home that was clicked in or submitted; empty for commands and messages."""
        return self.body.get("view") or {}

    @property
    def in_home(self) -> bool:
        return self.view.get("type") == "home"

    def field(self, block_id: str) -> str:
        """Returns a modal field's text with plain spaces, or the option, date, channel or person chosen in it."""
        element = self._element(block_id)
        option = element.get("selected_option") or {}
        chosen = next((element[key] for key in _CHOSEN if element.get(key)), "")
        return spaced(str(element.get("value") or option.get("value") or chosen or ""))

    def ticked(self, block_id: str) -> frozenset[str]:
        """Returns the values of the ticked checkboxes of a modal."""
        options = self._element(block_id).get("selected_options") or []
        return frozenset(str(option.get("value")) for option in options)

    def chosen_people(self, block_id: str) -> tuple[str, ...]:
        """Returns the Slack ids that a menu of people has chosen."""
        return tuple(str(one) for one in self._element(block_id).get("selected_users") or ())

    def _element(self, block_id: str) -> dict[str, Any]:
        elements: list[dict[str, Any]] = list(self.body["view"]["state"]["values"].get(block_id, {}).values())
        return elements[0] if elements else {}

    @property
    def metadata(self) -> dict[str, Any]:
        """Returns what a form carries; a bare number comes as `id`."""
        try:
            found = json.loads(self.body["view"].get("private_metadata") or "{}")
        except ValueError:
            found = None
        if type(found) is int:
            return {"id": found}
        if not isinstance(found, dict):
            raise Refusal(OLD_FORM)
        return found

    def carried_id(self, key: str = "id") -> int:
        """Returns an id that a form carries. Rejects forms without it, which earlier versions opened."""
        value = self.metadata.get(key)
        if type(value) is not int:
            raise Refusal(OLD_FORM)
        return value

    async def open_form(self, view: dict[str, Any]) -> None:
        """Opens a modal, on top of the one that was clicked in. Raises Refusal if Slack does not open it."""
        if not self.trigger_id:
            raise Refusal(f"A form opens from a command alone. Type it with `{self.context.settings.command}`.")
        in_modal = (self.body.get("view") or {}).get("type") == "modal"
        opens = self.client.views_push if in_modal else self.client.views_open
        try:
            await opens(trigger_id=self.trigger_id, view=view)
        except SlackApiError as error:
            data = error.response.data
            fault = str(data.get("error") or "") if isinstance(data, dict) else ""
            if fault in _TRIGGER_GONE:
                raise Refusal("That took too long, so Slack did not open the form. Please try again.") from error
            if is_slack_away(error):
                raise Refusal("Slack did not open the form. Please try again in a minute.") from error
            raise
        except AWAY as error:
            raise Refusal("Slack did not answer, so the form may not have opened. Please try again.") from error

    async def show_form(self, view: dict[str, Any], *, if_unchanged: bool = False) -> None:
        """Shows another view in the place of the modal that was clicked in. Raises Refusal if Slack does not take it.

        With `if_unchanged` a modal that shows something else by now stays as it is: a later change was shown first.
        """
        shown = self.body["view"]
        expected = {"hash": str(shown["hash"])} if if_unchanged and shown.get("hash") else {}
        try:
            await self.client.views_update(view_id=str(shown["id"]), view=view, **expected)
        except SlackApiError as error:
            data = error.response.data
            if not expected or not isinstance(data, dict) or data.get("error") not in _MODAL_CHANGED:
                raise
        except AWAY as error:
            raise Refusal("Slack did not answer, so the form is as it was. Please try again.") from error

    async def refresh_home(self) -> None:
        """Shows the person's Home anew. What was done stays done if Slack does not take it."""
        await self.answer.publish_home(self.person)

    async def reply(self, message: Message, *, fallback: Message | None = None) -> None:
        """Answers the caller privately. If Slack rejects the blocks, sends the fallback, then the text alone."""
        await self.answer.tell(message, fallback=fallback)


OLD_FORM = "This form is of an earlier version and no longer works. Close it, and open it again."

Listener = Callable[[SlackRequest], Awaitable[None]]
BoltListener = Callable[..., Awaitable[None]]


def answers(context: Context, listener: Listener) -> BoltListener:
    """Returns a Bolt listener that runs a request handler. Outsiders are rejected and refusals are shown.

    Slack is answered in time, whatever the work waits for. Any other error is logged under a reference, which the person
    sees.
    """

    @functools.wraps(listener)
    async def answered(
        body: dict[str, Any], ack: AsyncAck, respond: AsyncRespond, client: AsyncWebClient, request: AsyncBoltRequest
    ) -> None:
        if request.context.get(_TAKEN):  # Bolt asks the next listener if the first has not answered yet
            return
        request.context[_TAKEN] = True
        raw = (request.raw_body or json.dumps(body, sort_keys=True)).encode("utf-8", "surrogatepass")
        at_work = asyncio.current_task()
        assert at_work is not None
        context.listening.add(at_work)
        answer = Reply(context, body, raw=raw, ack=ack, respond=respond, client=client)
        in_time = asyncio.create_task(answer.answer_in_time(), name="answer Slack in time")
        try:
            await _run(context, listener, answer)
            await answer.refresh_homes()
        except Exception as error:  # no error may escape a listener; Slack shows its warning sign
            log.error("answer not delivered", error=repr(error), exc_info=error)
        finally:
            in_time.cancel()
            context.listening.discard(at_work)

    # Bolt injects by parameter name, which functools.wraps would hide behind the listener's own signature.
    del answered.__wrapped__
    return answered


async def _run(context: Context, listener: Listener, answer: Reply) -> None:
    try:
        now = context.now()
        person = await retry_conflicts(lambda: find_caller(context, answer.body, answer.client))
        if person is None:
            await _reject_outsider(answer)
            return
        answer.person = person
        asked = SlackRequest(
            context=context, body=answer.body, person=person, now=now, answer=answer, client=answer.client
        )
        await retry_conflicts(lambda: listener(asked), may_retry=lambda: not answer.is_done)
        await answer.done()
    except DoneBefore:
        await answer.done()
    except FieldRefusal as refusal:
        await answer.refuse(Message(text=refusal.sentence), fields={refusal.field: refusal.sentence})
    except FieldRefusals as refusal:
        await answer.refuse(Message(text=refusal.sentence), fields=refusal.fields)
    except Refusal as refusal:
        await answer.refuse(Message(text=refusal.sentence))
    except Exception as error:  # noqa: BLE001  # the listener boundary logs it and shows a reference
        await answer.refuse(Message(text=_sentence_of(error)))


def _sentence_of(error: Exception) -> str:
    """Logs an unexpected error and returns what the person reads about it."""
    if isinstance(error, DatabaseError) and is_conflict(error):
        log.warning("transactions in each other's way", error=repr(error))
        return "Others changed the same budget at that moment, so nothing was done. Please try again."
    if is_away(error):
        log.error("listener failed", error=repr(error))
        return "Tokens can't reach its database at the moment. Please try again in a minute."
    reference = secrets.token_hex(4)
    log.error("listener failed", reference=reference, error=repr(error), exc_info=error)
    return f"Something went wrong here (reference {reference}). It is logged; please try again in a minute."


async def _reject_outsider(answer: Reply) -> None:
    """Sends guests and strangers the one answer for outsiders."""
    event = answer.body.get("event") or {}
    if event.get("type") == "app_home_opened":
        try:
            await answer.client.views_publish(user_id=str(event["user"]), view=outsider_home())
        except (SlackApiError, *AWAY) as error:  # they see nothing, which is right too
            log.info("no Home for an outsider", error=repr(error))
    else:
        await answer.refuse(outsider_message())
