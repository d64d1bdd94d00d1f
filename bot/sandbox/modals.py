"""Open views: a stack of modals and a Home per person."""

import copy
import itertools
import secrets
from typing import Any

from bot.sandbox.blocks.limits import too_large, view_faults
from bot.sandbox.errors import SlackError
from bot.sandbox.messages import with_ids
from bot.sandbox.settings import SandboxSettings

Json = dict[str, Any]
MAX_OPEN = 3


class Modals:
    """Views by id, and stacks by person."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self._count = itertools.count(1)
        self._open: dict[str, list[Json]] = {}
        self._homes: dict[str, Json] = {}

    def stack(self, member: str) -> list[Json]:
        """Returns a person's modals, the visible one last."""
        return self._open.setdefault(member, [])

    def home(self, member: str) -> Json | None:
        """Returns a person's Home, if one is published."""
        return self._homes.get(member)

    def holder(self, view_id: object) -> tuple[str, Json]:
        """Returns a view and its person. Raises SlackError not_found."""
        for member, stack in self._open.items():
            for view in stack:
                if view_id in (view["id"], view["external_id"] or view["id"]):
                    return member, view
        for member, view in self._homes.items():
            if view_id == view["id"]:
                return member, view
        raise SlackError("not_found")

    def open(self, member: str, payload: Any, *, push: bool = False) -> Json:
        """Shows a modal: alone, or on top of the open ones. Raises SlackError."""
        view = self.made(payload, kind="modal")
        stack = self.stack(member)
        if not push:
            stack.clear()
        elif not stack:
            raise SlackError("not_found")
        elif len(stack) >= MAX_OPEN:
            raise SlackError("push_limit_reached")
        view["root_view_id"] = stack[0]["id"] if stack else view["id"]
        view["previous_view_id"] = stack[-1]["id"] if stack else None
        stack.append(view)
        return view

    def update(self, view_id: object, payload: Any, *, expected_hash: object = None) -> tuple[str, Json]:
        """Replaces a view's content and keeps its id. Raises SlackError not_found, hash_conflict, or a fault of the
        payload.
        """
        member, old = self.holder(view_id)
        self._same_hash(old, expected_hash)
        new = self.made(payload, kind=old["type"])
        for kept in ("id", "root_view_id", "previous_view_id"):
            new[kept] = old[kept]
        for stack in self._open.values():
            stack[:] = [new if view is old else view for view in stack]
        if self._homes.get(member) is old:
            self._homes[member] = new
        return member, new

    def publish(self, member: str, payload: Any, *, expected_hash: object = None) -> Json:
        """Sets a person's Home. Raises SlackError hash_conflict, or a fault of the payload."""
        old = self._homes.get(member)
        if old is not None:
            self._same_hash(old, expected_hash)
        view = self.made(payload, kind="home")
        if old is not None:
            view["id"] = old["id"]
        view["root_view_id"] = view["id"]
        self._homes[member] = view
        return view

    def close(self, member: str, view_id: object, *, everything: bool = False) -> list[Json]:
        """Closes a modal and those above it, or all. Returns the closed ones, top first."""
        stack = self.stack(member)
        ids = [view["id"] for view in stack]
        start = 0 if everything else ids.index(str(view_id)) if view_id in ids else len(ids)
        closed = stack[start:][::-1]
        del stack[start:]
        return closed

    def made(self, payload: Any, *, kind: str) -> Json:
        """Returns a full view object from the app's payload. Raises SlackError invalid_arguments or view_too_large."""
        faults = view_faults(payload)
        if not faults and payload["type"] != kind:
            faults = [f"must be one of: {kind} [json-pointer:/view/type]"]
        if faults:
            raise SlackError("invalid_arguments", faults)
        if too_large(payload):
            raise SlackError("view_too_large")
        view: Json = {
            "id": f"V{next(self._count):09d}",
            "team_id": self._settings.team_id,
            "app_id": self._settings.app_id,
            "app_installed_team_id": self._settings.team_id,
            "bot_id": self._settings.bot_id,
            "title": {"type": "plain_text", "text": "View Title", "emoji": True},
            "submit": None,
            "close": None,
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            "previous_view_id": None,
            "state": {"values": {}},
            "hash": f"{next(self._count)}.{secrets.token_hex(4)}",
            **copy.deepcopy(payload),
        }
        view["blocks"] = with_ids(view["blocks"])
        return view

    @staticmethod
    def _same_hash(view: Json, expected: object) -> None:
        if expected and expected != view["hash"]:
            raise SlackError("hash_conflict")
