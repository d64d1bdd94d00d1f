"""A message for Slack: text that reads well alone, blocks, charts that are drawn on posting, and files shared with it."""

import base64
import zlib
from dataclasses import dataclass
from typing import Any

CHART_BLOCK = "tokens_chart"
"""A placeholder block: `{"type": CHART_BLOCK, "chart": n}` becomes an image after chart n is uploaded."""

Block = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message's text, blocks, charts and files. `bot.charts.values` encodes the charts, and the worker draws them; a
    message is complete without them.

    A file is `{"name": …, "kind": …}` with its content: `text_file` makes one of a text, `bot.charts.pages` one of a page.
    Files are shared below the message.
    """

    text: str
    blocks: tuple[Block, ...] = ()
    charts: tuple[dict[str, Any], ...] = ()
    files: tuple[dict[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        files = {"files": list(self.files)} if self.files else {}
        return {"text": self.text, "blocks": list(self.blocks), "charts": list(self.charts), **files}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Message":
        charts, files = value.get("charts", ()), value.get("files", ())
        return cls(text=value["text"], blocks=tuple(value["blocks"]), charts=tuple(charts), files=tuple(files))


TEXT_FILE = "text"


def text_file(name: str, text: str) -> dict[str, Any]:
    """Returns a file of text for a message, packed."""
    packed = base64.b64encode(zlib.compress(text.encode("utf-8", "surrogatepass"), 9)).decode()
    return {"name": name, "kind": TEXT_FILE, "packed": packed}


def text_of_file(stored: dict[str, Any]) -> bytes:
    """Returns the bytes of a file that `text_file` made."""
    return zlib.decompress(base64.b64decode(stored["packed"]))


def with_images(message: Message, file_ids: tuple[str, ...]) -> list[Block]:
    """Returns the blocks with each chart placeholder replaced by its uploaded image, or by the chart's words if it has none."""
    shown: list[Block] = []
    for block in message.blocks:
        if block["type"] != CHART_BLOCK:
            shown.append(block)
            continue
        alt = str(message.charts[block["chart"]].get("alt") or "chart")[:2000]
        if block["chart"] < len(file_ids):
            image = {"type": "image", "slack_file": {"id": file_ids[block["chart"]]}, "alt_text": alt}
            shown.append({**image, "block_id": block["block_id"]})
        else:
            words = {"type": "plain_text", "text": alt, "emoji": False}
            shown.append({"type": "context", "elements": [words], "block_id": f"{block['block_id']}-words"})
    return shown
