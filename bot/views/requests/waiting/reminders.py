"""What people see of waiting requests: the lines of a list, the reminder, and what is left of an older one."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.messages import Block, Message
from bot.periods import HOUR_MICROS, MICROS
from bot.reporting.reports import PendingRequest
from bot.requests.budget_requests import BudgetRequest
from bot.requests.revisions import button_value
from bot.views.blocks import Element, actions, button, context, date_mark, quote, section
from bot.views.requests.budget_requests import decision_buttons
from bot.views.requests.request_words import ask_words, asked_lasting, spoken_ask, typed_words
from bot.views.wording import counted, requests_waiting

OPEN_REQUEST = "open_request"
"""The button carries the request's id and the revision that it shows."""
LIST_REQUESTS = "list_requests"
"""The button opens the list of all that waits."""
_MAX_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class WaitingRequest:
    """A pending request as somebody who may decide it sees it: for whom they would, as a mention, and the working
    microseconds that it waits."""

    pending: PendingRequest
    for_whom: str = ""
    worked_micros: int | None = None


def worked_words(micros: int) -> str:
    """Returns a working time: `40 working minutes`, `5 working hours`."""
    if micros < HOUR_MICROS:
        return counted(max(1, micros // (60 * MICROS)), "working minute")
    return counted(micros // HOUR_MICROS, "working hour")


def waiting_words(one: WaitingRequest) -> str:
    """Returns what somebody asks for, since when it waits, and for whom it is decided."""
    pending = one.pending
    since = f"Waiting since {date_mark(pending.request.created_at)}"
    worked = f", {worked_words(one.worked_micros)}" if one.worked_micros else ""
    for_whom = f" · for {one.for_whom}" if one.for_whom else ""
    return (
        f"{pending.asker_mention} asks for *{ask_words(pending)}*, {asked_lasting(pending)}\n"
        f"{quote(pending.request.reason, limit=140)}\n{since}{worked}{for_whom}"
    )


def waiting_blocks(waiting: Sequence[WaitingRequest], *, prefix: str, can_open: bool) -> list[Block]:
    """Returns each request with Approve and Deny, and Open where there is a modal to open it in."""
    blocks: list[Block] = []
    for one in waiting:
        key = f"{prefix}-{one.pending.request.id}-{one.pending.request.revision}"
        buttons: list[Element] = decision_buttons(one.pending)
        if can_open:
            label = f"Open the request of {spoken_ask(one.pending)}"
            value = button_value(one.pending.request)
            buttons.append(button("Open", action_id=OPEN_REQUEST, value=value, label=label))
        blocks += [section(waiting_words(one), block_id=key), actions(*buttons, block_id=f"{key}-list")]
    return blocks


def list_button() -> Element:
    label = "Show all budget requests that wait for you"
    return button("All that waits", action_id=LIST_REQUESTS, value=0, label=label)


def reminder_message(waiting: Sequence[WaitingRequest], *, number: int, command: str) -> Message:
    """Returns somebody's reminder: the requests that wait for their decision, oldest first."""
    key = f"reminder-{number}"
    if not waiting:
        text = reminded_lead(0)
        return Message(text=text, blocks=(section(text, block_id=f"{key}-over"),))
    lead = reminded_lead(len(waiting))
    shown = waiting[:_MAX_SHOWN]
    blocks = [section(f"*{lead}*", block_id=f"{key}-lead"), *waiting_blocks(shown, prefix=key, can_open=True)]
    more = len(waiting) - len(shown)
    said = f" And {more:,} more: `{command} requests` lists them." if more else ""
    blocks.append(actions(list_button(), block_id=f"{key}-all"))
    away = f"Away? `{command} delegate @emi until friday` names who decides for you."
    blocks.append(context(*([said.strip()] if said else []), away, block_id=f"{key}-notes"))
    lines = " ".join(_spoken_line(one) for one in shown)
    return Message(text=f"{lead} {lines}{said}", blocks=tuple(blocks))


def reminded_lead(number: int) -> str:
    """Returns the first sentence of a reminder of some requests."""
    if not number:
        return "Nothing is waiting for you any more."
    return f"Reminder: {requests_waiting(number, 'you')}."


def reminded_ids(number: int, waiting: Sequence[BudgetRequest]) -> set[str]:
    """Returns the block ids of the requests in a reminder."""
    return {f"reminder-{number}-{request.id}-{request.revision}" for request in waiting[:_MAX_SHOWN]}


def _spoken_line(one: WaitingRequest) -> str:
    pending = one.pending
    worked = f" for {worked_words(one.worked_micros)}" if one.worked_micros else ""
    for_whom = f", for {one.for_whom}" if one.for_whom else ""
    reason = typed_words(pending.request.reason, limit=100).rstrip(".")
    return (
        f"{pending.asker_mention} asks for {ask_words(pending)}: {reason}. "
        f"It waits{worked}, since {date_mark(pending.request.created_at)}{for_whom}."
    )


def former_reminder(number: int) -> Message:
    """Returns what is left of a reminder when a newer one is posted."""
    text = "There is a newer reminder below."
    return Message(text=text, blocks=(section(text, block_id=f"reminder-{number}-former"),))
