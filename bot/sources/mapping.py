"""Senders with their own member names, mapped by paths such as `properties.model`.

A shape has a format's usual paths; a source's mapping (native name → path) overrides them. The result is checked as a
native event, and faults name the sender's own member.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

import msgspec

from bot.money import nanos_from_decimal
from bot.periods import MICROS, micros, moment
from bot.refusals import SourceError
from bot.sources.cloudevents.parser import read_event
from bot.sources.fields import latest_at
from bot.sources.labels import Notes
from bot.sources.rows import TAGS, decode_loosely, leave_ignored, unusable
from bot.units import UNITS, Units
from bot.usage import COUNTERS, PARTS, Note, Parsed, UsageEvent, digest

TEXTS = (
    *("provider", "model", "tool", "workflow", "user", "team", "credential", "user_agent", "operation"),
    *("service_tier", "inference_geo", "region"),
)
COUNTS = (*(f"{counter}_tokens" for counter in (*COUNTERS, *PARTS)), "input_tokens", "cache_write_tokens")
NATIVE = ("id", "source", "time", *TEXTS, "tags", *COUNTS, *UNITS, "cost_usd", "cost_cents")
"""The names that a mapping can set: those of a native event, and a cost in cents."""

Path = tuple[str, ...]
JsonRow = dict[str, Any]
_PATH = re.compile(r"[^\s.=]{1,64}(\.[^\s.=]{1,64}){0,7}")
_SECONDS = re.compile(r"\d{1,10}(\.\d{1,12})?")
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,15})?")
_NAMED = re.compile(r"\bdata\.(\w+)|^(id|source|time)\b")
_NOTHING_TO_BOOK = "data has neither tokens nor cost_usd"


def _nothing_more(_row: JsonRow, _data: JsonRow) -> None:
    """Completes nothing, for formats whose paths cover everything."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A format's usual paths; the first path with a value wins.

    `complete` adds to `data` what paths can't express, from the row, and may raise SourceError; quarantine keeps the
    members it reads (`also_kept`). With `may_lack_time`, a row without a time happened on arrival, and its fingerprint
    leaves the time out.
    """

    paths: Mapping[str, tuple[str, ...]]
    also_kept: tuple[str, ...] = ()
    may_lack_time: bool = False
    complete: Callable[[JsonRow, JsonRow], None] = field(default=_nothing_more)

    def __hash__(self) -> int:
        return id(self)


def path_fault(native: str, path: str) -> str | None:
    """Returns the fault of a line of a mapping, or None."""
    if native not in NATIVE:
        return f"{native!r} is no name of a usage event; there are: {', '.join(NATIVE)}"
    if not _PATH.fullmatch(path):
        return f"{path!r} is no path like properties.model: names with dots between, at most eight"
    return None


class _Paths:
    """The paths of one source, and the members that quarantine keeps of its rows."""

    def __init__(self, shape: Shape, mapping: Mapping[str, str]) -> None:
        known = {**shape.paths, **{native: (path,) for native, path in mapping.items()}}
        self.of: dict[str, tuple[Path, ...]] = {
            native: tuple(tuple(path.split(".")) for path in paths) for native, paths in known.items()
        }
        self.kept: dict[str, Any] = {}
        for native, path in (
            *((native, path) for native, paths in self.of.items() for path in paths),
            *(("", tuple(k.split("."))) for k in shape.also_kept),
        ):
            within = self.kept
            for member in path[:-1]:
                if not isinstance(within.get(member), dict):
                    within[member] = {}
                within = within[member]
            within.setdefault(path[-1], TAGS if native == "tags" else True)

    def find(self, row: JsonRow, native: str) -> tuple[str, Any]:
        """Returns the path of a native name in a row and its value; the first path and None if there is no value."""
        paths = self.of.get(native, ())
        for path in paths:
            value: Any = row
            for member in path:
                value = value.get(member) if isinstance(value, dict) else None
            if value is not None and value != "":
                return ".".join(path), value
        return ".".join(paths[0]) if paths else native, None


@lru_cache(maxsize=1_000)
def _paths(shape: Shape, mapping: tuple[tuple[str, str], ...]) -> _Paths:
    return _Paths(shape, dict(mapping))


def read_rows(
    raw_rows: Sequence[bytes | msgspec.Raw], shape: Shape, *, mapping: Mapping[str, str], now: datetime
) -> Parsed:
    """Reads the rows of one format. A bad row does not affect the others."""
    latest, paths = latest_at(now), _paths(shape, tuple(sorted(mapping.items())))
    parsed = Parsed(rows=len(raw_rows), events=[], unusable=[])
    for index, raw in enumerate(raw_rows):
        notes = Notes()
        try:
            event = _read_row(raw, shape, paths, now=now, latest=latest, notes=notes)
        except SourceError as error:
            parsed.unusable.append(unusable(index, raw, str(error), paths.kept))
            continue
        if event is None:
            leave_ignored(parsed, index, notes, partial(bytes, raw), paths.kept)
        else:
            parsed.book_with_notes(index, event, notes, partial(unusable, index, raw, keep=paths.kept))
    parsed.rows -= parsed.ignored
    return parsed


def _read_row(
    raw: bytes | msgspec.Raw, shape: Shape, paths: _Paths, *, now: datetime, latest: int, notes: Notes
) -> UsageEvent | None:
    row = decode_loosely(raw)
    if not isinstance(row, dict):
        raise SourceError("the row is not an object")
    found = {native: paths.find(row, native) for native in NATIVE}
    data: JsonRow = {}
    for native in TEXTS:
        data[native] = _text(*found[native]) if native == "model" else found[native][1]
    for native in COUNTS:
        data[native] = _count(*found[native])
    for native in UNITS:
        data[native] = _units(*found[native])
    data["tags"] = found["tags"][1]
    told = Notes()
    data["cost_usd"] = found["cost_usd"][1]
    if data["cost_usd"] is None and (cents := found["cost_cents"][1]) is not None:
        data["cost_usd"] = _dollars(found["cost_cents"][0], cents, told)
    shape.complete(row, data)
    time = _time(*found["time"])
    untimed = time is None and shape.may_lack_time
    event = {
        "id": _text(*found["id"]),
        "source": _text(*found["source"]),
        "time": moment(micros(now)).isoformat() if untimed else time,
        "data": data,
    }
    try:
        read = read_event(json.dumps(event).encode(), latest=latest, notes=told)
    except SourceError as error:
        raise SourceError(_in_their_names(str(error), found)) from error
    notes.unread = told.unread
    notes += (note._replace(field=_in_their_names(note.field, found)) for note in told)
    if read is None:
        return None
    if not untimed:
        return read
    older = _untimed_fingerprint(read, ()) if read.units else b""
    return msgspec.structs.replace(read, fingerprint=_untimed_fingerprint(read, read.units), older_fingerprint=older)


def _untimed_fingerprint(event: UsageEvent, units: Units) -> bytes:
    """Returns the fingerprint of an event without its own time, so that it is the same when sent later."""
    labels = event.labels
    names = (
        labels.provider,
        labels.model,
        labels.tool,
        labels.workflow,
        labels.user,
        labels.credential,
        labels.declared_team,
    )
    counters = tuple(getattr(event, counter) for counter in COUNTERS)
    more = (units,) if units else ()
    return digest((None, names, labels.user_agent, labels.tags, counters, event.reported_nanos, *more))


def _text(path: str, value: Any) -> str | None:
    """Returns a name; also of a number, as ids often are numbers."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        raise SourceError(f"{path} is not a finite number")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise SourceError(f"{path} must be text")


def _count(path: str, value: Any) -> Any:
    """Returns a number of tokens, which some senders write as text or with a decimal point."""
    if isinstance(value, str):
        digits = value.strip()
        if not (digits.isascii() and digits.removeprefix("-").isdigit() and len(digits) < 40):
            raise SourceError(f"{path} must be a whole number")
        return int(digits)
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    return value


def _units(path: str, value: Any) -> Any:
    """Returns a number of units, which some senders write as text."""
    if not isinstance(value, str):
        return value
    if not _NUMBER.fullmatch(value.strip()):
        raise SourceError(f"{path} must be a number")
    return float(value)


def _dollars(path: str, cents: Any, notes: Notes) -> str | None:
    """Converts a cost in cents to dollars, exactly; notes what is no cost."""
    if isinstance(cents, bool) or not isinstance(cents, str | int | float):
        notes.append(Note(path, "is not a number", is_cost=True))
        return None
    try:
        nanos = nanos_from_decimal(cents.strip() if isinstance(cents, str) else repr(cents), per_dollar=100)
    except ValueError as error:
        notes.append(Note(path, str(error), is_cost=True))
        return None
    return str(Decimal(nanos).scaleb(-9))


def _time(path: str, value: Any) -> str | None:
    """Returns a moment: RFC 3339 stays, seconds since 1970 are converted to it."""
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else repr(value)
    if isinstance(value, int | float) or text.replace(".", "", 1).isdecimal():
        if isinstance(value, bool) or not _SECONDS.fullmatch(text):
            raise SourceError(f"{path} is neither RFC 3339 nor seconds since 1970")
        return moment(int(Decimal(text) * MICROS)).isoformat()
    if not isinstance(value, str):
        raise SourceError(f"{path} is neither RFC 3339 nor seconds since 1970")
    return text


def _in_their_names(sentence: str, found: Mapping[str, tuple[str, Any]]) -> str:
    """Replaces native names in a fault by the sender's own members."""
    if sentence.startswith(_NOTHING_TO_BOOK):
        looked = ", ".join(found[native][0] for native in ("input_tokens", "output_tokens", "cost_usd"))
        return f"there are neither tokens nor a cost; looked for {looked} and the like"

    def theirs(match: re.Match[str]) -> str:
        ours = match.group(1) or match.group(2)
        return found[ours][0] if ours in found else match.group()

    return _NAMED.sub(theirs, sentence)
