"""OpenMeter's events: CloudEvents of any type, whose `data` has the sender's own names.

Understood: native and OpenAI's names of tokens, and OpenMeter's own `tokens` with a `type` of `input`, `system` or
`output`.
Ignored on purpose: the event's `type`, which names a meter, and members of `data` without a path.
Unknown: an event without an id or a model; its error names the member.

The key of an event is its (source, id). Without `time` it happened on arrival, as in OpenMeter.
"""

from collections.abc import Mapping
from datetime import datetime

from bot.refusals import SourceError
from bot.sources.mapping import COUNTS, TEXTS, JsonRow, Shape, read_rows
from bot.sources.rows import split
from bot.usage import Parsed

_DIRECTIONS = {"input": "input_tokens", "system": "input_tokens", "prompt": "input_tokens"} | dict.fromkeys(
    ("output", "completion"), "output_tokens"
)


def _by_direction(row: JsonRow, data: JsonRow) -> None:
    """Completes `tokens` with a `type`, as in OpenMeter's example, which counts each direction of a call in its own
    event.
    """
    own_data = row.get("data")
    if (
        not isinstance(own_data, dict)
        or own_data.get("tokens") is None
        or any(data[name] is not None for name in COUNTS)
    ):
        return
    direction = _DIRECTIONS.get(str(own_data.get("type")))
    if direction is None:
        raise SourceError("data.type must be input, system or output, to say which tokens data.tokens are")
    tokens = own_data["tokens"]
    data[direction] = int(tokens) if isinstance(tokens, str) and tokens.isascii() and tokens.isdigit() else tokens


SHAPE = Shape(
    paths={
        **{name: (f"data.{name}",) for name in (*TEXTS, *COUNTS, "tags")},
        "input_tokens": ("data.input_tokens", "data.prompt_tokens"),
        "output_tokens": ("data.output_tokens", "data.completion_tokens"),
        "cost_usd": ("data.cost_usd", "data.cost"),
        "operation": ("data.operation", "data.call_type"),
        "id": ("id",),
        "source": ("source",),
        "time": ("time",),
        "credential": ("data.credential", "subject"),
    },
    also_kept=("data.tokens", "data.type", "type", "specversion"),
    may_lack_time=True,
    complete=_by_direction,
)


def parse(body: bytes, *, now: datetime, mapping: Mapping[str, str] | None = None) -> Parsed:
    """Reads a body of one event or an array of events. Raises Unreadable if it is not a JSON object or array of
    objects.
    """
    return read_rows(split(body), SHAPE, mapping=mapping or {}, now=now)
