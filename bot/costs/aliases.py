"""A company's own names for models: deployments and gateway routes, each with the model behind it."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

_ALWAYS = -(10**9)


@dataclass(frozen=True, kw_only=True)
class ModelAlias:
    """One line of `models:` in teams.yml. `alias` may hold `*` and `?`.

    `model` is `gpt-4o` or, with its provider, `openai/gpt-4o`. `from_day` is the first day it applies, counted since
    1970.
    """

    alias: str
    model: str
    from_day: int | None = None

    @property
    def is_exact(self) -> bool:
        return not any(c in self.alias for c in "*?[")


class ModelAliases:
    """All model aliases, matched without regard to case: exact names first, then the latest start, then file order."""

    def __init__(self, aliases: Iterable[ModelAlias]) -> None:
        self._aliases = sorted(
            aliases, key=lambda a: (not a.is_exact, -(a.from_day if a.from_day is not None else _ALWAYS))
        )

    def find(self, model: str, *, day: int) -> ModelAlias | None:
        """Returns the alias in force for a model as sent, with or without the provider prefix of a gateway."""
        sent = model.strip().casefold()
        names = {sent, sent.partition("/")[2] or sent}
        for alias in self._aliases:
            if alias.from_day is not None and alias.from_day > day:
                continue
            pattern = alias.alias.strip().casefold()
            if pattern in names or any(fnmatchcase(name, pattern) for name in names):
                return alias
        return None
