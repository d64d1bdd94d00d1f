"""Lago's events: `{"events": […]}`, `{"event": {…}}`, or events alone. They are not CloudEvents.

Understood: every event with a model and tokens (or `precise_total_amount_cents`), with any `code`.
Ignored on purpose: `code`, and properties without a path; quarantine leaves them out too.
Unknown: a row without a `transaction_id` or a model; its error names the member.

The key of an event is its `transaction_id`. Without `timestamp` it happened on arrival, as in Lago.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime

import msgspec

from bot.refusals import SourceError
from bot.sources.mapping import COUNTS, TEXTS, Shape, read_rows
from bot.sources.rows import Unreadable, decode_loosely, split
from bot.usage import Parsed

SHAPE = Shape(
    paths={
        **{name: (f"properties.{name}",) for name in (*TEXTS, *COUNTS, "tags", "cost_usd")},
        "input_tokens": ("properties.input_tokens", "properties.prompt_tokens"),
        "output_tokens": ("properties.output_tokens", "properties.completion_tokens"),
        "cost_usd": ("properties.cost_usd", "properties.cost", "properties.response_cost"),
        "operation": ("properties.operation", "properties.call_type"),
        "id": ("transaction_id",),
        "time": ("timestamp",),
        "credential": ("properties.credential", "external_subscription_id"),
        "cost_cents": ("precise_total_amount_cents",),
    },
    may_lack_time=True,
)
_EVENTS = re.compile(rb'\s*\{\s*"events"\s*:\s*')
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


def parse(body: bytes, *, now: datetime, mapping: Mapping[str, str] | None = None) -> Parsed:
    """Reads a body of events. Raises Unreadable if it is not a JSON object or array of objects."""
    return read_rows(_rows(body), SHAPE, mapping=mapping or {}, now=now)


def _rows(body: bytes) -> list[bytes | msgspec.Raw]:
    """Returns the events inside Lago's wrapper, undecoded."""
    if body.lstrip()[:1] != b"{":
        return split(body)
    try:
        members = _members.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _rows_of_odd(body)
    wrapped = members.get("events") or members.get("event")
    return split(bytes(wrapped)) if wrapped is not None else [body]


def _rows_of_odd(body: bytes) -> list[bytes | msgspec.Raw]:
    """Returns the events of a body with a bad or endlessly nested row, which can't be decoded at once."""
    try:
        decoded = decode_loosely(body)
    except SourceError as error:
        opening = _EVENTS.match(body)
        if opening and body.rstrip().endswith(b"}"):
            return split(body[opening.end() :].rstrip()[:-1])
        raise Unreadable(f"The body can't be read: {error}.") from error
    wrapped = decoded.get("events") or decoded.get("event")
    return split(json.dumps(wrapped).encode()) if isinstance(wrapped, dict | list) else [body]
