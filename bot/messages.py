"""A message for Slack: text that reads well alone, blocks, and charts that are drawn on posting."""

from dataclasses import dataclass
from typing import Any

CHART_BLOCK = "tokens_chart"
"""A placeholder block: `{"type": CHART_BLOCK, "chart": n}` becomes an image after chart n is uploaded."""

Block = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message's text, blocks and charts. `bot.charts.values` encodes the charts, and the worker draws them; a message
    is complete without them.
    """

    text: str
    blocks: tuple[Block, ...] = ()
    charts: tuple[dict[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"text": self.text, "blocks": list(self.blocks), "charts": list(self.charts)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Message":
        return cls(text=value["text"], blocks=tuple(value["blocks"]), charts=tuple(value.get("charts", ())))


def with_images(message: Message, file_ids: tuple[str, ...]) -> list[Block]:
    """Returns the blocks with each chart placeholder replaced by its uploaded image, or removed if it has none."""
    shown: list[Block] = []
    for block in message.blocks:
        if block["type"] != CHART_BLOCK:
            shown.append(block)
        elif block["chart"] < len(file_ids):
            alt = str(message.charts[block["chart"]].get("alt", "chart"))[:2000]
            image = {"type": "image", "slack_file": {"id": file_ids[block["chart"]]}, "alt_text": alt}
            shown.append({**image, "block_id": block["block_id"]})
    return shown
