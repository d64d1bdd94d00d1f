"""Text that people and senders typed, made to fit on one line."""

NAME_CHARACTERS = 60


def cut(text: str, limit: int) -> str:
    """Returns the text, or as much of it as fits with an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def plain(text: str, *, limit: int = NAME_CHARACTERS) -> str:
    """Returns a typed name on one line, cut, for plain text: titles, buttons, options, labels."""
    return cut(" ".join(text.replace("\x00", "").split()), limit) or "–"
