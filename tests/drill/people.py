"""Seventeen people in Slack: they look, ask, change, withdraw, approve, deny and answer alerts, also on stale cards."""

import asyncio
import copy
import random
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

from bot.requests.asking.typed_asks import AMOUNT_FIELD, REASON_FIELD
from bot.sandbox.errors import SlackError
from bot.sandbox.events.commands import run_command
from bot.sandbox.events.interactions import act_on_message, act_on_view, close, submit
from bot.sandbox.messages import Message, elements_of
from bot.sandbox.settings import Member
from bot.sandbox.workspace import Workspace
from bot.views.requests.ask_forms import CHANGE_FORM, REQUEST_FORM
from bot.views.requests.budget_requests import (
    APPROVE_REQUEST,
    ASK_QUESTION,
    CHANGE,
    CHANGE_REQUEST,
    DENY_REQUEST,
    NUDGE_REQUEST,
    OTHER_AMOUNT,
    REQUEST_MENU,
    WITHDRAW,
    WITHDRAW_REQUEST,
)
from bot.views.requests.request_forms import DENY_FORM
from tests.drill.balancer import Balancer
from tests.drill.company import CHANNELS
from tests.drill.records import INTENT, Intent, Json

_CARD = re.compile(r"request-(\d+)-")
_MODAL_SECONDS = 4.0
_RECENT = 25
_KEPT_CARDS = 60
_PRESSED = ("button", "overflow", "static_select")
_CENT = 10_000_000
_IN_MENU = {CHANGE_REQUEST: CHANGE, WITHDRAW_REQUEST: WITHDRAW}
"""The asker's buttons of a receipt, and their choices in a card's menu."""
_ASK_BUTTONS = {
    *_IN_MENU,
    *(APPROVE_REQUEST, DENY_REQUEST, OTHER_AMOUNT, ASK_QUESTION, NUDGE_REQUEST, REQUEST_MENU),
}


class Crowd:
    """What people share: the workspace, and old copies of cards that somebody still has on the screen."""

    def __init__(self, workspace: Workspace, balancer: Balancer, chance: random.Random) -> None:
        self.workspace = workspace
        self.balancer = balancer
        self.chance = chance
        self.old_cards: list[Message] = []
        self._tokens = 0

    def token(self) -> str:
        """Returns a word that marks a new request."""
        self._tokens += 1
        return f"drill-{self._tokens:05d}"

    def remember(self, message: Message) -> None:
        """Keeps a card as it is now."""
        self.old_cards.append(copy.copy(message))
        del self.old_cards[:-_KEPT_CARDS]


class DrillPerson:
    """One person, who does one thing after the other."""

    def __init__(self, crowd: Crowd, member: Member, *, pause: float) -> None:
        self._crowd = crowd
        self._workspace = crowd.workspace
        self._balancer = crowd.balancer
        self._chance = crowd.chance
        self._member = member
        self._pause = pause
        deeds: dict[Callable[[], Awaitable[None]], int] = {
            self._look: 4,
            self._open_home: 2,
            self._ask: 4,
            self._decide: 7,
            self._change: 2,
            self._withdraw: 1,
            self._answer_alert: 4,
        }
        self._deeds, self._weights = list(deeds), list(deeds.values())

    async def run(self, done: asyncio.Event) -> None:
        """Acts until `done`."""
        while not done.is_set():
            (deed,) = self._chance.choices(self._deeds, self._weights)
            with suppress(SlackError):  # the message, view or trigger is gone: the person does something else
                await deed()
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), self._chance.uniform(0.2, 1.8) * self._pause)

    async def _look(self) -> None:
        words = ("", "", "me", "help", "top", "top models 7d", "settings", "nonsense")
        await self._command(self._chance.choice(words))
        await self._close_modals(after=0.5)

    async def _open_home(self) -> None:
        room = self._workspace.direct(self._member.id)
        event = {"type": "app_home_opened", "user": self._member.id, "channel": room.id, "tab": "home"}
        await self._balancer.event(event)
        home = self._workspace.modals.home(self._member.id)
        buttons = [] if home is None else [(b, e) for b, e in elements_of(home["blocks"]) if e["type"] in _PRESSED]
        if home is not None and buttons and self._chance.random() < 0.5:
            block, element = self._chance.choice(buttons)
            await act_on_view(self._workspace, self._balancer, self._member, home, self._click(block, element))
            await self._close_modals(after=0.5)

    async def _ask(self) -> None:
        token = self._crowd.token()
        amount = self._amount()
        await self._command(f"request {_dollars(amount)} {token}")
        intent = Intent(deed="ask", subject=token, amount_nanos=amount)
        await self._submit(REQUEST_FORM, intent, {REASON_FIELD: f"{token} for evaluations"})

    async def _decide(self) -> None:
        card = self._card()
        if card is None:
            return
        message, request_id = card
        if self._chance.random() < 0.7:
            with intends(Intent(deed="approve", subject=request_id)):
                await self._press(message, APPROVE_REQUEST)
            return
        await self._press(message, DENY_REQUEST)
        await self._submit(DENY_FORM, Intent(deed="deny", subject=request_id), {REASON_FIELD: "Not this month"})

    async def _change(self) -> None:
        card = self._card(own=True)
        if card is None:
            return
        message, request_id = card
        amount = self._amount()
        await self._press(message, CHANGE_REQUEST)
        intent = Intent(deed="change", subject=request_id, amount_nanos=amount)
        await self._submit(CHANGE_FORM, intent, {AMOUNT_FIELD: _dollars(amount)})

    async def _withdraw(self) -> None:
        card = self._card(own=True)
        if card is not None:
            with intends(Intent(deed="withdraw", subject=card[1])):
                await self._press(card[0], WITHDRAW_REQUEST)

    async def _answer_alert(self) -> None:
        """Presses any button or menu option of a message that is no request's card."""
        found = [
            (message, block, element)
            for message in self._messages()
            for block, element in elements_of(message.blocks)
            if element["type"] in _PRESSED and element["action_id"] not in _ASK_BUTTONS
        ]
        if not found:
            return
        message, block, element = self._chance.choice(found)
        await act_on_message(self._workspace, self._balancer, self._member, message, self._click(block, element))
        await self._close_modals(after=1.0)

    async def _command(self, words: str) -> None:
        room = self._workspace.room(self._chance.choice(CHANNELS))
        await run_command(self._workspace, self._balancer, self._member, room, f"/tokens {words}".strip())

    async def _press(self, message: Message, action_id: str) -> None:
        self._crowd.remember(message)
        for block, element in elements_of(message.blocks):
            chosen = [
                option["value"]
                for option in element.get("options", [])
                if element["action_id"] == REQUEST_MENU
                and option["value"].startswith(f"{_IN_MENU.get(action_id, '-')}:")
            ]
            if element["action_id"] == action_id or chosen:
                click = {**self._click(block, element), **({"value": chosen[0]} if chosen else {})}
                await act_on_message(self._workspace, self._balancer, self._member, message, click)
                return

    def _click(self, block: Json, element: Json) -> Json:
        options = [option["value"] for option in element.get("options", [])]
        value = self._chance.choice(options) if options else None
        return {"block_id": block["block_id"], "action_id": element["action_id"], "value": value}

    async def _submit(self, callback_id: str, intent: Intent, values: Json) -> None:
        """Fills in the form that a click opens and submits it; after a failed connection, the same form again."""
        view = await self._modal()
        if view is None or view["callback_id"] != callback_id:
            await self._close_modals(after=0.0)
            return
        inputs = {block["block_id"]: element for block, element in elements_of(view["blocks"])}
        typed = {name: {inputs[name]["action_id"]: value} for name, value in values.items() if name in inputs}
        for _ in range(3):
            if view["id"] not in [one["id"] for one in self._workspace.modals.stack(self._member.id)]:
                return
            with intends(intent):
                answer = await submit(self._workspace, self._balancer, self._member, view, typed)
            if answer["ok"]:
                break
            await asyncio.sleep(self._chance.uniform(0.2, 1.0))
        await self._close_modals(after=0.0)

    async def _modal(self) -> Json | None:
        """Waits a moment for the form that a click opens."""
        for _ in range(int(_MODAL_SECONDS / 0.1)):
            stack = self._workspace.modals.stack(self._member.id)
            if stack:
                return stack[-1]
            await asyncio.sleep(0.1)
        return None

    async def _close_modals(self, *, after: float) -> None:
        await asyncio.sleep(after)
        while stack := self._workspace.modals.stack(self._member.id):
            await close(self._workspace, self._balancer, self._member, stack[-1], everything=True)

    def _messages(self) -> Iterator[Message]:
        """Yields the latest messages that this person sees, in channels and in the direct messages."""
        for name in (*CHANNELS, self._member.id):
            for message in self._workspace.room(name).messages[-_RECENT:]:
                if message.is_bot and message.private_to in (None, self._member.id):
                    yield message

    def _card(self, *, own: bool = False) -> tuple[Message, str] | None:
        """Returns a request's card with buttons and the request's id: one of today, or an old copy of it."""
        seen = [*self._messages(), *(self._crowd.old_cards if self._chance.random() < 0.25 else [])]
        cards = [(message, found[1]) for message in seen if (found := _request_of(message))]
        if own:
            mine = [card for card in cards if f"<@{self._member.id}>" in card[0].text or self._is_direct(card[0])]
            cards = mine if self._chance.random() < 0.9 else cards
        return self._chance.choice(cards) if cards else None

    def _is_direct(self, message: Message) -> bool:
        return message.channel == self._workspace.direct(self._member.id).id

    def _amount(self) -> int:
        """Returns an amount in nano-dollars, hardly ever the same twice."""
        most = 8_000 if self._chance.random() < 0.9 else 700_000
        return self._chance.randrange(100, most) * _CENT


@contextmanager
def intends(intent: Intent) -> Iterator[None]:
    """Marks the requests of this block with what the person wants."""
    before = INTENT.set(intent)
    try:
        yield
    finally:
        INTENT.reset(before)


def _request_of(message: Message) -> re.Match[str] | None:
    for block, element in elements_of(message.blocks):
        if element["action_id"] in _ASK_BUTTONS:
            return _CARD.match(block["block_id"])
    return None


def _dollars(nanos: int) -> str:
    return f"{nanos // 10**9}.{nanos // _CENT % 100:02d}"
