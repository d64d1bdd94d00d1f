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
