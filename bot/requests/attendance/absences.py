"""Absences: who is away by their Slack status. Only that they are away, and until when, is kept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.periods import MICROS

DEFAULT_EMOJI = (
    ":palm_tree:", ":beach_with_umbrella:", ":desert_island:", ":face_with_thermometer:", ":ooo:", ":sick:",
)  # fmt: skip
"""Slack's own statuses “Vacationing” and “Out sick”, and what people use for the same."""
DEFAULT_WORDS = (
    "vacation", "vacationing", "on holiday", "on holidays", "annual leave", "on leave", "parental leave",
    "maternity leave", "paternity leave", "sick leave", "out sick", "ooo", "out of office", "out of the office", "pto",
    "urlaub", "krank", "en congé", "en vacances", "de vacaciones", "in ferie", "férias",
)  # fmt: skip
_BACK = re.compile(r"\b(?:back from|after|not|no|before|planning)\b")


@dataclass(frozen=True, kw_only=True)
class AwayWords:
    """The statuses that mean “away”: emoji as `:palm_tree:`, and words or phrases of the text."""

    emoji: frozenset[str] = frozenset(DEFAULT_EMOJI)
    words: tuple[str, ...] = DEFAULT_WORDS

    def fit(self, *, text: str, emoji: str) -> bool:
        """Returns whether a status says that its person is away. “Back from vacation” does not."""
        if emoji.strip().casefold().split("::")[0].rstrip(":") in {one.rstrip(":") for one in self.emoji}:
            return True
        said = " ".join(text.casefold().split())
        if not said or _BACK.search(said):
            return False
        return any(re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", said) for word in self.words)


DEFAULT_AWAY = AwayWords()


def away_words_of(stored: Mapping[str, Any] | None) -> AwayWords:
    """Returns the statuses that mean “away”, from `policy.away`; what it leaves out stays as it is shipped."""
    emoji, words = ((stored or {}).get(key) for key in ("emoji", "words"))
    return AwayWords(
        emoji=DEFAULT_AWAY.emoji if emoji is None else frozenset(one.casefold() for one in emoji),
        words=DEFAULT_AWAY.words if words is None else tuple(words),
    )


@dataclass(frozen=True, kw_only=True)
class Absence:
    """That a person is away; `until` is in microseconds, None if their status has no end."""

    until: int | None

    def is_over(self, at: int) -> bool:
        return self.until is not None and self.until <= at


def absence_of(user: Mapping[str, Any], words: AwayWords, *, at: int) -> Absence | None:
    """Returns the absence that the status in Slack's user object says; None if there is none. Slack keeps a status that
    has ended until it is read again."""
    profile = user.get("profile")
    if not isinstance(profile, Mapping):
        return None
    text, emoji = (str(profile.get(key) or "") for key in ("status_text", "status_emoji"))
    expires = profile.get("status_expiration")
    until = expires * MICROS if type(expires) is int and 0 < expires < 2**40 else None
    if not words.fit(text=text, emoji=emoji) or (until is not None and until <= at):
        return None
    return Absence(until=until)
