"""Attributes that hold JSON, or Python's way of writing it: their listed members become facts, and the text is dropped."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from bot.sources.otlp.producers.profile import Profile
from bot.sources.otlp.records import Record, keep_fact

_LONGEST = 16 * 1024
_JSONS_WORDS = {"'": '"', "None": "null", "True": "true", "False": "false"}
_PYTHONS_WORDS = re.compile(r"'|\b(?:None|True|False)\b")
_json = msgspec.json.Decoder()


def read_texts(record: Record, profile: Profile) -> None:
    """Replaces a record's texts by the facts of their members that the profile lists."""
    for attribute, members in profile.texts.items():
        given = record.facts.pop(attribute, None)
        found = _decoded(given.value) if given is not None and isinstance(given.value, str) else None
        for path, name in members:
            value = _member(found, path)
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                keep_fact(record.facts, name, value, profile.reads)


def _decoded(text: str) -> Any:
    if len(text) > _LONGEST:
        return None
    if text.startswith("{'"):
        text = _PYTHONS_WORDS.sub(lambda found: _JSONS_WORDS[found[0]], text)
    try:
        return _json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def _member(found: Any, path: str) -> Any:
    """Returns the member at a path. In a list it is the object that has the name as one of its values."""
    for name in path.split("."):
        if isinstance(found, list):
            found = next((entry for entry in found if isinstance(entry, Mapping) and name in entry.values()), None)
        else:
            found = found.get(name) if isinstance(found, Mapping) else None
    return found
