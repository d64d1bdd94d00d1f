"""A message in Slack's API and on the page."""

import itertools
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(kw_only=True)
class Message:
    """One message. `private_to` names the only reader of an ephemeral one."""

    channel: str
    ts: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    username: str = ""
    is_bot: bool = False
    thread_ts: str | None = None
    private_to: str | None = None
    edited: bool = False
    updated_at: float | None = None
    files: list[Json] = field(default_factory=list)
    metadata: Json | None = None

    def as_slack(self, *, bot_id: str, app_id: str, team_id: str) -> Json:
        """Returns Slack's message object."""
        message: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text, "team": team_id}
        if self.is_bot:
            profile = {"id": bot_id, "app_id": app_id, "name": self.username, "deleted": False, "team_id": team_id}
            message |= {"bot_id": bot_id, "app_id": app_id, "bot_profile": profile}
        if self.blocks:
            message["blocks"] = self.blocks
        if self.thread_ts:
            message["thread_ts"] = self.thread_ts
        if self.edited:
            message["edited"] = {"user": bot_id, "ts": f"{self.updated_at or 0:.6f}"}
        if self.metadata:
            message["metadata"] = self.metadata
        return message

    def as_page(self) -> Json:
        """Returns the fields that the page draws."""
        return {
            "channel": self.channel,
            "ts": self.ts,
            "user": self.user,
            "username": self.username,
            "is_bot": self.is_bot,
            "text": self.text,
            "blocks": self.blocks,
            "thread_ts": self.thread_ts,
            "ephemeral": self.private_to is not None,
            "private_to": self.private_to,
            "edited": self.edited,
            "updated_at": self.updated_at,
            "files": self.files,
            "metadata": self.metadata,
        }


_ids = itertools.count(1)


def with_ids(blocks: list[Json]) -> list[Json]:
    """Returns blocks with an id on every block and interactive element, as Slack stores them."""
    return [_with_ids(block) for block in blocks]


def _with_ids(block: Json) -> Json:
    named = {**block, "block_id": block.get("block_id") or f"b{next(_ids)}"}
    for key in ("element", "accessory"):
        if isinstance(named.get(key), dict):
            named[key] = _acting(named[key])
    if named["type"] in ("actions", "context_actions"):
        named["elements"] = [_acting(element) for element in named["elements"]]
    return named


def _acting(element: Json) -> Json:
    if element.get("type") == "image":
        return element
    return {**element, "action_id": element.get("action_id") or f"a{next(_ids)}"}


def elements_of(blocks: list[Json]) -> list[tuple[Json, Json]]:
    """Yields every interactive element with its block."""
    elements = []
    for block in blocks:
        candidates = [block.get("element"), block.get("accessory")]
        if block.get("type") in ("actions", "context_actions"):
            candidates += block["elements"]
        elements += [(block, element) for element in candidates if isinstance(element, dict) and "action_id" in element]
    return elements
