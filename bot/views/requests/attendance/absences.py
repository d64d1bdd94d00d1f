"""What people read of absences: who is away and until when, and never why."""

from bot.views.blocks import date_mark


def away_words(until: int | None) -> str:
    """Returns the note behind a person who is away."""
    return f" (away until {date_mark(until, pattern='{date_short_pretty}')})" if until is not None else " (away)"
