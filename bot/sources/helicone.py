"""Helicone's webhook, one per request, with *include data* switched on.

Understood: `request_id`, `user_id`, `model`, `provider` and `metadata` with the cost and both token counts.
Ignored on purpose: bodies of requests and responses and their address, latencies, totals.
Unknown: a request without an id or a model (as without *include data*); its error says what to do.

The key of an event is its `request_id`. Helicone sends no time, so a request happened on arrival. It does not report
cached tokens separately: they are in its cost, not in its token counts.
"""

from collections.abc import Mapping
from datetime import datetime

from bot.refusals import SourceError
from bot.sources.mapping import JsonRow, Shape, read_rows
from bot.sources.rows import split
from bot.usage import Parsed


def _named(_row: JsonRow, data: JsonRow) -> None:
    """Returns the event with the provider in lower case. Raises SourceError without a model, as nothing could be
    booked.
    """
    if data["model"] is None:
        raise SourceError("model is missing: switch on “Include data” in Helicone's webhook")
    if isinstance(data["provider"], str):
        data["provider"] = data["provider"].casefold()


SHAPE = Shape(
    paths={
        "id": ("request_id",),
        "user": ("user_id",),
        "model": ("model",),
        "provider": ("provider",),
        "input_tokens": ("metadata.promptTokens",),
        "output_tokens": ("metadata.completionTokens",),
        "cost_usd": ("metadata.cost",),
    },
    may_lack_time=True,
    complete=_named,
)


def parse(body: bytes, *, now: datetime, mapping: Mapping[str, str] | None = None) -> Parsed:
    """Reads a body of one request or an array of requests. Raises Unreadable if it is not a JSON object or array of
    objects.
    """
    return read_rows(split(body), SHAPE, mapping=mapping or {}, now=now)
