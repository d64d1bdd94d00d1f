"""What Slack would get of a view, its texts and buttons, and the rules that everything shown obeys."""

import re
from collections.abc import Iterator
from typing import Any

from bot.messages import Message, with_images

_MENTION_OF_MANY = re.compile(r"<!(?!date\^)")
_TYPED = re.compile(r"(<|&lt;)!")


def posted(message: Message) -> dict[str, Any]:
    """A message as Slack gets it, its charts uploaded; it must obey the rules that hold for all."""
    files = tuple(f"F{number:010d}" for number in range(len(message.charts)))
    shown = {"text": message.text, "blocks": with_images(message, files)}
    obeys(shown)
    assert len(shown["blocks"]) <= 50
    assert len(message.text) < 4_000
    return shown


def obeys(surface: dict[str, Any]) -> None:
    """Raises AssertionError where a message or view breaks a rule of all views."""
    words = list(texts(surface))
    assert sum(len(text) for text in words) < 10_000
    for text in words:
        assert not _MENTION_OF_MANY.search(text), f"this would ring a channel: {text}"
        assert "!" not in _TYPED.sub("", text), f"an exclamation mark: {text}"
    ids = [block["block_id"] for block in surface["blocks"]]
    assert len(ids) == len(set(ids))
    for element in elements(surface):
        value = str(element.get("value", ""))
        assert element["type"] != "button" or re.fullmatch(r"([rw]\d+:)?\d+|q:.*", value), (
            "a button's value is an id, or a question to read"
        )
        assert element["type"] != "button" or element["accessibility_label"]
    for block in surface["blocks"]:
        inside = [element["action_id"] for element in block.get("elements", []) if "action_id" in element]
        assert len(inside) == len(set(inside)), "Slack refuses an action id twice in a block"


def texts(node: Any) -> Iterator[str]:
    """Every mrkdwn or plain text, alt text and label; plain text is shown as it is, so it is no place for mentions."""
    if isinstance(node, dict):
        is_plain = node.get("type") in ("plain_text", "raw_text")
        for key, value in node.items():
            if key in ("text", "alt_text") and isinstance(value, str):
                yield value.replace("<!", "") if is_plain or key == "alt_text" else value
            elif key != "value":
                yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


def elements(surface: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything that one can press or fill in."""
    found = []
    for block in surface["blocks"]:
        for element in (block.get("accessory"), block.get("element"), *block.get("elements", [])):
            if isinstance(element, dict) and "action_id" in element:
                found.append(element)
    return found


def buttons(surface: dict[str, Any]) -> list[str]:
    return [element["text"]["text"] for element in elements(surface) if element["type"] == "button"]


def all_text(surface: dict[str, Any]) -> str:
    return "\n".join(texts(surface))
