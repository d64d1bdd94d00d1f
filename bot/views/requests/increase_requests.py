"""Messages to finance about requests of Claude Enterprise that can't be asked of anybody, or whose answer was refused."""

from bot.messages import Message
from bot.money import usd
from bot.requests.increases.increase_requests import IncreaseRequest, StoredIncrease, who_words
from bot.views.blocks import context, date_mark, escape, name, section

_WHY_CHARACTERS = 400
_WHERE = "Answer it in claude.ai (Organization settings → Usage)"


def unplaced_message(found: IncreaseRequest, *, gateway: str, why: str) -> Message:
    """Returns the message about a request that nobody here can decide, with why and what to do. `why` is plain text."""
    lead = f"{escape(who_words(found))} asked Claude for a higher limit, and I can't ask anybody here."
    limit = "They have no limit now." if found.cap_nanos is None else f"Their limit is {usd(found.cap_nanos)}."
    advice = f"{_WHERE}, or correct teams.yml: I look again every minute."
    return _message(lead, f"{_why(why)} {limit} {advice}", gateway)


def unanswered_message(asker: str, *, gateway: str, team: str, approved: bool, why: str) -> Message:
    """Returns the message about a decision that the gateway did not take. `why` is the adapter's sentence, in plain text."""
    verb = "approved" if approved else "not approved"
    lead = f"{name(asker)}'s request for {name(team)} is {verb}, and Claude doesn't take the answer."
    return _message(lead, f"{_why(why)} {_WHERE}, or correct that: I try again.", gateway)


def answer_line(stored: StoredIncrease, *, zone: str) -> str:
    """Returns the line of a decided card about the gateway where the request was made."""
    label = f"Claude Enterprise {name(stored.gateway)}"
    if stored.state == "answered" and stored.set_nanos is not None and stored.set_at is not None:
        at = date_mark(stored.set_at, timezone=zone, pattern="{time}")
        return f"{label}: {usd(stored.set_nanos)} set and read back, {at}"
    if stored.sentence:
        return f"{label}: refused: {_why(stored.sentence.rstrip('.'))}"
    return f"{label}: waiting: the new limit is sent within a minute"


def _why(sentence: str) -> str:
    return name(sentence, limit=_WHY_CHARACTERS)


def _message(lead: str, more: str, gateway: str) -> Message:
    return Message(
        text=f"{lead} {more}",
        blocks=(
            section(f"*{lead}*\n{more}", block_id="increase-lead"),
            context(f"Gateway {name(gateway)}", block_id="increase-notes"),
        ),
    )
