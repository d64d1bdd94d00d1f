"""The page's requests as JSON: /page/state, and actions of the selected person."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from bot.sandbox.errors import SlackError
from bot.sandbox.events import channels, commands, interactions, shortcuts
from bot.sandbox.events.dispatch import AppReply, Dispatch
from bot.sandbox.events.mentions import as_client_sends, message_event
from bot.sandbox.messages import Message
from bot.sandbox.methods.web_api import decoded
from bot.sandbox.page import terminal
from bot.sandbox.page.state import person, whole_state
from bot.sandbox.rooms import Room
from bot.sandbox.settings import Member
from bot.sandbox.workspace import Workspace

Json = dict[str, Any]


class Page:
    """The page's routes. Every action takes the page's JSON and returns a result for it."""

    def __init__(self, workspace: Workspace, dispatch: Dispatch) -> None:
        self._workspace = workspace
        self._dispatch = dispatch
        self._deeds: dict[str, Callable[[Member, Json], Awaitable[Json]]] = {
            "command": self.command,
            "message": self.message,
            "action": self.action,
            "shortcut": self.shortcut,
            "submit": self.submit,
            "close": self.close,
            "home": self.home,
            "read": self.read,
            "control": self.control,
            "terminal": self.terminal,
            "channel": self.channel,
            "event": self.event,
            "status": self.status,
        }

    async def show_state(self, request: Request) -> Response:
        """Answers GET /page/state."""
        try:
            member = self._member(request.query_params.get("as") or self._workspace.settings.acting)
        except SlackError as no:
            return JSONResponse({"ok": False, "error": no.name})
        return JSONResponse(whole_state(self._workspace, member))

    async def stream(self, request: Request) -> Response:
        """Answers GET /page/events."""
        try:
            member = self._member(request.query_params.get("as") or self._workspace.settings.acting)
        except SlackError as no:
            return JSONResponse({"ok": False, "error": no.name}, status_code=404)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        frames = self._workspace.feed.listen(member.id)
        return StreamingResponse(frames, media_type="text/event-stream", headers=headers)

    async def do(self, request: Request) -> Response:
        """Answers POST /page/<action>."""
        # A form on another site cannot send this type without a preflight request.
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return JSONResponse({"ok": False, "error": "Send JSON."}, status_code=415)
        deed = self._deeds.get(request.path_params["deed"])
        if deed is None:
            return JSONResponse({"ok": False, "error": "unknown deed"}, status_code=404)
        try:
            body = decoded(await request.body(), "invalid_json")
            if not isinstance(body, dict):
                raise SlackError("json_not_object")
            member = self._member(body.get("as") or self._workspace.settings.acting)
            return JSONResponse(await deed(member, body))
        except SlackError as no:
            return JSONResponse(no.as_answer())

    async def command(self, member: Member, body: Json) -> Json:
        """Runs a slash command."""
        room = self._writable_room(member, body.get("channel"))
        return _result(
            await commands.run_command(self._workspace, self._dispatch, member, room, str(body.get("text") or ""))
        )

    async def message(self, member: Member, body: Json) -> Json:
        """Posts a person's message."""
        room = self._writable_room(member, body.get("channel"))
        text = str(body.get("text") or "").strip()
        if not text:
            raise SlackError("no_text")
        if text.startswith("/"):
            return {"ok": False, "error": f"{text.split()[0]} is not a command of this workspace."}
        message = Message(
            channel=room.id,
            ts=self._workspace.new_ts(),
            user=member.id,
            username=member.name,
            text=as_client_sends(self._workspace, text),
            thread_ts=body.get("thread_ts") or None,
        )
        shown = self._workspace.put(message).as_page()
        event = message_event(self._workspace, room, message)
        return {"ok": True, "message": shown, **({} if event is None else _result(await self._dispatch.event(event)))}

    async def action(self, member: Member, body: Json) -> Json:
        """Sends a click or choice in a message or a view."""
        workspace = self._workspace
        if body.get("view_id"):
            view = self._own_view(member, body["view_id"])
            return _clicked(await interactions.act_on_view(workspace, self._dispatch, member, view, body))
        message = self._seen_message(member, body)
        return _clicked(await interactions.act_on_message(workspace, self._dispatch, member, message, body))

    async def shortcut(self, member: Member, body: Json) -> Json:
        """Runs a shortcut: of the message at `ts`, or a global one without it."""
        workspace, kind = self._workspace, "message" if body.get("ts") else "global"
        shortcut = shortcuts.shortcut_named(workspace, body.get("id"), kind=kind)
        if kind == "global":
            return _clicked(await shortcuts.run_global(workspace, self._dispatch, member, shortcut))
        message = self._seen_message(member, body)
        if message.private_to:  # Slack's menu of an ephemeral message has no shortcuts
            raise SlackError("message_not_found")
        return _clicked(await shortcuts.run_on_message(workspace, self._dispatch, member, shortcut, message))

    async def submit(self, member: Member, body: Json) -> Json:
        """Submits the top modal."""
        view = self._own_view(member, body.get("view_id"))
        answer = await interactions.submit(self._workspace, self._dispatch, member, view, body.get("values"))
        return {**answer, "modals": self._workspace.modals.stack(member.id)}

    async def close(self, member: Member, body: Json) -> Json:
        """Closes one modal, or all."""
        view = self._own_view(member, body.get("view_id"))
        await interactions.close(self._workspace, self._dispatch, member, view, everything=bool(body.get("all")))
        return {"ok": True, "modals": self._workspace.modals.stack(member.id)}

    async def home(self, member: Member, body: Json) -> Json:
        """Opens the app's Home."""
        room = self._workspace.direct(member.id)
        event = {"type": "app_home_opened", "user": member.id, "channel": room.id, "tab": body.get("tab") or "home"}
        view = self._workspace.modals.home(member.id)
        delivery = await self._dispatch.event({**event, "view": view} if view else event)
        self._workspace.steps.happened("home")
        return {**_result(delivery), "home": self._workspace.modals.home(member.id)}

    async def read(self, member: Member, body: Json) -> Json:
        """Marks a room as read."""
        room = self._seen_room(member, body.get("channel"))
        if room.unread(member.id):
            room.last_read[member.id] = self._workspace.new_ts()
            self._workspace.feed.tell("channels", self._workspace.room_lists(member.id), to={member.id})
        return {"ok": True}

    async def control(self, member: Member, body: Json) -> Json:
        """Presses one of the buttons beside the chat."""
        for control in self._workspace.settings.controls:
            if control.id == body.get("id"):
                answer = await terminal.press(self._workspace, self._dispatch, control)
                shown = self._workspace.rooms.get(str(answer.get("channel")))
                if shown is None or not self._workspace.can_see(member.id, shown):
                    answer.pop("channel", None)
                return answer
        return {"ok": False, "error": "There is no such button."}

    async def terminal(self, member: Member, body: Json) -> Json:
        """Runs a line of the terminal."""
        shown = self._workspace.settings.terminal
        index = body.get("index")
        if shown is None or not isinstance(index, int) or not 0 <= index < len(shown.commands):
            return {"ok": False, "error": "There is no such command."}
        return await terminal.run(self._workspace, self._dispatch, shown, index)

    async def channel(self, member: Member, body: Json) -> Json:
        """Archives, renames, shares, joins or leaves a channel."""
        room = self._workspace.room(body.get("id"))
        change, name = str(body.get("change")), str(body.get("name") or "")
        return _result(
            await channels.change_channel(self._workspace, self._dispatch, member, room, change=change, name=name)
        )

    async def event(self, member: Member, body: Json) -> Json:
        """Sends any event to the app."""
        if not isinstance(body.get("event"), dict):
            raise SlackError("invalid_arguments")
        return _result(await self._dispatch.event(body["event"]))

    async def status(self, member: Member, body: Json) -> Json:
        """Sets the person's status, or clears it; `days` says when it ends."""
        text, emoji, days = (body.get(key) for key in ("text", "emoji", "days"))
        if not isinstance(text, str) or not isinstance(emoji, str) or not isinstance(days, int):
            raise SlackError("invalid_arguments")
        ends = int(self._workspace.now()) + days * 86_400 if days else 0
        set_to = replace(member, status_text=text[:100], status_emoji=emoji[:100], status_expiration=ends)
        self._workspace.members[member.id] = set_to
        return {"ok": True, "person": person(set_to)}

    def _member(self, member_id: object) -> Member:
        member = self._workspace.member(member_id)
        if member.is_bot:
            raise SlackError("user_not_found")
        return member

    def _seen_room(self, member: Member, channel: object) -> Room:
        room = self._workspace.rooms.get(str(channel))
        if room is None or not self._workspace.can_see(member.id, room):
            raise SlackError("channel_not_found")
        return room

    def _seen_message(self, member: Member, body: Json) -> Message:
        message = self._seen_room(member, body.get("channel")).find(body.get("ts"))
        if message is None or message.private_to not in (None, member.id):
            raise SlackError("message_not_found")
        return message

    def _writable_room(self, member: Member, channel: object) -> Room:
        room = self._seen_room(member, channel)
        if member.id not in room.members:
            raise SlackError("not_in_channel")
        if room.is_archived:
            raise SlackError("is_archived")
        return room

    def _own_view(self, member: Member, view_id: object) -> Json:
        holder, view = self._workspace.modals.holder(view_id)
        if holder != member.id:
            raise SlackError("not_found")
        return view


def _clicked(delivery: AppReply) -> Json:
    """Returns the result of a click, with a sentence for the page if the app rejected it."""
    result = _result(delivery)
    if delivery.error:
        result["error"] = f"That didn’t work: the app did not answer ({delivery.error})."
    return result


def _result(delivery: AppReply) -> Json:
    answer: Json = {"ok": delivery.error is None, "status": delivery.status}
    return answer | ({"error": delivery.error} if delivery.error else {})
