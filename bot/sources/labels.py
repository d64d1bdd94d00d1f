"""Fields of a call that its price does not need: labels, and a reported cost. One that does not fit is cut or left out,
its call is booked, and a note says so.
"""

import math
import re
from typing import Any

from bot.unread import Unread
from bot.usage import MAX_NAME_CHARACTERS, MAX_TAGS, Note

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CUT = f"is longer than {MAX_NAME_CHARACTERS} characters: it was cut"
CLEANED = "holds characters that can't be stored: they were left out"
_NO_TEXT = "is not text: it was left out"
_MANY_TAGS = f"has more than {MAX_TAGS} tags: the others were left out"


class Notes(list[Note]):
    """What was left out of one call so far. `was_base64` is True once a native event came as bytes; `unread` says why a
    call with usage is ignored.
    """

    was_base64 = False
    unread: Unread | None = None


def storable_text(text: str) -> str:
    """Returns text without NUL characters and halves of surrogate pairs."""
    return _UNSTORABLE.sub("", text)


def label(field: str, value: Any, notes: Notes) -> str:
    """Returns a label as text that can be stored, and notes what was cut or left out. A number is read as its text."""
    if type(value) is str and len(value) <= MAX_NAME_CHARACTERS and value.isascii() and "\x00" not in value:
        plain: str = value.strip()  # most labels fit
        return plain
    if value is None:
        return ""
    if type(value) is not str:
        if not _is_number(value):
            notes.append(Note(field, _NO_TEXT))
            return ""
        value = str(value)
    if len(value) > MAX_NAME_CHARACTERS:
        value = value[:MAX_NAME_CHARACTERS]
        notes.append(Note(field, _CUT))
    if (not value.isascii() or "\x00" in value) and _UNSTORABLE.search(value):
        value = storable_text(value)
        notes.append(Note(field, CLEANED))
    stripped: str = value.strip()
    return stripped


def tag_list(field: str, value: Any, notes: Notes) -> list[str]:
    """Returns tags as labels; those of an object as `key:value`, a single text as one tag. Notes each fault once."""
    listed = value
    if isinstance(value, str):
        listed = [value]
    elif isinstance(value, dict):
        listed = [f"{key}:{text}" if isinstance(text, str) or _is_number(text) else None for key, text in value.items()]
    elif not isinstance(value, list | tuple):
        if value is not None:
            notes.append(Note(field, _NO_TEXT))
        return []
    if len(listed) > MAX_TAGS:
        notes.append(Note(field, _MANY_TAGS))
    found = Notes()
    labels = [label(field, tag if tag is not None else [], found) for tag in listed[:MAX_TAGS]]
    notes += (Note(field, f"has a tag that {note.fault}") for note in dict.fromkeys(found))
    return [text for text in labels if text]


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 10**60 if isinstance(value, int) else math.isfinite(value)
