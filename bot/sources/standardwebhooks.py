"""Standard Webhooks' payload `{"type": "usage.recorded", "timestamp": …, "data": {…}}`, whose `data` has native names.

Understood: type `usage.recorded`.
Ignored on purpose: members of `data` without a path.
Unknown: other types, and events without a model or a timestamp; the error names the member, and they go to quarantine.

The key of an event is `data.id`, else the message's `webhook-id`, which stays the same on every retry.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime

from bot.refusals import SourceError
from bot.sources.mapping import COUNTS, TEXTS, JsonRow, Shape, read_rows
from bot.sources.rows import split
from bot.usage import Parsed

_OPENING = re.compile(rb"\s*\{\s*(?P<empty>\})?")


def _recorded(row: JsonRow, _data: JsonRow) -> None:
    if row.get("type") != "usage.recorded":
        raise SourceError("type is not usage.recorded; events of other types are kept, not booked")


SHAPE = Shape(
    paths={
        **{name: (f"data.{name}",) for name in (*TEXTS, *COUNTS, "tags", "cost_usd", "source")},
        "operation": ("data.operation", "data.call_type"),
        "id": ("data.id", "id", "webhook-id"),
        "time": ("data.time", "timestamp"),
        "credential": ("data.credential", "data.api_key_id"),
    },
    also_kept=("type",),
    complete=_recorded,
)


def with_message_id(body: bytes, message_id: str) -> bytes:
    """Adds its message's id to a body of one event, so that the id is its key, in quarantine too."""
    opening = _OPENING.match(body)
    if not message_id or opening is None:
        return body
    member = f'"webhook-id": {json.dumps(message_id)}'.encode()
    return b"{" + member + (b"}" if opening["empty"] else b", ") + body[opening.end() :]


def parse(body: bytes, *, now: datetime, mapping: Mapping[str, str] | None = None) -> Parsed:
    """Reads a body of one event or an array of events. Raises Unreadable if it is not a JSON object or array of
    objects.
    """
    return read_rows(split(body), SHAPE, mapping=mapping or {}, now=now)
