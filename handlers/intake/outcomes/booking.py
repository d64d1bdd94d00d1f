"""Books the outcomes of a body: attributed like usage, each once, in a transaction of their own."""

import asyncio
from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from bot.intake.outcomes import outcome_row, placed_outcome
from bot.intake.quarantine import QuarantineCapacity
from bot.org.attribution import Source
from bot.periods import DAY_MICROS
from bot.usage import Parsed
from handlers.context import Context
from handlers.intake.usage_jobs import CONFLICT_REASON, Answer, NotDurable
from handlers.rulebooks import KeyRevoked
from storage.intake.quarantine import QuarantineRow


async def book_outcomes(
    context: Context, parsed: Parsed, *, source: Source, key: bytes, book: Callable[[Parsed], Awaitable[Answer]]
) -> Answer:
    """Books a body with outcomes; `book` books the rest of it. Raises what it raises, NotDurable and KeyRevoked.

    The rest is booked last: a sender that is told to come again finds its outcomes counted, and they stay counted once.
    """
    rest = replace(parsed, outcomes=[], rows=parsed.rows - len(parsed.outcomes))
    try:
        async with asyncio.timeout(context.settings.answer_seconds):
            answer = await _booked(context, parsed, source=source, key=key)
    except TimeoutError as error:
        raise NotDurable from error
    return answer + await book(rest)


async def _booked(context: Context, parsed: Parsed, *, source: Source, key: bytes) -> Answer:
    now = context.now_micros()
    async with context.store.begin() as tx:
        rulebook = await context.rulebooks.current(tx)
        if key and key not in rulebook.sources:
            raise KeyRevoked
        current = rulebook.sources.get(key, source)
        if current.role != "meter":  # it only compares calls
            return _ignored(len(parsed.outcomes))
        placed = [placed_outcome(outcome, current, rulebook) for _, outcome in parsed.outcomes]
        became = await tx.outcomes.book(placed, received_at=now)
        conflicts = [entry for entry, one in zip(parsed.outcomes, became, strict=True) if one == "conflict"]
        if conflicts:
            settings = context.settings
            kept = [outcome_row(index, outcome, CONFLICT_REASON) for index, outcome in conflicts]
            rows = [QuarantineRow(current.id, "conflict", "", row.reason, row.kept, row.key) for row in kept]
            cap = QuarantineCapacity(rows=settings.quarantine_rows, bytes=settings.quarantine_bytes)
            expires_at = now + settings.quarantine_days * DAY_MICROS
            await tx.quarantine.keep(rows, received_at=now, expires_at=expires_at, cap=cap)
    return Answer(
        accepted=became.count("accepted"),
        duplicates=became.count("duplicate"),
        conflicts=len(conflicts),
        quarantined=0,
        errors=tuple((index, CONFLICT_REASON) for index, _ in conflicts),
    )


def _ignored(rows: int) -> Answer:
    """Returns the answer for rows that are passed over."""
    return Answer(accepted=0, duplicates=0, conflicts=0, quarantined=0, errors=(), ignored=rows)
