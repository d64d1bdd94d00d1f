"""What a process remembers between transactions: ids that were committed."""

from dataclasses import dataclass, field

SeriesKey = tuple[int, str, str, str, str, int, str, str]


@dataclass
class UsageMemory:
    """What a process remembers between transactions: only ids that were committed."""

    series: dict[SeriesKey, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    """By the spelling that a sender uses, as it is."""
    months: set[str] = field(default_factory=set)

    LIMIT = 200_000


@dataclass
class Memory:
    """What this process remembers between transactions; thrown away when the configuration changes."""

    usage: UsageMemory = field(default_factory=UsageMemory)
    people: dict[str, int] = field(default_factory=dict)
