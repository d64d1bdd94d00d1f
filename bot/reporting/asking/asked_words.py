"""Words as people type them: quoted names, names with their kind in front, and filler that changes no meaning."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bot.text import plain_spaces

MOST_WORDS = 40
_FILLING = ("my team", "our team", "this team", "this channel", "this", "here", "my team's", "so far")
_OPENING = "\"'`“‘„«"
_CLOSING = "\"'`”’“»"
_QUOTED = re.compile(
    rf"(?:(?P<kind>[a-z]+):)?[{_OPENING}](?P<text>[^{_OPENING}{_CLOSING}]+)[{_CLOSING}]", re.IGNORECASE
)
_WORD = re.compile(r"(?:(?P<kind>[a-z]+):)?(?P<text>\S+)", re.IGNORECASE)
_AROUND = "?!.,;:()…"
FILLERS = frozenset(
    (
        *("how", "much", "many", "what", "whats", "is", "are", "was", "were", "did", "does", "do", "doing", "going"),
        *("has", "have", "had", "we", "us", "our", "spend", "spent", "spends", "spending", "cost", "costs", "usage"),
        *("use", "used", "uses", "the", "for", "in", "on", "of", "at", "by", "with", "during", "over", "from", "to"),
        *("show", "give", "tell", "please", "hey", "hi", "hello", "thanks", "look", "looks", "like", "team", "teams"),
        *("channel", "standing", "stand", "stands", "status", "dollars", "money", "so", "far", "now"),
    )
)
"""Words around a question that leave its meaning alone."""


@dataclass(frozen=True, kw_only=True)
class Word:
    """A typed word in lower case, or a quoted phrase. `kind` is what was typed before a colon, as in `tool:codex`."""

    text: str
    shown: str
    kind: str = ""
    is_quoted: bool = False


def words_of(text: str, kinds: Collection[str]) -> tuple[Word, ...]:
    """Returns the words of a typed text. `kinds` are the words that may stand before a colon."""
    found: list[Word] = []
    at = 0
    typed = plain_spaces(text).replace("\x00", "").replace("\n", " ")
    while at < len(typed) and len(found) < MOST_WORDS:
        if typed[at].isspace():
            at += 1
            continue
        quoted = _QUOTED.match(typed, at)
        match = quoted or _WORD.match(typed, at)
        assert match is not None, "a character that is no space begins a word"
        at = match.end()
        kind = (match["kind"] or "").casefold()
        inner, shown = match["text"], match[0]
        if kind and kind not in kinds:
            kind, inner = "", shown if quoted is None else inner
        stripped = inner.strip() if quoted is not None else inner.strip(_AROUND)
        if stripped:
            word = " ".join(stripped.casefold().split())
            word = word.removesuffix("'s").removesuffix("’s") or word
            found.append(
                Word(text=word, shown=stripped if kind == "" else shown, kind=kind, is_quoted=quoted is not None)
            )
    return tuple(found)


def fillers_at(words: Sequence[Word], at: int) -> int:
    """Returns how many words from here on change no meaning, taken together; 0 if the first one means something."""
    for size in (2, 1):
        run = words[at : at + size]
        plain = len(run) == size and not any(word.kind or word.is_quoted for word in run)
        if plain and (phrase(run) in _FILLING or (size == 1 and run[0].text in FILLERS)):
            return size
    return 0


def phrase(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def nearest(text: str, known: Iterable[str], *, cutoff: float = 0.75) -> str | None:
    """Returns the known word that is nearest to a typed one; None if none is near."""
    if len(text) < 3 or len(text) > 60:
        return None
    near = get_close_matches(text, list(known), n=1, cutoff=cutoff)
    return near[0] if near else None
