"""A body's rows until they are booked, and the answer to its sender."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.org.attribution import Source
from bot.rulebook import Rulebook
from bot.usage import Booking, BookingOutcome, Parsed

CONFLICT_REASON = "an event with this id was booked before with another content; the first one stands"


class NotDurable(Exception):
    """The rows could not be committed now; the sender should send them again."""


class TooBusy(Exception):
    """Too many rows wait for a commit; the sender should try later."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The outcome of a body's rows. The four counts add up to the number of rows."""

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
    """A body's rows until they are booked. `is_live` is False for imported history."""

    source: Source
    key: bytes
    parsed: Parsed
    read_as: str
    is_live: bool
    answered: "asyncio.Future[Answer]"
    decided_by: Rulebook | None = None
    bookings: list[Booking] = field(default_factory=list)
    outcomes: list[BookingOutcome] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)

    @property
    def is_waited_for(self) -> bool:
        """True while the sender waits for an answer. A sender that timed out sends the body again."""
        return not self.answered.done()

    def decide(self, rulebook: Rulebook) -> None:
        """Attributes and prices the events by a rulebook, once. Events of observing sources get no booking.

        Takes the source from the rulebook too: its role may have changed since the request came in.
        """
        if self.decided_by is rulebook:
            return
        self.decided_by = rulebook
        self.source = source = rulebook.sources.get(self.key, self.source)
        self.outcomes = ["accepted"] * len(self.parsed.events)
        booking = rulebook.booking
        self.bookings = [booking(event, source) for _, event in self.parsed.events] if self.meters else []

    @property
    def meters(self) -> bool:
        return self.source.role == "meter"

    @property
    def is_simple(self) -> bool:
        """True if the body has only live, metered events."""
        parsed = self.parsed
        return self.meters and self.is_live and not (parsed.unusable or parsed.views or parsed.blocks)

    @property
    def is_plain(self) -> bool:
        """True if no row goes to quarantine."""
        return not (self.parsed.unusable or self.refused or "conflict" in self.outcomes)

    def answer(self) -> Answer:
        if self.is_plain and "duplicate" not in self.outcomes:
            return Answer(accepted=len(self.outcomes), duplicates=0, conflicts=0, quarantined=0, errors=())
        errors = [(row.index, row.reason) for row in self.parsed.unusable]
        errors += list(self.refused.items())
        conflicts = [
            i for (i, _), outcome in zip(self.parsed.events, self.outcomes, strict=True) if outcome == "conflict"
        ]
        errors += [(i, CONFLICT_REASON) for i in conflicts if i not in self.refused]
        kept = len(self.parsed.unusable) + len(self.refused)
        return Answer(
            accepted=self.outcomes.count("accepted"),
            duplicates=self.outcomes.count("duplicate"),
            conflicts=len(conflicts) - sum(i in self.refused for i in conflicts),
            quarantined=kept,
            errors=tuple(sorted(errors)),
        )


def fail_jobs(jobs: Sequence[UsageJob], error: Exception) -> None:
    """Answers the jobs that still wait with an error."""
    for job in jobs:
        if not job.answered.done():
            job.answered.set_exception(error)
