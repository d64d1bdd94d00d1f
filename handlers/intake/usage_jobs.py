"""A body's rows on their way into the books, and what its sender is answered."""

import asyncio
from dataclasses import dataclass, field

from bot.org.attribution import Source
from bot.rulebook import Rulebook
from bot.usage import Booking, BookingOutcome, Parsed

CONFLICT_REASON = "an event with this id was booked before with another content; the first one stands"


class NotDurable(Exception):
    """It could not be made durable now; the sender should send it again. Nothing of it was answered for."""


class TooBusy(Exception):
    """More rows wait to be booked than may; the sender should come again."""


class KeyRevoked(Exception):
    """The key was revoked between the door and the commit."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of a body's rows. The four counts add up to the rows."""

    accepted: int
    duplicates: int
    conflicts: int
    quarantined: int
    errors: tuple[tuple[int, str], ...]

    def to_json(self) -> dict[str, object]:
        return {
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "conflicts": self.conflicts,
            "quarantined": self.quarantined,
            "errors": [{"index": index, "reason": reason} for index, reason in self.errors],
        }


@dataclass(eq=False)
class UsageJob:
    """A body's rows on their way into the books. `is_live` is false for history that is read in afterwards."""

    source: Source
    key: bytes
    parsed: Parsed
    read_as: str
    is_live: bool
    answered: "asyncio.Future[Answer]"
    decided_by: Rulebook | None = None
    bookings: list[Booking] = field(default_factory=list)
    fates: list[BookingOutcome] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)

    @property
    def is_waited_for(self) -> bool:
        """Whether its sender is still there to be answered. One that was told to come again brings it again."""
        return not self.answered.done()

    def decide(self, rulebook: Rulebook) -> None:
        """Attributes and prices the events, unless that was done by this rulebook before. Observed ones are not booked.
        The source is as this rulebook knows it: its role may have changed since the body came through the door."""
        if self.decided_by is rulebook:
            return
        self.decided_by = rulebook
        self.source = source = rulebook.sources.get(self.key, self.source)
        self.fates = ["accepted"] * len(self.parsed.events)
        booking = rulebook.booking
        self.bookings = [booking(event, source) for _, event in self.parsed.events] if self.meters else []

    @property
    def meters(self) -> bool:
        return self.source.role == "meter"

    @property
    def is_simple(self) -> bool:
        """Whether there is nothing to it but new events to book."""
        parsed = self.parsed
        return self.meters and self.is_live and not (parsed.unusable or parsed.views or parsed.blocks)

    @property
    def is_plain(self) -> bool:
        """Whether nothing of it is for the quarantine."""
        return not (self.parsed.unusable or self.refused or "conflict" in self.fates)

    def answer(self) -> Answer:
        if self.is_plain and "duplicate" not in self.fates:
            return Answer(accepted=len(self.fates), duplicates=0, conflicts=0, quarantined=0, errors=())
        errors = [(row.index, row.reason) for row in self.parsed.unusable]
        errors += list(self.refused.items())
        conflicts = [i for (i, _), fate in zip(self.parsed.events, self.fates, strict=True) if fate == "conflict"]
        errors += [(i, CONFLICT_REASON) for i in conflicts if i not in self.refused]
        kept = len(self.parsed.unusable) + len(self.refused)
        return Answer(
            accepted=self.fates.count("accepted"),
            duplicates=self.fates.count("duplicate"),
            conflicts=len(conflicts) - sum(i in self.refused for i in conflicts),
            quarantined=kept,
            errors=tuple(sorted(errors)),
        )
