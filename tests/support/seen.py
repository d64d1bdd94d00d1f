"""What people see in the sandbox: messages, modals and Home, and what came of a deed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


def texts(node: Any) -> Iterator[str]:
    """Every text a person reads below a JSON value, in order."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key in ("text", "alt_text", "caption", "title", "label", "name") and isinstance(value, str):
                yield value
            elif key not in ("type", "block_id", "action_id", "value", "private_metadata"):
                yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


@dataclass(frozen=True)
class Surface:
    """Something with blocks: a message, a modal or a Home. `raw` is its JSON."""

    raw: Json

    @property
    def blocks(self) -> list[Json]:
        return self.raw.get("blocks") or []

    def text_everywhere(self) -> str:
        """All words on it, line by line."""
        return "\n".join(
            [*texts({"title": self.raw.get("title")}), str(self.raw.get("text") or ""), *texts(self.blocks)]
        )

    def elements(self) -> list[tuple[Json, Json]]:
        """Every interactive element with its block."""
        found = []
        for block in self.blocks:
            inside = block.get("elements", []) if block["type"] in ("actions", "context_actions") else []
            for element in (block.get("element"), block.get("accessory"), *inside):
                if isinstance(element, dict) and "action_id" in element:
                    found.append((block, element))
        return found

    def buttons(self) -> list[str]:
        """The words on its buttons."""
        return [element["text"]["text"] for _, element in self.elements() if element["type"] == "button"]

    def choices(self) -> list[str]:
        """The words of the options in its menus."""
        return [option["text"]["text"] for _, element in self.elements() for option in options_of(element)]

    def find(self, wanted: str) -> tuple[Json, Json]:
        """The element with these words, action id, block id or label. Raises AssertionError with what there is."""
        for block, element in self.elements():
            label = (block.get("label") or {}).get("text", "")
            words = (element.get("text") or {}).get("text", "")
            if (
                wanted in (words, element["action_id"], block["block_id"])
                or wanted.casefold() == label.casefold() != ""
            ):
                return block, element
        known = [(e.get("text", {}).get("text") or e["action_id"], b["block_id"]) for b, e in self.elements()]
        raise AssertionError(f"no {wanted!r} here; there are {known}")


class Message(Surface):
    """A message as one person sees it."""

    @property
    def channel(self) -> str:
        return str(self.raw["channel"])

    @property
    def ts(self) -> str:
        return str(self.raw["ts"])

    @property
    def text(self) -> str:
        return str(self.raw["text"])

    @property
    def is_ephemeral(self) -> bool:
        return bool(self.raw["ephemeral"])


@dataclass(frozen=True)
class View(Surface):
    """A modal or Home; `typed` is what the person has filled in so far, by block id and action id."""

    typed: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.raw["id"])

    @property
    def title(self) -> str:
        return str((self.raw.get("title") or {}).get("text", ""))


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came of a deed: how the app answered, and what the person then saw."""

    raw: Json
    messages: list[Message]
    modal: View | None
    home: View | None

    @property
    def ok(self) -> bool:
        return bool(self.raw["ok"])

    @property
    def status(self) -> int | None:
        return self.raw.get("status")

    @property
    def error(self) -> str | None:
        return self.raw.get("error")

    @property
    def errors(self) -> dict[str, str]:
        """A form's errors by block id."""
        return self.raw.get("errors") or {}

    @property
    def closed(self) -> bool:
        """Whether the submitted modal closed."""
        return bool(self.raw.get("closed"))

    @property
    def ephemeral(self) -> list[Message]:
        """The new messages that only this person sees."""
        return [message for message in self.messages if message.is_ephemeral]

    @property
    def message(self) -> Message:
        """The newest message. Raises AssertionError when there is none."""
        assert self.messages, f"nothing was said; the answer was {self.raw}"
        return self.messages[-1]

    @property
    def text(self) -> str:
        """The fallback texts of all new messages."""
        return "\n".join(message.text for message in self.messages)

    @property
    def blocks(self) -> list[Json]:
        return [block for message in self.messages for block in message.blocks]

    def text_everywhere(self) -> str:
        """All words of all new messages, and of the modal."""
        return "\n".join(shown.text_everywhere() for shown in (*self.messages, self.modal) if shown)


def options_of(element: Json) -> list[Json]:
    """An element's options, those in groups included."""
    groups = element.get("option_groups") or []
    return [*(element.get("options") or []), *(option for group in groups for option in group["options"])]
