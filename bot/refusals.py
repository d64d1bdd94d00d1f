"""Expected errors with a sentence for people, senders and operators."""

from collections.abc import Mapping


class Refusal(Exception):
    """A rule forbids the action; the person reads the sentence. Retrying unchanged does not help."""

    @property
    def sentence(self) -> str:
        return str(self)


class FieldRefusal(Refusal):
    """A refusal for one field of a form, shown at that field."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class FieldRefusals(Refusal):
    """Refusals for several fields of a form, by field; each is shown at its own."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(next(iter(fields.values())))
        self.fields = dict(fields)


class SourceError(Exception):
    """A sender's row is unusable. The text names the field and the fault, never the value."""


class ConfigError(Exception):
    """An operator's file or setting is unusable. One line per fault, each with its field."""
