"""The parser to copy: the smallest possible sender, with rows like

    {"id": "call-1", "at": "2026-11-23T10:00:00Z", "model": "claude-opus-4-5", "input": 1200, "output": 900}

Understood: these five members; `input` is all uncached, as this sender has no cache.
Ignored on purpose: all other members of a row.
Unknown: a row that is not an object or lacks one of the five; its error names the member, and it goes to quarantine.
The key of an event is its id, so a row sent twice is a duplicate.

It is an example, so no key can be made for it: real formats are listed in `SOURCES`.
"""

import json
from datetime import datetime, timedelta
from typing import Any

import msgspec

from bot.periods import micros
from bot.refusals import SourceError
from bot.sources.cloudevents.parser import read_event
from bot.sources.labels import Notes
from bot.sources.rows import decode_loosely, split, unusable
from bot.usage import Parsed, UsageEvent

_KEPT = dict.fromkeys(("id", "at", "model", "input", "output"), True)
_OUR_NAMES = {
    "data.model": "model",
    "data.uncached_input_tokens": "input",
    "data.output_tokens": "output",
    "time ": "at ",
}


def parse(body: bytes, *, now: datetime) -> Parsed:
    """Reads a body of one row or an array of rows. A bad row does not affect the others.

    Raises Unreadable if the body is not a JSON object or array of objects.
    """
    raw_rows = split(body)
    latest = micros(now + timedelta(hours=24))
    parsed = Parsed(rows=len(raw_rows), events=[], unusable=[])
    for index, raw in enumerate(raw_rows):
        try:
            event = _read_call(raw, latest=latest)
        except SourceError as error:
            parsed.unusable.append(unusable(index, raw, str(error), _KEPT))
            continue
        if event is not None:
            parsed.events.append((index, event))
    return parsed


def _read_call(raw: bytes | msgspec.Raw, *, latest: int) -> UsageEvent | None:
    """Reads one row as a native event, whose reader checks types, bounds, times and unstorable characters.

    Its rows have no labels and no cost, so nothing is left out of them. Raises SourceError with this sender's names.
    """
    row = decode_loosely(raw)
    if not isinstance(row, dict):
        raise SourceError("the row is not an object")
    for required in ("input", "output"):
        if row.get(required) is None:
            raise SourceError(f"{required} is missing")
    try:
        return read_event(json.dumps(_native(row)).encode(), latest=latest, notes=Notes())
    except SourceError as error:
        raise SourceError(_in_our_names(str(error))) from error


def _native(row: dict[str, Any]) -> dict[str, Any]:
    data = {"model": row.get("model"), "uncached_input_tokens": row["input"], "output_tokens": row["output"]}
    return {"id": row.get("id"), "time": row.get("at"), "data": data}


def _in_our_names(sentence: str) -> str:
    for native, ours in _OUR_NAMES.items():
        if sentence.startswith(native):
            return ours + sentence.removeprefix(native)
    return sentence
