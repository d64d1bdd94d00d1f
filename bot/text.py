"""Text that people and senders typed, made to fit on one line."""

import re

NAME_CHARACTERS = 60
_UNSEEN_SPACES = "\N{ZERO WIDTH SPACE}\N{WORD JOINER}\N{ZERO WIDTH NO-BREAK SPACE}\N{MONGOLIAN VOWEL SEPARATOR}"
_SPACE = re.compile(rf"[^\S\n]|[{_UNSEEN_SPACES}]")
_UNSEEN_MARKS = "\N{SOFT HYPHEN}\u200c-\u200f\u202a-\u202e\u2066-\u2069"
"""Joiners and marks of direction. Within a word they may belong to its script; around one they were pasted along."""
_MARKS_AROUND_WORDS = re.compile(rf"(?<!\S)[{_UNSEEN_MARKS}]+|[{_UNSEEN_MARKS}]+(?!\S)")
_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")


def plain_spaces(text: str) -> str:
    """Returns a text with plain spaces and line ends, whatever kind was pasted.

    Text copied from a wiki, a mail or Slack has no-break, thin and zero-width spaces that nobody sees, and marks of
    direction around words.
    """
    plain_text = _SPACE.sub(" ", _LINE_END.sub("\n", text))
    return plain_text if plain_text.isascii() else _MARKS_AROUND_WORDS.sub("", plain_text)


def spaced(text: str) -> str:
    """Returns a typed text with plain spaces, and none around it."""
    return plain_spaces(text).strip()


def first_word(text: str) -> tuple[str, str]:
    """Returns the first word of a typed text and the rest, without the space between them."""
    word, *rest = spaced(text).split(maxsplit=1) or [""]
    return word, rest[0] if rest else ""


def cut(text: str, limit: int) -> str:
    """Returns the text, or as much of it as fits with an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


_DIRECTION = str.maketrans("", "", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00")
"""Marks that turn the direction of what follows, and the null character."""
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")


def undirected(text: str) -> str:
    """Returns a typed text without marks that would turn the words and amounts around it."""
    return text.translate(_DIRECTION)


def isolated(text: str) -> str:
    """Returns a text whose right-to-left words leave the order of what stands around them alone."""
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}" if _RIGHT_TO_LEFT.search(text) else text


def plain(text: str, *, limit: int = NAME_CHARACTERS) -> str:
    """Returns a typed name on one line, cut, for plain text: titles, buttons, options, labels."""
    return cut(" ".join(undirected(text).split()), limit) or "–"
