"""A cache of what follows from the words of a call: senders repeat themselves."""

from typing import TypeVar

T = TypeVar("T")


class WordCache(dict[tuple[str | None, ...], T]):
    """Maps a call's names and tags, as sent, to what was made of them. Takes 60 MB at most, whatever senders send."""

    _CACHE_SIZE, _CHARACTERS, _LONGEST = 20_000, 3_500_000, 1_500
    _PER_WORD = 12
    """The memory of a word beside its characters, in characters."""

    def __init__(self) -> None:
        super().__init__()
        self._characters = 0

    def keep(self, words: tuple[str | None, ...], made: T) -> None:
        """Caches what was made of words, unless they are long."""
        characters = sum(len(value) + self._PER_WORD for value in words if value)
        if characters <= self._LONGEST:
            self._characters += characters
            if len(self) >= self._CACHE_SIZE or self._characters > self._CHARACTERS:
                self.clear()
                self._characters = characters
            self[words] = made
