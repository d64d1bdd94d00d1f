"""A body's rows until they are booked, and the answer to its sender."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.costs.plain_bookings import PlainBookings
from bot.org.attribution import Source
from bot.rulebook import Rulebook
from bot.sources.plain_calls import PlainCalls
from bot.usage import Booking, BookingOutcome, Parsed
from storage.intake.groups.group_rows import Batch

MOST_WARNINGS = 100
MAX_REASONS = 1_000
MAX_REASON_CHARACTERS = 300
_DECIDED_AT_ONCE, _PLAIN_AT_ONCE = 250, 500
"""Events whose labels are all new take some 70 microseconds each."""
CONFLICT_REASON = "an event with this id was booked before with another content; the first one stands"


class NotDurable(Exception):
    """The rows could not be committed now; the sender should send them again."""


class TooBusy(Exception):
    """Too many rows wait for a commit; the sender should try later."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The outcome of a body's rows. The four counts add up to the number of rows.

    `ignored` rows are no usage, and are in none of them. `warnings` name what was left out of booked calls, and members that
    no event has. `more_errors` counts the reasons that `errors` leaves out.
    """

    accepted: int
    duplicates: int
    conflicts: int
    quarantined: int
    errors: tuple[tuple[int, str], ...]
    ignored: int = 0
    warnings: tuple[tuple[int, str], ...] = ()
    more_errors: int = 0

    def __add__(self, other: "Answer") -> "Answer":
        """Returns the answer for the rows of both, with a bounded number of reasons."""
        errors = self.errors + other.errors
        return Answer(
            accepted=self.accepted + other.accepted,
            duplicates=self.duplicates + other.duplicates,
            conflicts=self.conflicts + other.conflicts,
            quarantined=self.quarantined + other.quarantined,
            errors=errors[:MAX_REASONS],
            ignored=self.ignored + other.ignored,
            warnings=(self.warnings + other.warnings)[:MAX_REASONS],
            more_errors=self.more_errors + other.more_errors + max(0, len(errors) - MAX_REASONS),
        )

    def to_json(self) -> dict[str, object]:
        """Returns the answer to a sender: at most `MAX_REASONS` reasons, and how many more there are."""
        listed = self.errors[:MAX_REASONS]
        left_out = len(self.errors) - len(listed) + self.more_errors
        more: dict[str, object] = {"more_errors": left_out} if left_out else {}
        if self.ignored:
            more["ignored"] = self.ignored
        if self.warnings:
            more["warnings"] = _listed(self.warnings[:MOST_WARNINGS])
        counts = {name: getattr(self, name) for name in ("accepted", "duplicates", "conflicts", "quarantined")}
        return {**counts, "errors": _listed(listed), **more}


def _listed(reasons: Sequence[tuple[int, str]]) -> list[dict[str, object]]:
    return [{"index": index, "reason": reason[:MAX_REASON_CHARACTERS]} for index, reason in reasons]


NO_ROWS = Answer(accepted=0, duplicates=0, conflicts=0, quarantined=0, errors=())


@dataclass(eq=False)
class UsageJob:
    """A body's rows until they are booked. `is_live` is False for imported history.

    Its events are in `parsed`, or all of them by column in `calls`, until `unfold`.
    """

    source: Source
    key: bytes
    parsed: Parsed
    read_as: str
    is_live: bool
    answered: "asyncio.Future[Answer]"
    calls: PlainCalls | None = None
    decided_by: Rulebook | None = None
    bookings: list[Booking] = field(default_factory=list)
    priced_calls: list[PlainBookings] = field(default_factory=list)
    outcomes: list[BookingOutcome] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)

    @property
    def is_waited_for(self) -> bool:
        """True while the sender waits for an answer. A sender that timed out sends the body again."""
        return not self.answered.done()

    async def decide(self, rulebook: Rulebook) -> None:
        """Attributes and prices the events by a rulebook, once, with a turn of the event loop between some of them.

        Events of observing sources get no booking. Takes the source from the rulebook too: its role may have changed since
        the request came in.
        """
        if self.decided_by is rulebook:
            return
        source = rulebook.sources.get(self.key, self.source)
        if self.calls is not None and source.role == "meter":
            await self._decide_plain(self.calls, source, rulebook)
            return
        self.unfold()
        events = self.parsed.events if source.role == "meter" else []
        bookings = list[Booking]()
        for at in range(0, len(events), _DECIDED_AT_ONCE):
            if at:
                await asyncio.sleep(0)
            bookings += rulebook.bookings([event for _, event in events[at : at + _DECIDED_AT_ONCE]], source)
        self.decided_by, self.source, self.bookings = rulebook, source, bookings
        self.outcomes = ["accepted"] * len(self.parsed.events)
        if self.parsed.unless_priced and self.bookings:
            self._set_unpriced_aside()

    async def _decide_plain(self, calls: PlainCalls, source: Source, rulebook: Rulebook) -> None:
        priced = list[PlainBookings]()
        for part in calls.parts(_PLAIN_AT_ONCE):
            if priced:
                await asyncio.sleep(0)
            priced.append(rulebook.plain_bookings(part, source))
        self.decided_by, self.source, self.priced_calls = rulebook, source, priced
        self.outcomes = ["accepted"] * len(calls)

    def unfold(self) -> None:
        """Makes events and bookings of plain calls, as all but the fast path take them."""
        if self.calls is not None:
            self.parsed.events = self.calls.events()
            self.bookings = [booking for part in self.priced_calls for booking in part.bookings()]
            self.calls, self.priced_calls = None, []

    @property
    def batches(self) -> Sequence[Batch]:
        """Returns the bookings as the fast path takes them."""
        return self.priced_calls or [self.bookings]

    @property
    def moments(self) -> list[int]:
        """Returns the moments of all events."""
        return [event.occurred_at for _, event in self.parsed.events] if self.calls is None else self.calls.moments

    def _set_unpriced_aside(self) -> None:
        """Moves calls to quarantine whose reported cost is unusable and which nothing else prices."""
        parsed = self.parsed
        aside = {
            index
            for (index, _), booking in zip(parsed.events, self.bookings, strict=True)
            if booking.basis == "unpriced" and index in parsed.unless_priced
        }
        if not aside:
            return
        self.bookings = [b for (index, _), b in zip(parsed.events, self.bookings, strict=True) if index not in aside]
        parsed.events = [(index, event) for index, event in parsed.events if index not in aside]
        parsed.notes = [(index, note) for index, note in parsed.notes if index not in aside]
        parsed.unusable += [parsed.unless_priced.pop(index) for index in sorted(aside)]
        self.outcomes = ["accepted"] * len(parsed.events)

    @property
    def left_out(self) -> list[tuple[str, int]]:
        """Returns the fields that were left out of accepted calls, each with their number."""
        if not self.parsed.notes:
            return []
        events = zip(self.parsed.events, self.outcomes, strict=True)
        accepted = {index for (index, _), outcome in events if outcome == "accepted"} - self.refused.keys()
        return list(Counter(note.field for index, note in self.parsed.notes if index in accepted).items())

    @property
    def meters(self) -> bool:
        return self.source.role == "meter"

    @property
    def has_twin_hints(self) -> bool:
        """True if a record of the body may be of a call that another record tells too."""
        if self.calls is not None:
            return self.calls.hints is not None and self.meters
        return any(event.twin_hint is not None for _, event in self.parsed.events) and self.meters

    @property
    def is_simple(self) -> bool:
        """True if the body has only live, metered events, none of which settles a reservation."""
        parsed = self.parsed
        is_plain = self.meters and self.is_live and not (parsed.unusable or parsed.blocks)
        return is_plain and not any(event.reservation for _, event in parsed.events)

    def settled(self) -> dict[str, int]:
        """Returns the cost of each reservation whose call is booked, now or before, and has a price."""
        return {
            booking.event.reservation: booking.cost_nanos
            for booking, outcome in zip(self.bookings, self.outcomes, strict=True)
            if booking.event.reservation and outcome != "conflict" and booking.basis != "unpriced"
        }

    @property
    def is_plain(self) -> bool:
        """True if no row goes to quarantine."""
        return not (self.parsed.unusable or self.refused or "conflict" in self.outcomes)

    def answer(self) -> Answer:
        ignored, warnings = self.parsed.ignored, tuple((index, note.sentence) for index, note in self.parsed.notes)
        warnings += tuple(self.parsed.warnings)
        if self.parsed.unread:
            warnings += _not_booked(self.parsed)
        if self.is_plain and "duplicate" not in self.outcomes:
            return Answer(
                accepted=len(self.outcomes),
                duplicates=0,
                conflicts=0,
                quarantined=0,
                errors=(),
                ignored=ignored,
                warnings=warnings,
            )
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
            ignored=ignored,
            warnings=warnings,
        )


def _not_booked(parsed: Parsed) -> tuple[tuple[int, str], ...]:
    """Returns a warning for each producer and reason of usage that no rule books, at its first row."""
    return tuple(
        (rows.kept[0].index, f"{rows.rows:,} with usage of {unread.producer.name}, not booked: {unread.reason}")
        for unread, rows in parsed.unread.items()
        if unread.kind == "unknown" and rows.kept
    )


def fail_jobs(jobs: Sequence[UsageJob], error: Exception) -> None:
    """Answers the jobs that still wait with an error."""
    for job in jobs:
        if not job.answered.done():
            job.answered.set_exception(error)
