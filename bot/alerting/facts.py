"""The facts of an alert: the figures that its row holds as JSON and that its message shows, one class per kind."""

from collections.abc import Mapping
from typing import Any, Self

import msgspec


class AlertFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The base class. A field with a default may be missing from rows of older versions; unknown fields are ignored."""

    @classmethod
    def from_facts(cls, stored: Mapping[str, Any]) -> Self:
        """Reads the stored JSON. Raises msgspec.ValidationError if it is of another kind."""
        return msgspec.convert(stored, cls)

    def to_facts(self) -> dict[str, Any]:
        """Returns the JSON to store."""
        facts: dict[str, Any] = msgspec.to_builtins(self)
        return facts
