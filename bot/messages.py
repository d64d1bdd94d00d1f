"""A message as the bot means it: text that reads well alone, blocks, and charts to be drawn when it is posted."""

from dataclasses import dataclass
from typing import Any

CHART_BLOCK = "tokens_chart"
"""A placeholder among the blocks: `{"type": CHART_BLOCK, "chart": n}` becomes an image once chart n is uploaded."""

Block = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is said. `charts` are encoded by bot.charts.values, drawn by the worker; without one the message still stands."""

    text: str
    blocks: tuple[Block, ...] = ()
    charts: tuple[dict[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"text": self.text, "blocks": list(self.blocks), "charts": list(self.charts)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Message":
        return cls(text=value["text"], blocks=tuple(value["blocks"]), charts=tuple(value.get("charts", ())))


def with_images(message: Message, file_ids: tuple[str, ...]) -> list[Block]:
    """The blocks with each chart's placeholder replaced by the image of its uploaded file, or left out if it has none."""
    shown: list[Block] = []
    for block in message.blocks:
        if block["type"] != CHART_BLOCK:
            shown.append(block)
        elif block["chart"] < len(file_ids):
            alt = str(message.charts[block["chart"]].get("alt", "chart"))[:2000]
            image = {"type": "image", "slack_file": {"id": file_ids[block["chart"]]}, "alt_text": alt}
            shown.append({**image, "block_id": block["block_id"]})
    return shown
