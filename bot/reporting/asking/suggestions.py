"""The nearest line that is understood, for a line that is not."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from bot.reporting.asking.asked_names import Names
from bot.reporting.asking.asked_words import Word, nearest, phrase


class Suggestion(NamedTuple):
    """What to type instead; `is_command` says that it does something rather than asks."""

    line: str
    is_command: bool


def suggest(
    words: Sequence[Word],
    unknown: Collection[int],
    names: Names,
    *,
    asking: Sequence[str],
    commands: Collection[str],
) -> Suggestion | None:
    """Returns the nearest line for words of which those at `unknown` mean nothing. `asking` are words of questions,
    `commands` words that begin other commands. Only names that the person may see are suggested."""
    known = [*asking, *names.spellings]
    first = words[0]
    if 0 in unknown and not first.is_quoted and (command := nearest(first.text, commands)) is not None:
        asked = nearest(first.text, known)
        if asked is None or nearest(first.text, [command, asked], cutoff=0.0) == command:
            rest = " ".join(word.shown for word in words[1:])
            return Suggestion(f"{command} {rest}".strip(), is_command=True)
    line = _corrected(words, unknown, known, names)
    return None if line is None else Suggestion(line, is_command=False)


def _corrected(words: Sequence[Word], unknown: Collection[int], known: Sequence[str], names: Names) -> str | None:
    """Returns the typed line with the nearest known words in the place of unknown ones, without those that are near none."""
    line: list[str] = []
    at, has_near = 0, False
    while at < len(words):
        pair = words[at : at + 2]
        if at not in unknown:
            line.append(words[at].shown)
        elif at + 1 in unknown and (near := nearest(phrase(pair), known, cutoff=0.8)) is not None:
            line.append(near)
            at, has_near = at + 1, True
        elif (near := nearest(words[at].text, known) or names.near(words[at].text)) is not None:
            line.append(near)
            has_near = True
        at += 1
    return " ".join(line) if has_near else None
