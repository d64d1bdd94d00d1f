"""Uploaded files: Slack's three steps, and the delay until a new file can be shown."""

import itertools
import math
import mimetypes
from dataclasses import dataclass
from typing import Any

from bot.sandbox.errors import SlackError
from bot.sandbox.events.triggers import real_seconds

Json = dict[str, Any]
PROCESSING_SECONDS = 0.3  # Slack processes an upload after it answers ok; until then blocks reject the file
LARGEST_BYTES = 50_000_000
ALT_CHARACTERS = 1_000


@dataclass(kw_only=True)
class File:
    """A file. `ready_from` is the loop time from which it can be shown after the upload is complete."""

    id: str
    name: str
    length: int
    created: int
    user: str
    alt_txt: str = ""
    title: str = ""
    content: bytes = b""
    ready_from: float = math.inf

    @property
    def is_ready(self) -> bool:
        """Returns whether Slack has processed it."""
        return real_seconds() >= self.ready_from

    @property
    def mimetype(self) -> str:
        """Returns the type by the file's name."""
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    def as_slack(self, base_url: str) -> Json:
        """Returns Slack's file object; the type stays empty until the file is processed."""
        kind = self.name.rpartition(".")[2].lower()
        return {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mimetype if self.is_ready else "",
            "filetype": kind if self.is_ready else "",
            "user": self.user,
            "size": len(self.content),
            "mode": "hosted",
            "is_external": False,
            "is_public": False,
            "alt_txt": self.alt_txt,
            "url_private": f"{base_url}/files/{self.id}",
            "permalink": f"{base_url}/files/{self.id}",
        }

    def as_page(self) -> Json:
        """Returns the fields that the page shows."""
        return {
            "id": self.id,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mimetype,
            "size": len(self.content),
            "url_private": f"/files/{self.id}",
            "alt_txt": self.alt_txt,
        }


class Files:
    """All uploads by id."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}
        self._count = itertools.count(1)
        self.processing_seconds = PROCESSING_SECONDS  # tests may change it

    def announce(self, *, name: str, length: int, alt_txt: str, user: str, now: float) -> File:
        """Runs step one and returns the file with its upload address."""
        if length <= 0 or length > LARGEST_BYTES or len(alt_txt) > ALT_CHARACTERS:
            raise SlackError("invalid_arguments")
        file = File(
            id=f"F{next(self._count):010d}", name=name, length=length, alt_txt=alt_txt, user=user, created=int(now)
        )
        self._files[file.id] = file
        return file

    def complete(self, file_id: object, title: str) -> File:
        """Runs step three, after the bytes arrived. Raises SlackError file_not_found without them."""
        file = self.find(file_id)
        if not file.content:
            raise SlackError("file_not_found")
        file.title = title
        file.ready_from = real_seconds() + self.processing_seconds
        return file

    def find(self, file_id: object) -> File:
        """Returns a file. Raises SlackError file_not_found."""
        file = self._files.get(str(file_id))
        if file is None:
            raise SlackError("file_not_found")
        return file

    def faults(self, node: Any, pointer: str = "/blocks") -> list[str]:
        """Returns the slack_file references in blocks that Slack cannot show yet."""
        if isinstance(node, list):
            return [fault for i, item in enumerate(node) for fault in self.faults(item, f"{pointer}/{i}")]
        if not isinstance(node, dict):
            return []
        faults = [fault for key, value in node.items() for fault in self.faults(value, f"{pointer}/{key}")]
        reference = node.get("slack_file")
        if isinstance(reference, dict):
            file_id = reference.get("id") or str(reference.get("url", "")).rpartition("/")[2]
            file = self._files.get(file_id)
            if file is None or not file.is_ready or not file.mimetype.startswith("image/"):
                faults.append(f"invalid slack file [json-pointer:{pointer}/slack_file]")
        return faults

    def is_too_early(self, node: Any) -> bool:
        """Returns whether blocks show a file that was uploaded but is still processed: Slack refuses them for a moment."""
        if isinstance(node, list):
            return any(self.is_too_early(item) for item in node)
        if not isinstance(node, dict):
            return False
        reference = node.get("slack_file")
        if isinstance(reference, dict):
            file = self._files.get(reference.get("id") or str(reference.get("url", "")).rpartition("/")[2])
            if file is not None and not file.is_ready:
                return True
        return any(self.is_too_early(value) for value in node.values())
