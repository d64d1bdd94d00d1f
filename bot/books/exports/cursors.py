"""Cursors: where an export goes on, and as of which moment, as one word that a program keeps and sends back."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

_VERSION = 1
_WORD = re.compile(r"([A-Za-z0-9_-]{1,8000}={0,2})(?:\.(\d{1,15}))?")
_MOST = 2**63


class BadCursor(ValueError):
    """A text is no cursor of this export. The text is a sentence without the field's name."""


@dataclass(frozen=True, kw_only=True)
class ExportCursor:
    """A place in an export: the last row before it, and how many rows after that one are known too."""

    name: str
    period: str
    team_id: int | None
    snapshot: str
    position: tuple[Any, ...] = ()
    passed: int = 0

    @property
    def word(self) -> str:
        """Returns the cursor as it is sent, without the rows that are passed."""
        parts = [part.hex() if isinstance(part, bytes) else part for part in self.position]
        content = [_VERSION, self.name, self.period, self.team_id, self.snapshot, parts]
        return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(text: str, *, name: str, period: str, team_id: int | None) -> ExportCursor:
    """Returns the cursor of an export. Raises BadCursor for a text that is none, or one of another export."""
    found = _WORD.fullmatch(text)
    if found is None:
        raise BadCursor("is no cursor; send one as it came in a header, and after it a dot and the rows you have")
    try:
        content = json.loads(base64.urlsafe_b64decode(found[1].rstrip("=") + "=" * (-len(found[1].rstrip("=")) % 4)))
        version, named, of_period, of_team, snapshot, parts = content
        position = _position(parts)
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise BadCursor("is no cursor; send it as it came in a header") from error
    if version != _VERSION or not isinstance(snapshot, str):
        raise BadCursor("is no cursor of this version; begin anew")
    if (named, of_period, of_team) != (name, period, team_id):
        raise BadCursor("belongs to another export, period or team; begin anew without a cursor")
    return ExportCursor(
        name=name,
        period=period,
        team_id=team_id,
        snapshot=snapshot,
        position=position,
        passed=int(found[2] or 0),
    )


def _position(parts: Any) -> tuple[Any, ...]:
    """Returns a position: nothing, a number, or a moment, a source and a key."""
    if not isinstance(parts, list) or len(parts) not in (0, 1, 3):
        raise ValueError("no position")
    for number in parts[:2]:
        if type(number) is not int or not -_MOST <= number < _MOST:
            raise ValueError("no number")
    return (*parts[:2], bytes.fromhex(parts[2])) if len(parts) == 3 else tuple(parts)
