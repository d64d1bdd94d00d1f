"""Nudges: the asker reminds the deciders of a request, once in four hours."""

from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.messages import Message
from bot.refusals import Refusal
from bot.requests.budget_requests import BudgetRequest, Ended
from bot.requests.nudges import next_nudge_at
from bot.requests.revisions import NotAsSeen, Seen
from bot.views.requests.budget_requests import NUDGE_REQUEST
from bot.views.requests.clicks import nudges as views
from handlers.context import Context
from handlers.requests.budget_requests import audit_request, pending_request
from handlers.requests.cards import decider_mentions, directly_asked, nudge_key, shown
from handlers.requests.clicks.current_cards import show_current
from handlers.requests.deciding.deciders import route_of
from handlers.requests.revisions import require_same_revision, seen_at_click
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers
from storage.outbox import copy_key


async def nudge_deciders(scope: Scope, seen: Seen, *, by: int) -> tuple[BudgetRequest, str]:
    """Sends each decider a reminder, and returns the request and the answer to the asker. Raises Refusal if it is
    somebody else's, or too early."""
    tx, at = scope.tx, scope.at
    request = await pending_request(tx, seen.request_id)
    if by != request.person_id:
        raise Refusal("Only the person who asked can nudge.")
    await require_same_revision(scope, request, seen)
    possible_at = next_nudge_at(created_at=request.created_at, nudged_at=request.nudged_at)
    if at < possible_at:
        raise Refusal(views.too_early_words(possible_at))
    found = route_of(scope, request)
    people = directly_asked(scope.directory, found)
    if not people:
        raise Refusal("No message reaches anybody who could decide. Ask finance who stands in for them.")
    nudged = replace(request, nudged_at=at)
    await tx.budget_requests.save(nudged)
    await audit_request(tx, "nudge", nudged, actor_id=by, at=at)
    message = views.nudge_message(await shown(tx, scope.directory, nudged), at=at)
    for person_id in sorted(people):
        key = copy_key(nudge_key(request.id), f"{at}.{person_id}")
        await tx.outbox.put(message, dedupe_key=key, at=at, to_person_id=person_id)
    reached = ", ".join(await decider_mentions(tx, replace(found, deciders=people)))
    return nudged, views.nudged_words(reached, next_at=next_nudge_at(created_at=request.created_at, nudged_at=at))


async def click_nudge(asked: SlackRequest) -> None:
    """Sends the reminders, and tells the asker who got one."""
    seen = seen_at_click(asked)
    try:
        async with asked.begin() as tx:
            _, sentence = await nudge_deciders(await asked.scope(tx), seen, by=asked.person.id)
    except (NotAsSeen, Ended) as refusal:
        await show_current(asked, seen.request_id, refusal.sentence)
        return
    asked.context.wake_outbox.set()
    await asked.reply(Message(text=sentence))


def register(app: AsyncApp, context: Context) -> None:
    app.action(NUDGE_REQUEST)(answers(context, click_nudge))
