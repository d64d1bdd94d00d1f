"""Canvases: documents in the tabs of channels."""

import itertools
from dataclasses import dataclass
from typing import Any

from bot.sandbox.errors import SlackError

Json = dict[str, Any]
MOST_CHARACTERS = 1_048_576
"""Slack's limit of a canvas's Markdown."""


@dataclass(kw_only=True)
class Canvas:
    """A document of the app, in the tab of a channel if it has one. `access` is what the channel's members may do."""

    id: str
    channel: str
    title: str
    markdown: str
    updated: float
    access: str = "write"
    edits: int = 0

    def as_tab(self) -> Json:
        """Returns the tab in Slack's conversation object."""
        data = {"file_id": self.id, "shared_ts": f"{self.updated:.6f}"}
        return {"id": f"Ct{self.id[1:]}", "type": "canvas", "label": self.title, "data": data}

    def as_page(self) -> Json:
        """Returns the fields that the page shows."""
        return {"id": self.id, "title": self.title, "markdown": self.markdown, "access": self.access}


class Canvases:
    """All canvases by id."""

    def __init__(self) -> None:
        self._canvases: dict[str, Canvas] = {}
        self._count = itertools.count(1)

    def create(self, *, channel: str, title: str, markdown: str, now: float) -> Canvas:
        """Adds a canvas."""
        canvas = Canvas(
            id=f"F0CANVAS{next(self._count):04d}", channel=channel, title=title, markdown=markdown, updated=now
        )
        self._canvases[canvas.id] = canvas
        return canvas

    def find(self, canvas_id: object) -> Canvas:
        """Returns a canvas. Raises SlackError canvas_not_found."""
        canvas = self._canvases.get(str(canvas_id))
        if canvas is None:
            raise SlackError("canvas_not_found")
        return canvas

    def delete(self, canvas_id: object) -> Canvas:
        """Removes a canvas, as a person may in Slack too."""
        return self._canvases.pop(self.find(canvas_id).id)

    def of(self, channel: str) -> list[Canvas]:
        """Returns the canvases in a channel's tabs."""
        return [canvas for canvas in self._canvases.values() if canvas.channel == channel]


def markdown_of(content: Any) -> str:
    """Returns the Markdown of a document_content. Raises SlackError invalid_arguments."""
    if (
        not isinstance(content, dict)
        or content.get("type") != "markdown"
        or not isinstance(content.get("markdown"), str)
    ):
        raise SlackError("invalid_arguments", ["document_content must be {type: markdown, markdown: string}"])
    text: str = content["markdown"]
    if len(text) > MOST_CHARACTERS:
        raise SlackError("invalid_arguments", ["document_content is too long"])
    return text
