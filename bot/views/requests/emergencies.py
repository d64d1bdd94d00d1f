"""Emergency grants: the open notice in the channel, and the question to the managers."""

from bot.messages import Message
from bot.money import usd
from bot.reporting.reports import PendingRequest
from bot.requests.emergencies import Emergency
from bot.views.blocks import actions, button, context, date_mark, name, quote, section
from bot.views.requests.request_words import ask_words, typed_words

KEEP_EMERGENCY = "keep_emergency"
END_EMERGENCY = "end_emergency"
"""Both buttons carry the request's id."""


def emergency_card(
    pending: PendingRequest, emergency: Emergency, *, policy: str, by_mention: str = "", is_morning: bool = False
) -> Message:
    """Returns the notice of an emergency grant, with its end or the managers' answer; `is_morning` is their copy."""
    request = pending.request
    key = f"emergency-{request.id}-{emergency.answer or 'open'}"
    until = date_mark(request.given_end.at or request.created_at)
    taken = f"{pending.asker_mention} took {ask_words(pending)} in an emergency"
    state, rules = _state(emergency, until=until, by_mention=by_mention)
    paid = f"It comes out of {name(pending.payer_name)}'s budget." if pending.payer_name else ""
    lead = "Still needed? " if is_morning and not emergency.answer else ""
    blocks = [
        section(f"{lead}*{taken}*: {state}", block_id=f"{key}-what"),
        section(quote(request.reason), block_id=f"{key}-reason"),
    ]
    if not emergency.answer:
        spoken = usd(request.given_nanos)
        keep = button("Keep for this period", action_id=KEEP_EMERGENCY, value=str(request.id), label=f"Keep {spoken}")
        end = button("End now", action_id=END_EMERGENCY, value=str(request.id), label=f"End {spoken} now")
        blocks.append(actions(keep, end, block_id=f"{key}-actions"))
    small = [part for part in (paid, rules, policy) if part]
    blocks.append(context(*small, block_id=f"{key}-note"))
    reason = typed_words(request.reason, limit=300).rstrip(".")
    return Message(text=f"{lead}{taken}: {state} {reason}. {' '.join(small)}", blocks=tuple(blocks))


def _state(emergency: Emergency, *, until: str, by_mention: str) -> tuple[str, str]:
    if emergency.answer == "confirmed":
        return f"{by_mention} keeps it until the period ends.", ""
    if emergency.answer == "ended":
        return f"{by_mention} ended it. What was unspent went back.", ""
    if emergency.answer == "lapsed":
        return "it has ended. What was unspent went back.", "Nobody confirmed it."
    return f"it ends {until}.", "A manager can keep or end it. Otherwise it ends by itself."


def emergency_taken(pending: PendingRequest) -> Message:
    """Returns the private answer to the person who took an emergency grant."""
    request = pending.request
    until = date_mark(request.given_end.at or request.created_at)
    text = f"You took {ask_words(pending)} until {until}. Your team and its managers see it, with your reason."
    return Message(text=text, blocks=(section(text, block_id=f"emergency-{request.id}-taken"),))
