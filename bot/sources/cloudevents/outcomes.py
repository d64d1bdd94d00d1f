"""Native outcomes: CloudEvents of type `ai.outcome`, beside usage in the same body.

Understood: `kind`, `count`, `team`, `user`, `workflow`, `tool`, `credential` and `tags`. Labels that do not fit are left
out, and noted, as those of usage are. Ignored on purpose: all other members.
"""

import re
from contextlib import suppress
from typing import Any

import msgspec

from bot.refusals import SourceError
from bot.sources.cloudevents.members import base64_bytes
from bot.sources.fields import moment_of, name
from bot.sources.labels import Notes, label, tag_list
from bot.sources.rows import TAGS, decode_loosely, unusable
from bot.usage import Labels, Outcome, Parsed, digest

TYPE = "ai.outcome"
MAX_COUNT = 1_000_000
KEPT: dict[str, Any] = dict.fromkeys(("id", "source", "type", "specversion", "time"), True) | {
    "data": dict.fromkeys(("kind", "count", "team", "user", "workflow", "tool", "credential"), True) | {"tags": TAGS}
}
"""What quarantine keeps of an outcome."""
_KIND = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_LABELS = ("tool", "workflow", "user", "credential", "team")


class _Typed(msgspec.Struct):
    type: str | None = None


_typed = msgspec.json.Decoder(_Typed)


def is_outcome(kind: str | None) -> bool:
    """Returns whether an event of this type is an outcome."""
    return kind is not None and (kind == TYPE or kind.startswith(f"{TYPE}."))


def is_outcome_row(raw: bytes | msgspec.Raw) -> bool:
    """Returns whether a row is an outcome, even one that can't be read."""
    if b"outcome" not in bytes(raw):
        return False
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return is_outcome(_typed.decode(raw).type)
    with suppress(SourceError):
        row = decode_loosely(raw)
        return isinstance(row, dict) and isinstance(row.get("type"), str) and is_outcome(row["type"])
    return False


def add_outcome(parsed: Parsed, index: int, raw: bytes | msgspec.Raw, latest: int) -> None:
    """Adds a row's outcome to a parsed body, or the row to those that can't be used."""
    notes = Notes()
    try:
        outcome = read_outcome(raw, latest=latest, notes=notes)
    except SourceError as error:
        parsed.unusable.append(unusable(index, raw, str(error), KEPT))
        return
    parsed.outcomes.append((index, outcome))
    parsed.warnings += [(index, note.sentence) for note in notes]


def read_outcome(raw: bytes | msgspec.Raw, *, latest: int, notes: Notes) -> Outcome:
    """Reads an outcome from its row, and notes what was left out of it. Raises SourceError that names the field."""
    row = decode_loosely(raw)
    event_id, sender = _text(row, "id"), _text(row, "source")
    if not event_id:
        raise SourceError("id is missing: it tells one event from another, so there is no default")
    if row.get("specversion") not in (None, "1.0"):
        raise SourceError("specversion must be 1.0")
    data = row.get("data")
    if data is None and isinstance(row.get("data_base64"), str):
        data = decode_loosely(base64_bytes(row["data_base64"]))
    if not isinstance(data, dict):
        raise SourceError("data is missing")
    kind = data.get("kind")
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise SourceError("data.kind must be a name like change_merged, of at most 64 small letters, digits, _ . and -")
    count = _count(data.get("count"))
    at = moment_of("time", _text(row, "time"), latest)
    tool, workflow, user, credential, team = (label(f"data.{field}", data.get(field), notes) for field in _LABELS)
    tags = tuple(tag_list("data.tags", data.get("tags"), notes))
    tagged = next((tag.removeprefix("team:").strip() for tag in tags if tag.startswith("team:")), "")
    content = (at, kind, count, (tool, workflow, user, credential, team), tags)
    return Outcome(
        key=digest((sender, event_id)),
        fingerprint=digest(content),
        event_id=event_id,
        occurred_at=at,
        kind=kind,
        count=count,
        labels=Labels(
            model="",
            tool=tool,
            workflow=workflow,
            user=user,
            credential=credential,
            declared_team=team or tagged,
            tags=tags,
        ),
    )


def _text(row: Any, field: str) -> str:
    if not isinstance(row, dict):
        raise SourceError("the row: expected object")
    value = row.get(field)
    if value is not None and not isinstance(value, str):
        raise SourceError(f"{field}: expected str, got {type(value).__name__}")
    return name(field, value)


def _count(value: Any) -> int:
    """Returns how many outcomes an event tells; one if it does not say."""
    if value is None:
        return 1
    if isinstance(value, bool) or not isinstance(value, int):
        raise SourceError("data.count must be a whole number")
    if not 1 <= value <= MAX_COUNT:
        raise SourceError(f"data.count must be from 1 to {MAX_COUNT:,}")
    return value
