"""The limits of messages and views: block shapes, counts and lengths. Each fault has a pointer."""

import json
from collections.abc import Iterator
from typing import Any

from bot.sandbox.blocks.elements import CHOICES, CONTEXT_ACTIONS, IMAGE, INPUTS, plain, text
from bot.sandbox.blocks.figures import FIGURES
from bot.sandbox.blocks.shapes import Shape, all_of, anything, at, boolean, by_type, items, one_of, record, string

MESSAGE_CHARACTERS = 13_200  # of all texts in a message's blocks; undocumented, seen in slackapi/bolt-js#2509
VIEW_BYTES = 250_000
TEXT_CHARACTERS = 40_000
METADATA_BYTES = 8_000  # more than an app should ever send; Slack's own answer is metadata_too_large

_id = {"block_id": string(255, least=1)}
_image_fields = {"title": plain(2000), **_id}


def _image_block(value: Any, pointer: str) -> Iterator[str]:
    inner = {k: v for k, v in value.items() if k not in _image_fields}
    yield from IMAGE(inner, pointer)
    yield from record({}, {**_image_fields, **dict.fromkeys(inner, anything)})(value, pointer)


def _section_says_something(value: Any, pointer: str) -> Iterator[str]:
    if isinstance(value, dict) and "text" not in value and "fields" not in value:
        yield at("missing required field: text", pointer)


def _unique_action_ids(value: Any, pointer: str) -> Iterator[str]:
    elements = value.get("elements") if isinstance(value, dict) else None
    ids = [e["action_id"] for e in elements or [] if isinstance(e, dict) and e.get("action_id")]
    if len(ids) != len(set(ids)):
        yield at("action_id must be unique within a block", f"{pointer}/elements")


EVERYWHERE: dict[str, Shape] = {
    "section": all_of(
        record(
            {},
            {
                "text": text(3000),
                "fields": items(text(2000), most=10),
                "accessory": by_type({**CHOICES, "image": IMAGE}),
                "expand": boolean,
                **_id,
            },
        ),
        _section_says_something,
    ),
    "header": record({"text": plain(150)}, _id),
    "divider": record({}, _id),
    "image": _image_block,
    "context": record(
        {"elements": items(by_type({"image": IMAGE, "plain_text": plain(3000), "mrkdwn": text(3000)}), most=10)}, _id
    ),
    "actions": all_of(record({"elements": items(by_type(CHOICES), most=25)}, _id), _unique_action_ids),
    "rich_text": record({"elements": items(anything, most=1000)}, _id),
    "video": record(
        dict.fromkeys(("alt_text", "thumbnail_url", "title", "video_url"), anything),
        dict.fromkeys(("author_name", "description", "provider_icon_url", "provider_name", "title_url"), anything)
        | _id,
    ),
}
INPUT_BLOCK = record(
    {"label": plain(2000), "element": by_type(INPUTS)},
    {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean, **_id},
)
ALERT = record({"text": text(3000)}, {"level": one_of("default", "info", "warning", "error", "success"), **_id})
MESSAGE = {
    **EVERYWHERE,
    **FIGURES,
    "context_actions": record({"elements": items(by_type(CONTEXT_ACTIONS), most=5)}, _id),
    "markdown": record({"text": string(12_000, least=1)}, _id),
    "input": INPUT_BLOCK,
}
HOME = {**EVERYWHERE, "input": INPUT_BLOCK}
MODAL = {**HOME, "alert": ALERT}


def message_faults(blocks: Any) -> list[str]:
    """Returns the faults of a message's blocks, except their total length."""
    faults = list(items(by_type(MESSAGE), least=0, most=50)(blocks, "/blocks"))
    faults += _repeated_block_ids(blocks)
    kinds = [block.get("type") for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    if kinds.count("data_visualization") > 2:
        faults.append(at("no more than 2 data_visualization blocks allowed", "/blocks"))
    if kinds.count("table") > 1:
        faults.append(at("only one table allowed", "/blocks"))
    return faults


def view_faults(view: Any) -> list[str]:
    """Returns the faults of a modal or Home view."""
    kind = view.get("type") if isinstance(view, dict) else None
    if kind not in ("modal", "home"):
        return [at("must be one of: modal, home", "/view/type")]
    optional: dict[str, Shape] = {
        "private_metadata": string(3000),
        "callback_id": string(255),
        "external_id": string(255),
    }
    required: dict[str, Shape] = {"blocks": items(by_type(MODAL if kind == "modal" else HOME), least=0, most=100)}
    if kind == "modal":
        required["title"] = plain(24)
        optional |= {"submit": plain(24), "close": plain(24), "clear_on_close": boolean, "notify_on_close": boolean}
        optional["submit_disabled"] = boolean
    faults = list(record(required, optional)(view, "/view"))
    blocks = view.get("blocks")
    faults += _repeated_block_ids(blocks)
    has_input = isinstance(blocks, list) and any(isinstance(b, dict) and b.get("type") == "input" for b in blocks)
    if kind == "modal" and has_input and "submit" not in view:
        faults.append(at("a submit button is required when a modal has input blocks", "/view/submit"))
    return faults


def too_long(blocks: Any) -> bool:
    """Returns whether a message's blocks exceed Slack's total text length."""
    return sum(len(words) for words in texts(blocks)) > MESSAGE_CHARACTERS


def too_large(view: Any) -> bool:
    """Returns whether a view is over 250 kB."""
    return len(json.dumps(view, ensure_ascii=False).encode("utf-8", "replace")) > VIEW_BYTES


def texts(node: Any) -> Iterator[str]:
    """Yields every `text` string below a JSON value."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "text" and isinstance(value, str):
                yield value
            else:
                yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


def _repeated_block_ids(blocks: Any) -> list[str]:
    if not isinstance(blocks, list):
        return []
    ids = [block["block_id"] for block in blocks if isinstance(block, dict) and block.get("block_id")]
    return [at("block_id must be unique", "/blocks")] if len(ids) != len(set(map(str, ids))) else []
