"""One parser per sender: bytes in, usage events and unusable rows out."""

from collections.abc import Callable
from datetime import datetime

from bot.org.attribution import Source
from bot.sources import helicone, lago, openmeter, standardwebhooks
from bot.sources.cloudevents import parser as cloudevents
from bot.sources.forges import github, gitlab
from bot.sources.forges.merges import FORGES
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
    "github": github.parse,
    "gitlab": gitlab.parse,
}
"""The formats of `tokens keys create --source`. A parser has the shape `parse(body, *, now) -> Parsed`."""

MAPPED = frozenset({"lago", "openmeter", "helicone", "standardwebhooks"})
"""Formats whose parser also takes a `mapping` of native names to the sender's members (`Source.mapping`)."""

NATIVE_ROUTE = MAPPED | {"cloudevents"}
"""Formats sent to `/v1/usage` itself; the others have their own routes."""

CLOUDEVENTS = frozenset({"cloudevents", "openmeter"})
"""Formats that are CloudEvents, so that binary mode is possible."""

MAY_LACK_TIME = frozenset({"lago", "openmeter", "helicone", *FORGES})
"""Formats whose rows may lack a time. They happened on arrival, so a retry reads them with their arrival as `now`."""


def read(body: bytes, *, read_as: str, source: Source, now: datetime) -> Parsed:
    """Reads a source's body as one of the formats, with the source's mapping if the format takes one.

    Raises Unreadable if nothing in it can be read.
    """
    if read_as in MAPPED:
        return SOURCES[read_as](body, now=now, mapping=source.mapping)
    return SOURCES[read_as](body, now=now)
