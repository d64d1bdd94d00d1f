"""The people of the stories: what Anna, Ben, Chloe and Dan do and see in the sandbox, over its HTTP."""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.support.seen import Message, Reply, Surface, View, options_of

Json = dict[str, Any]
PATIENCE_SECONDS = 60.0  # a machine may be slow and busy; what comes at once is not waited for
POLL_SECONDS = 0.02
LISTENER = "run_ack_function_asynchronously"  # what Bolt calls its task for one request


class Sandbox:
    """The sandbox's HTTP, as the page uses it."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def state(self, member: str) -> Json:
        """Everything that a person sees."""
        async with self.session.get(f"{self.base_url}/page/state", params={"as": member}) as response:
            return _object(await response.json())

    async def does(self, deed: str, member: str, **asked: Any) -> Json:
        """One deed of the page."""
        async with self.session.post(f"{self.base_url}/page/{deed}", json={"as": member, **asked}) as response:
            return _object(await response.json())

    @property
    def session(self) -> aiohttp.ClientSession:
        assert self._session is not None, "use the sandbox as a context manager"
        return self._session


async def listened() -> None:
    """Waits until the app's listeners have run to their end: they go on after their answer, and what they do is seen then."""
    at_work = [task for task in asyncio.all_tasks() if LISTENER in getattr(task.get_coro(), "__qualname__", "")]
    if at_work:
        _, late = await asyncio.wait(at_work, timeout=PATIENCE_SECONDS)
        assert not late, f"after {PATIENCE_SECONDS} s the app is still at it: {late}"


class Person:
    """Somebody of the workspace. Deeds return a Reply once the app has done all it does about them."""

    def __init__(self, sandbox: Sandbox, member: str) -> None:
        self.sandbox = sandbox
        self.id = member

    async def runs(self, text: str, *, channel: str) -> Reply:
        """Runs a slash command in a channel."""
        return await self._does("command", channel=channel, text=text)

    async def uses(self, shortcut: str, message: Message | None = None) -> Reply:
        """Runs a shortcut by its callback id: a global one, or one of a message."""
        place = {} if message is None else {"channel": message.channel, "ts": message.ts}
        return await self._does("shortcut", id=shortcut, **place)

    async def says(self, text: str, *, channel: str) -> Message:
        """Writes a message."""
        answer = await self.sandbox.does("message", self.id, channel=channel, text=text)
        assert answer["ok"], answer
        return Message(answer["message"])

    async def asks(self, text: str, *, channel: str) -> Reply:
        """Writes a message, and waits for the answer."""
        return await self._does("message", channel=channel, text=text)

    async def clicks(self, button: str, where: Surface) -> Reply:
        """Presses a button, by its words or action id."""
        block, element = where.find(button)
        return await self._acts(where, block, element, None)

    async def chooses(self, option: str, where: Surface, *, menu: str | None = None) -> Reply:
        """Chooses in a menu, by the option's words or value; `menu` says which, where several have such an option."""
        for block, element in [where.find(menu)] if menu else where.elements():
            for one in options_of(element):
                if option in (one["text"]["text"], one.get("value")):
                    return await self._acts(where, block, element, one["value"])
        raise AssertionError(f"no {option!r} here; there are {where.choices()}")

    async def fills(self, view: View, values: Mapping[str, Any] | None = None, /, **more: Any) -> View:
        """Fills in fields, by block id, action id or label; options by their words or value."""
        for name, value in {**(values or {}), **more}.items():
            block, element = view.find(name)
            by_words = {option["text"]["text"]: option["value"] for option in options_of(element)}
            raw = [by_words.get(v, v) for v in value] if isinstance(value, list) else by_words.get(value, value)
            view.typed.setdefault(block["block_id"], {})[element["action_id"]] = raw
        return view

    async def submits(self, view: View, values: Mapping[str, Any] | None = None, /, **more: Any) -> Reply:
        """Submits a modal with what was and is filled in."""
        await self.fills(view, values, **more)
        return await self._does("submit", view_id=view.id, values=view.typed)

    async def closes(self, view: View) -> Reply:
        """Closes a modal."""
        return await self._does("close", view_id=view.id)

    async def opens_home(self) -> View:
        """Opens the app's Home. Raises AssertionError if it is not published."""
        reply = await self._does("home")
        assert reply.home is not None, f"no Home was published; the answer was {reply.raw}"
        return reply.home

    async def sees(self, fragment: str, *, channel: str | None = None) -> Message:
        """The newest visible message with these words. Raises AssertionError with what is visible instead."""
        deadline = _seconds() + PATIENCE_SECONDS
        while True:
            visible = await self.messages(channel)
            for message in reversed(visible):
                if fragment in message.text_everywhere():
                    return message
            if _seconds() > deadline:
                shown = "\n---\n".join(message.text_everywhere() for message in visible[-10:])
                raise AssertionError(
                    f"{self.id} does not see {fragment!r} in {channel or 'any channel'}, but:\n{shown}"
                )
            await asyncio.sleep(POLL_SECONDS)

    async def does_not_see(self, fragment: str, *, channel: str | None = None) -> None:
        """Raises AssertionError if such a message is visible, now or when the app has done all it is about."""
        await listened()
        for message in await self.messages(channel):
            assert fragment not in message.text_everywhere(), f"{self.id} sees:\n{message.text_everywhere()}"

    async def messages(self, channel: str | None = None) -> list[Message]:
        """What is visible to this person, oldest first; in one channel or everywhere."""
        state = await self.sandbox.state(self.id)
        return _messages(state, channel)

    async def dms(self) -> list[Message]:
        """The direct messages with the app."""
        state = await self.sandbox.state(self.id)
        return [message for one in state["dms"] for message in _messages(state, one["id"])]

    async def modal(self) -> View | None:
        """The modal on top, if one is open."""
        return _top(await self.sandbox.state(self.id))

    async def _acts(self, where: Surface, block: Json, element: Json, value: Any) -> Reply:
        place = (
            {"view_id": where.id}
            if isinstance(where, View)
            else {"channel": where.raw["channel"], "ts": where.raw["ts"]}
        )
        if isinstance(where, View) and element["type"] == "static_select":
            where.typed.setdefault(block["block_id"], {})[element["action_id"]] = value
        values = where.typed if isinstance(where, View) else {}
        names = {"block_id": block["block_id"], "action_id": element["action_id"]}
        return await self._does("action", **place, **names, value=value, values=values)

    async def _does(self, deed: str, **asked: Any) -> Reply:
        before = await self.sandbox.state(self.id)
        answer = await self.sandbox.does(deed, self.id, **asked)
        await listened()
        return _reply(answer, before, await self.sandbox.state(self.id))


def _reply(answer: Json, before: Json, after: Json) -> Reply:
    known = {(one["channel"], one["ts"]): one for room in before["messages"].values() for one in room}
    fresh = [message for message in _messages(after, None) if known.get((message.channel, message.ts)) != message.raw]
    modal = _top(after) if after["modals"] != before["modals"] else None
    home = View(after["home"]) if after["home"] and after["home"] != before["home"] else None
    return Reply(raw=answer, messages=fresh, modal=modal, home=home)


def _messages(state: Json, channel: str | None) -> list[Message]:
    rooms = state["messages"].values() if channel is None else [state["messages"].get(channel, [])]
    return sorted((Message(one) for room in rooms for one in room), key=lambda message: float(message.ts))


def _top(state: Json) -> View | None:
    return View(state["modals"][-1]) if state["modals"] else None


def _seconds() -> float:
    return asyncio.get_running_loop().time()


def _object(value: Any) -> Json:
    assert isinstance(value, dict), value
    return value
