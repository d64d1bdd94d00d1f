"""Rows that could not be booked: their content, their retries, and changes by hand."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from bot.refusals import ConfigError
from bot.sources.rows import decode_loosely
from bot.usage import Outcome, UnusableRow, UsageEvent, digest

QuarantineKind = Literal["unreadable", "refused", "conflict", "unread"]
QUARANTINE_KINDS: tuple[QuarantineKind, ...] = ("unreadable", "refused", "conflict", "unread")
"""`unreadable`: its parser could not use it. `refused`: the database could not store it. `conflict`: its id was booked
before with different content. `unread`: it carries usage, and no rule books it.
"""


@dataclass(frozen=True, kw_only=True)
class QuarantineCapacity:
    """A source's cap of rows and bytes, or its free space."""

    rows: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class QuarantineShare:
    """A part of the quarantine: a source's rows of one kind, their bytes, and the number that can be retried."""

    source: str
    kind: str
    rows: int
    bytes: int
    retryable: int


@dataclass(frozen=True, kw_only=True)
class QuarantinedRow:
    """A quarantined row. `body` is its stored content; empty if there is none, or if only a list was requested."""

    id: int
    source_id: int
    source: str
    kind: str
    reason: str
    read_as: str
    received_at: int
    expires_at: int
    size: int
    row_hash: bytes
    body: bytes

    @property
    def can_be_retried(self) -> bool:
        return self.kind != "conflict" and self.size > 0


def row_from_event(index: int, event: UsageEvent, reason: str) -> UnusableRow:
    """Returns quarantine's content of a readable event: its canonical fields without the
    called address, its key and fingerprint in hexadecimal.
    """
    fields = msgspec.structs.asdict(event) | msgspec.structs.asdict(event.labels)
    fields |= {"key": event.key.hex(), "fingerprint": event.fingerprint.hex()}
    del fields["labels"], fields["api_base"]
    return UnusableRow(index=index, reason=reason, kept=msgspec.json.encode(fields), key=row_hash(event))


def row_hash(event: UsageEvent | Outcome) -> bytes:
    """Returns the key of a readable row within its source."""
    return digest([event.key, event.fingerprint])


def event_from_row(body: bytes) -> UsageEvent:
    """Rebuilds the event from a row of `row_from_event`. Raises ValueError that names the field."""
    fields = json.loads(body)
    for name in ("key", "fingerprint"):
        fields[name] = bytes.fromhex(fields[name])
    try:
        return msgspec.convert(fields | {"labels": fields}, UsageEvent)
    except msgspec.ValidationError as error:
        raise ValueError(str(error).removesuffix(" - at `$.labels`").replace("`$.labels.", "`$.")) from error


def fields_of(body: bytes) -> dict[str, Any]:
    """Returns a row's stored fields for display; empty if it is not an object."""
    found = decode_loosely(body) if body else {}
    return found if isinstance(found, dict) else {}


def parse_changes(given: list[str]) -> dict[str, Any]:
    """Parses changes such as `data.model=gpt-4o` to path → value. A JSON value is decoded, any other stays text."""
    changes: dict[str, Any] = {}
    for text in given:
        path, separator, value = text.partition("=")
        if not separator or not all(path.split(".")):
            raise ConfigError(f"--set: {text!r} must be a field's path and its value, like data.model=gpt-4o")
        try:
            changes[path] = json.loads(value)
        except ValueError:
            changes[path] = value
    return changes


def with_changes(body: bytes, changes: Mapping[str, Any]) -> bytes:
    """Returns a stored row with fields set by hand; `null` removes a field. A number in a path is an index of a list."""
    if not changes:
        return body
    fields = fields_of(body)
    for path, value in changes.items():
        *parents, name = path.split(".")
        inner: Any = fields
        for parent in parents:
            inner = inner.setdefault(parent, {}) if isinstance(inner, dict) else inner[_place(inner, parent, path)]
        if isinstance(inner, list):
            inner[_place(inner, name, path)] = value
        elif not isinstance(inner, dict):
            raise ConfigError(f"--set: {path}: there are no fields in {inner!r}")
        elif value is None:
            inner.pop(name, None)
        else:
            inner[name] = value
    return json.dumps(fields).encode()


def _place(inner: Any, name: str, path: str) -> int:
    if not isinstance(inner, list):
        raise ConfigError(f"--set: {path}: there are no fields in {inner!r}")
    if not name.isascii() or not name.isdigit() or len(name) > 6 or int(name) >= len(inner):
        raise ConfigError(f"--set: {path}: {name} is no place in a list of {len(inner)}")
    return int(name)
