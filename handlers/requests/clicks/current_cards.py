"""The answer to a click on a card that is no longer true: the card as it is now, and why nothing was done."""

from bot.messages import Message
from bot.org.teams import Team
from handlers.requests.cards import card_key, nudge_key, receipt_key
from handlers.requests.request_periods import carry_and_show
from handlers.requests.waiting.lists import refresh_list
from handlers.slack.answers import SlackRequest

_KEYS = {"own": receipt_key, "nudged": nudge_key}
"""The messages of a request, by the last word of the block id of their buttons; all others are cards."""


async def show_current(asked: SlackRequest, request_id: int, sentence: str) -> None:
    """Replaces the clicked message, list or Home by what the request is now, and tells the person why nothing was done."""
    context = asked.context
    block_id = str(asked.body["actions"][0].get("block_id") or "")
    key = _KEYS.get(block_id.rpartition("-")[2], card_key)(request_id)
    async with context.store.begin() as tx:
        scope = await asked.scope(tx)
        await carry_and_show(scope, request_id)
        request = await tx.budget_requests.by_id(request_id)
        may_show = request is not None and _is_private(asked, scope.directory.by_id(request.team_id))
        current = await tx.outbox.message_of(key) if may_show else None
    asked.answer.has_changed = True
    context.wake_outbox.set()
    await asked.answer.tell(Message(text=sentence), replaces_original=current)
    await refresh_list(asked)


def _is_private(asked: SlackRequest, team: Team) -> bool:
    """Returns whether a message there may show figures of the team: in its channel, unless that is shared, or directly."""
    return asked.channel_id.startswith("D") or team.is_at(asked.channel_id)
