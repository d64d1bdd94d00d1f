"""One parser per sender: bytes in, usage events and unusable rows out."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from importlib import import_module

from bot.org.attribution import Source
from bot.sources.forges.merges import FORGES
from bot.usage import Parsed

Parser = Callable[..., Parsed]


class _Parsers(Mapping[str, Parser]):
    """Parsers by format, each imported when it is first used: a command that lists keys parses nothing."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places
        self._parsers: dict[str, Parser] = {}

    def __getitem__(self, read_as: str) -> Parser:
        parser = self._parsers.get(read_as)
        if parser is None:
            found: Parser = import_module(self._places[read_as]).parse
            parser = self._parsers[read_as] = found
        return parser

    def __contains__(self, read_as: object) -> bool:
        return read_as in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


SOURCES: Mapping[str, Parser] = _Parsers(
    {
        "cloudevents": "bot.sources.cloudevents.parser",
        "litellm": "bot.sources.litellm.parser",
        "otlp": "bot.sources.otlp.parser",
        "lago": "bot.sources.lago",
        "openmeter": "bot.sources.openmeter",
        "helicone": "bot.sources.helicone",
        "standardwebhooks": "bot.sources.standardwebhooks",
        "github": "bot.sources.forges.github",
        "gitlab": "bot.sources.forges.gitlab",
    }
)
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
