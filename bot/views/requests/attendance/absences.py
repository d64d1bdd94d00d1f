"""What people read of absences: who is away and until when, and never why."""

from collections.abc import Mapping

from bot.messages import Message
from bot.reporting.reports import PendingRequest
from bot.views.blocks import context, date_mark, section
from bot.views.requests.request_words import ask_words

_DAY = "{date_short_pretty}"


def away_words(until: int | None) -> str:
    """Returns the note behind a person who is away."""
    return f" (away until {date_mark(until, pattern=_DAY)})" if until is not None else " (away)"


def absence_words(absent: Mapping[str, int | None]) -> str:
    """Returns why others decide: ` (as @Ben is away until 4 Dec)`. People are mentions."""
    if len(absent) > 1:
        *first, last = absent
        return f" (as {', '.join(first[:3])} and {last} are away)"
    ((who, until),) = absent.items()
    return f" (as {who} is away{f' until {date_mark(until, pattern=_DAY)}' if until is not None else ''})"


def passed_card(pending: PendingRequest, *, who: str) -> Message:
    """Returns the card of somebody who is no longer asked to decide a request: without buttons, and who decides now."""
    request = pending.request
    key = f"request-{request.id}-{request.revision}-passed"
    text = f"{pending.asker_mention} asks for {ask_words(pending)}. {who}"
    note = "You were asked to decide this before, and are not now."
    return Message(text=f"{text} {note}", blocks=(section(text, block_id=key), context(note, block_id=f"{key}-note")))
