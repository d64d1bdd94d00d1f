"""Committed ids that a process caches between transactions."""

from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from bot.intake.known_keys import KnownKeys
from bot.usage import Labels
from storage.drivers.fifo import FifoLock

T = TypeVar("T")
SeriesKey = tuple[int, str, str, str, str, int, str, str]


EventLabels = tuple[int, str, str, str, str, str]
"""What an event's row has from its labels: its series, gateway team, declared team, tags, tier and conditions."""


LabelsKey = tuple[Labels, int, str, str]
"""A call's labels, team, tool and basis."""


class LabelsMemory(dict[LabelsKey, EventLabels]):
    """Maps a call's labels, team, tool and basis to what its row has from them. Takes 60 MB at most."""

    _SIZE, _CHARACTERS = 50_000, 10_000_000

    def __init__(self) -> None:
        super().__init__()
        self._characters = 0

    def remember(self, key: LabelsKey, labels: EventLabels) -> None:
        self._characters += key[0].characters
        if len(self) >= self._SIZE or self._characters > self._CHARACTERS:
            super().clear()
            self._characters = key[0].characters
        self[key] = labels


@dataclass
class UsageMemory:
    """Ids of series and people, and PostgreSQL's months, that this process has seen committed."""

    series: dict[SeriesKey, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    """By the sender's spelling."""
    months: set[str] = field(default_factory=set)
    commits: int = 0
    """Commits of this process that changed totals of usage: groups of events, and adjusting rows."""
    labels: LabelsMemory = field(default_factory=LabelsMemory)
    keys: KnownKeys = field(default_factory=KnownKeys)

    def count_commit(self) -> None:
        self.commits += 1

    LIMIT = 200_000


@dataclass
class Memory:
    """The caches of a process; cleared when the configuration changes."""

    usage: UsageMemory = field(default_factory=UsageMemory)
    people: dict[str, int] = field(default_factory=dict)
    keys_lock: FifoLock = field(default_factory=FifoLock)
    """One task at a time reads the keys that this process lacks."""
    ledger_posts: int = 0
    """Transactions of this process that posted entries which change a balance."""
    generation: int = 0
    """Grows when the caches of people are cleared: what a transaction read before is not remembered after."""

    _kept: dict[type[Any], Any] = field(default_factory=dict)

    def of(self, kind: type[T]) -> T:
        """Returns what a wing keeps of a kind between transactions; at first an empty one."""
        found: T = self._kept.setdefault(kind, kind())
        return found

    def forget_kept(self) -> None:
        self._kept.clear()

    def clear_rows(self) -> None:
        """Clears all ids and rows that a restored copy of the database may lack."""
        self.clear_people()
        self.forget_kept()
        self.usage.series.clear()
        self.usage.months.clear()

    def count_ledger_post(self) -> None:
        self.ledger_posts += 1

    def remember_people(self, found: dict[str, int], generation: int) -> None:
        """Caches ids by spelling, unless they were read before the last change of who is who."""
        if generation == self.generation:
            self.people.update(found)

    def remember_users(self, found: dict[str, int], generation: int) -> None:
        """The same for the users of bookings."""
        if generation == self.generation:
            remember(self.usage.people, found)

    def clear_people(self) -> None:
        self.generation += 1
        self.people.clear()
        self.usage.people.clear()
        self.usage.labels.clear()  # their series name people


def remember(memory: dict[Any, int], fresh: dict[Any, int]) -> None:
    """Caches ids; those that were cached first make room, a part at a time, so that the others stay known."""
    memory.update(fresh)
    if len(memory) > UsageMemory.LIMIT:
        for key in list(islice(memory, len(memory) - UsageMemory.LIMIT * 3 // 4)):
            del memory[key]
