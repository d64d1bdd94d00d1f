"""One parser per sender: bytes in, usage events and unusable rows out."""

from collections.abc import Callable
from datetime import datetime

from bot.org.attribution import Source
from bot.sources import helicone, lago, openmeter, standardwebhooks
from bot.sources.cloudevents import parser as cloudevents
from bot.sources.litellm import parser as litellm
from bot.sources.otlp import parser as otlp
from bot.usage import Parsed

SOURCES: dict[str, Callable[..., Parsed]] = {
    "cloudevents": cloudevents.parse,
    "litellm": litellm.parse,
    "otlp": otlp.parse,
    "lago": lago.parse,
    "openmeter": openmeter.parse,
    "helicone": helicone.parse,
    "standardwebhooks": standardwebhooks.parse,
}
"""The formats that `tokens keys create --source` takes. A parser has the shape `parse(body, *, now) -> Parsed`."""

MAPPED = frozenset({"lago", "openmeter", "helicone", "standardwebhooks"})
"""Formats whose parser takes a `mapping` as well: which member of the sender's own event is what (`Source.mapping`)."""

NATIVE_ROUTE = MAPPED | {"cloudevents"}
"""Formats that are sent to `/v1/usage` itself; the others have routes of their own below it."""

CLOUDEVENTS = frozenset({"cloudevents", "openmeter"})
"""Formats that are CloudEvents, and so can come in binary mode."""

MAY_LACK_TIME = frozenset({"lago", "openmeter", "helicone"})
"""Formats whose rows may have no time: they happened when they came in, so one read again is read as of then."""


def read(body: bytes, *, read_as: str, source: Source, now: datetime) -> Parsed:
    """Reads a source's body as one of the formats, by the source's mapping if the format has one.

    Raises Unreadable when there is nothing in it that can be read.
    """
    if read_as in MAPPED:
        return SOURCES[read_as](body, now=now, mapping=source.mapping)
    return SOURCES[read_as](body, now=now)
