"""The history of budget requests: who asked, who decided what, by which line of the policy, and from which message."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.messages import Block, Message
from bot.reporting.reports import PendingRequest
from bot.requests.policy_words import policy_note
from bot.views.blocks import actions, button, context, date_mark, name, section
from bot.views.requests.cards import origin_words
from bot.views.requests.request_words import ask_words, granted_words

OLDER_OF_TEAM = "older_of_team"
OLDER_OF_MINE = "older_of_mine"
"""Both carry the id of the last request that is shown."""
PAGE_SIZE = 8


@dataclass(frozen=True, kw_only=True)
class PastRequest:
    """A request with who decided it, in mrkdwn; "" if nobody did."""

    pending: PendingRequest
    decided_by: str = ""


def history_message(past: Sequence[PastRequest], *, team_name: str, has_older: bool, command: str) -> Message:
    """Returns a page of a team's requests, newest first, or of the person's own if there is no team's name."""
    whose = f"of {name(team_name)}" if team_name else "you made"
    if not past:
        text = f"There are no budget requests {whose}. Ask with `{command} request`."
        return Message(text=text, blocks=(section(text, block_id="history"),))
    blocks: list[Block] = [section(f"*Budget requests {whose}*", block_id=f"history-{past[0].pending.request.id}")]
    for one in past:
        key = f"history-{one.pending.request.id}"
        small = filter(None, (policy_note(one.pending.request), origin_words(one.pending)))
        blocks.append(section(_line(one), block_id=f"{key}-what"))
        if notes := list(small):
            blocks.append(context(*notes, block_id=f"{key}-note"))
    if has_older:
        last = past[-1].pending.request.id
        action_id = OLDER_OF_TEAM if team_name else OLDER_OF_MINE
        blocks.append(
            actions(
                button("Older", action_id=action_id, value=str(last), label="Older requests"),
                block_id=f"history-{last}-older",
            )
        )
    return Message(text=f"Budget requests {whose}: {'; '.join(_line(one) for one in past)}", blocks=tuple(blocks))


def _line(one: PastRequest) -> str:
    request, pending = one.pending.request, one.pending
    asked = f"{date_mark(request.created_at)} · {pending.asker_mention}"
    if request.state == "approved":
        return f"{asked}: {granted_words(pending)}, *approved* by {one.decided_by}"
    ends = {"denied": f"*denied* by {one.decided_by}", "withdrawn": "withdrawn", "expired": "expired"}
    return f"{asked}: {ask_words(pending)}, {ends.get(request.state, 'waiting')}"
