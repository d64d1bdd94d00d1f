"""Lago's events: `{"events": […]}`, `{"event": {…}}`, or events alone. They are no CloudEvents.

Understood: every event with a model and tokens (or `precise_total_amount_cents`), whatever its `code` is.
Ignored on purpose: `code`, and properties that no path leads to; of a row in quarantine they are not kept either.
Unknown: a row without a `transaction_id` or a model; it is an error that names the member.

The key of an event is its `transaction_id`. Without `timestamp` it happened when it came in, as in Lago.
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
    """Reads a body of events. Raises Unreadable when it is no JSON object or array of such."""
    return read_rows(_rows(body), SHAPE, mapping=mapping or {}, now=now)


def _rows(body: bytes) -> list[bytes | msgspec.Raw]:
    """The events within what Lago wraps them in, undecoded."""
    if body.lstrip()[:1] != b"{":
        return split(body)
    try:
        members = _members.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _rows_of_odd(body)
    wrapped = members.get("events") or members.get("event")
    return split(bytes(wrapped)) if wrapped is not None else [body]


def _rows_of_odd(body: bytes) -> list[bytes | msgspec.Raw]:
    """The same of a body of which some row is odd, or nested without end, so that it can't be decoded as one."""
    try:
        decoded = decode_loosely(body)
    except SourceError as error:
        opening = _EVENTS.match(body)
        if opening and body.rstrip().endswith(b"}"):
            return split(body[opening.end() :].rstrip()[:-1])
        raise Unreadable(f"The body can't be read: {error}.") from error
    wrapped = decoded.get("events") or decoded.get("event")
    return split(json.dumps(wrapped).encode()) if isinstance(wrapped, dict | list) else [body]
