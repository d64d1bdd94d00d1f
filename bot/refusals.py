"""The three kinds of no that people and senders get a sentence for."""


class Refusal(Exception):
    """The rules say no; the person reads the sentence. Trying again as it is will not help."""

    @property
    def sentence(self) -> str:
        return str(self)


class FieldRefusal(Refusal):
    """A refusal that belongs to one field of a form, so that the form can show it there."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class SourceError(Exception):
    """A sender's row can't be used. The text names the field and says what is wrong with it, never the value."""


class ConfigError(Exception):
    """A file or a setting that an operator wrote can't be used. One line a fault, each naming its field."""
