"""One parser per sender: bytes in, usage events and unusable rows out."""

from collections.abc import Callable

from bot.sources import cloudevents, litellm
from bot.usage import Parsed

SOURCES: dict[str, Callable[..., Parsed]] = {"cloudevents": cloudevents.parse, "litellm": litellm.parse}
"""The formats that `tokens keys create --source` takes. A parser has the shape `parse(body, *, now) -> Parsed`."""
