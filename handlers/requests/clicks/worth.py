"""The question after a temporary grant: the asker and the decider say with one tap whether it was worth it."""

from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.books.grants import Grant
from bot.refusals import Refusal
from bot.requests.budget_requests import BudgetRequest
from bot.requests.worth import Worth, WorthAnswer, require_changeable
from bot.views.requests.clicks.worth import WORTH_ACTIONS, worth_message
from handlers.context import Context
from handlers.requests.cards import shown
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers


async def ask_worth(scope: Scope, grant: Grant) -> None:
    """Asks those who wanted a grant that has ended, if it came of a request: the asker, and who decided."""
    tx, at = scope.tx, scope.at
    request = await tx.budget_requests.of_grant(grant.id)
    if request is None:
        return
    pending = await shown(tx, scope.directory, request)
    people = frozenset({request.person_id} | ({request.decided_by} if request.decided_by is not None else set()))
    for person_id in sorted(scope.directory.reachable(people)):
        worth = Worth(request_id=request.id, person_id=person_id, asked_at=at)
        await tx.worth.ask(worth)
        message = worth_message(pending, grant, worth, at=at)
        await tx.outbox.put(message, dedupe_key=_key(worth), at=at, to_person_id=person_id)


async def answer_worth(scope: Scope, request_id: int, answer: WorthAnswer, *, by: int) -> Worth:
    """Stores a person's answer, and shows it in their message. Raises Refusal if they were not asked, or long ago."""
    tx, at = scope.tx, scope.at
    worth, request = await tx.worth.of(request_id, by, locked=True), await tx.budget_requests.by_id(request_id)
    if worth is None or request is None or request.grant_id is None:
        raise Refusal("Tokens did not ask you about this.")
    require_changeable(worth, at=at)
    answered = replace(worth, answer=answer, answered_at=worth.answered_at or at)
    await tx.worth.save(answered)
    await _show(scope, request, answered)
    return answered


async def _show(scope: Scope, request: BudgetRequest, worth: Worth) -> None:
    assert request.grant_id is not None
    grant = await scope.tx.grants.by_id(request.grant_id)
    if grant is not None:
        message = worth_message(await shown(scope.tx, scope.directory, request), grant, worth, at=scope.at)
        await scope.tx.outbox.change(_key(worth), message, at=scope.at)


def _key(worth: Worth) -> str:
    return f"worth:{worth.request_id}.{worth.person_id}"


async def click_worth(asked: SlackRequest) -> None:
    """Takes an answer."""
    answer = WORTH_ACTIONS[str(asked.body["actions"][0]["action_id"])]
    async with asked.begin() as tx:
        await answer_worth(await asked.scope(tx), asked.id, answer, by=asked.person.id)
    asked.context.wake_outbox.set()
    await asked.ack()


def register(app: AsyncApp, context: Context) -> None:
    for action_id in WORTH_ACTIONS:
        app.action(action_id)(answers(context, click_worth))
