"""The question when a temporary grant has ended: was it worth it?"""

from bot.books.grants import Grant
from bot.messages import Message
from bot.money import usd
from bot.reporting.reports import PendingRequest
from bot.requests.worth import WORTH_ANSWERS, Worth, WorthAnswer
from bot.views.blocks import Element, actions, button, context, date_mark, name, quote, section
from bot.views.requests.request_words import spoken_ask, typed_words

WORTH_YES = "worth_yes"
WORTH_PARTLY = "worth_partly"
WORTH_NO = "worth_no"
_ACTIONS: dict[WorthAnswer, str] = {"yes": WORTH_YES, "partly": WORTH_PARTLY, "no": WORTH_NO}
WORTH_ACTIONS: dict[str, WorthAnswer] = {action: answer for answer, action in _ACTIONS.items()}
"""The answers by the action ids of their buttons, whose value is the request's id."""
_WORDS: dict[WorthAnswer, str] = {"yes": "Yes", "partly": "Partly", "no": "No"}
_PRIVATE = "Your answer helps to see what budget buys. Nobody is ranked by it."


def worth_message(pending: PendingRequest, grant: Grant, worth: Worth, *, at: int) -> Message:
    """Returns the question to one person, or their answer with the buttons to change it for a week."""
    request = pending.request
    key = f"worth-{request.id}-{worth.answer or 'open'}"
    used = usd(max(0, grant.amount_nanos - grant.returned_nanos))
    given = f"{usd(request.given_nanos)} for {name(pending.team.name)} has ended; {used} of it was used."
    question = f"{given} Was it worth it?"
    until = worth.changeable_until
    if worth.answer is None or until is None:
        blocks = (
            section(f"*{question}*", block_id=f"{key}-question"),
            section(quote(request.reason, limit=300), block_id=f"{key}-reason"),
            actions(*_buttons(pending, without=None), block_id=f"{key}-answers"),
            context(_PRIVATE, block_id=f"{key}-private"),
        )
        return Message(text=f"{question} {typed_words(request.reason, limit=300)}", blocks=blocks)
    said = f"{question} You said: {_WORDS[worth.answer].casefold()}."
    shown = [section(said, block_id=f"{key}-answered")]
    if at < until:
        shown.append(actions(*_buttons(pending, without=worth.answer), block_id=f"{key}-answers"))
        shown.append(context(f"You can change it until {date_mark(until)}.", block_id=f"{key}-until"))
    return Message(text=said, blocks=tuple(shown))


def _buttons(pending: PendingRequest, *, without: WorthAnswer | None) -> list[Element]:
    return [
        button(
            _WORDS[answer],
            action_id=_ACTIONS[answer],
            value=pending.request.id,
            label=f"Worth it, {_WORDS[answer].casefold()}: {spoken_ask(pending)}",
        )
        for answer in WORTH_ANSWERS
        if answer != without
    ]
