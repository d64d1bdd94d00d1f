"""Committed ids that a process caches between transactions."""

from dataclasses import dataclass, field

SeriesKey = tuple[int, str, str, str, str, int, str, str]


@dataclass
class UsageMemory:
    """Ids of series and people, and PostgreSQL's months, that this process has seen committed."""

    series: dict[SeriesKey, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    """By the sender's spelling."""
    months: set[str] = field(default_factory=set)

    LIMIT = 200_000


@dataclass
class Memory:
    """The caches of a process; cleared when the configuration changes."""

    usage: UsageMemory = field(default_factory=UsageMemory)
    people: dict[str, int] = field(default_factory=dict)
    generation: int = 0
    """Grows when the caches of people are cleared: what a transaction read before is not remembered after."""

    def remember_people(self, found: dict[str, int], generation: int) -> None:
        """Caches ids by spelling, unless they were read before the last change of who is who."""
        if generation == self.generation:
            self.people.update(found)

    def remember_users(self, found: dict[str, int], generation: int) -> None:
        """The same for the users of bookings."""
        if generation == self.generation:
            if len(self.usage.people) > UsageMemory.LIMIT:
                self.usage.people.clear()
            self.usage.people.update(found)

    def clear_people(self) -> None:
        self.generation += 1
        self.people.clear()
        self.usage.people.clear()
