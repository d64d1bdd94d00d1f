"""Questions about a request: a decider asks in a form, the asker answers, and the card shows both."""

from slack_bolt.async_app import AsyncApp

from bot.refusals import Refusal
from bot.requests.budget_requests import BudgetRequest, Ended
from bot.requests.questions import ANSWER_FIELD, QUESTION_FIELD, Question, checked_answer, checked_question
from bot.requests.revisions import NotAsSeen
from bot.views.requests.budget_requests import ASK_QUESTION
from bot.views.requests.clicks import questions as views
from handlers.context import Context
from handlers.requests.budget_requests import pending_request
from handlers.requests.cards import question_key, shown, shown_questions, update_messages
from handlers.requests.clicks.current_cards import show_current
from handlers.requests.deciding.deciders import require_decision_permission, route_of
from handlers.requests.revisions import carried, require_as_seen, seen_at_click, seen_in_form
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers


async def add_question(scope: Scope, request_id: int, text: str, *, by: int) -> Question:
    """Stores a decider's question, sends it to the asker, and shows it on the card."""
    tx, at = scope.tx, scope.at
    request = await pending_request(tx, request_id)
    await require_decision_permission(scope, request, by=by)
    question = await tx.questions.add(request_id=request.id, asked_by=by, question=text, at=at)
    await _audit(scope, "ask question", request, question, text, by=by)
    pending = await shown(tx, scope.directory, request)
    (one,) = await shown_questions(tx, [question])
    message = views.question_message(pending, one)
    await tx.outbox.put(message, dedupe_key=question_key(question.id), at=at, to_person_id=request.person_id)
    await show_questions(scope, request)
    return question


async def answer_question(scope: Scope, question_id: int, text: str, *, by: int) -> Question:
    """Stores the asker's answer, shows it on the card, and tells the person who asked the question."""
    tx, at = scope.tx, scope.at
    question, request = await _unanswered(scope, question_id, by=by)
    answered = await tx.questions.answer(question, answer=text, by=by, at=at)
    await _audit(scope, "answer question", request, answered, text, by=by)
    pending = await shown(tx, scope.directory, request)
    (one,) = await shown_questions(tx, [answered])
    await tx.outbox.change(question_key(question.id), views.question_message(pending, one), at=at)
    told = views.answered_message(pending, one)
    await tx.outbox.put(told, dedupe_key=f"answered:{question.id}", at=at, to_person_id=question.asked_by)
    await show_questions(scope, request)
    return answered


async def show_questions(scope: Scope, request: BudgetRequest) -> None:
    """Updates the card of a pending request."""
    found = route_of(scope, request)
    await update_messages(scope.of_team_id(request.team_id), request, found)


async def _unanswered(
    scope: Scope, question_id: int, *, by: int, locked: bool = True
) -> tuple[Question, BudgetRequest]:
    """Returns a question that waits for this person's answer, and its request. Raises Refusal if it does not."""
    tx = scope.tx
    question = await tx.questions.by_id(question_id)
    if question is None:
        raise Refusal("There is no such question any more.")
    request = await pending_request(tx, question.request_id, locked=locked)
    if request.person_id != by:
        raise Refusal("Only the person who asked for budget can answer.")
    question = await tx.questions.by_id(question_id)  # as it is with the request's lock
    if question is None or question.answered_at is not None:
        raise Refusal("You answered this question already. The card shows your answer.")
    return question, request


async def _audit(scope: Scope, action: str, request: BudgetRequest, question: Question, text: str, *, by: int) -> None:
    detail = {"team": request.team_id, "question": question.id, "text": await scope.tx.audit.hashed(text)}
    await scope.tx.audit.record(at=scope.at, actor_id=by, action=action, subject=request.document, detail=detail)


async def open_question(asked: SlackRequest) -> None:
    """Opens the form for a question, for a person who may decide."""
    seen = seen_at_click(asked)
    try:
        async with asked.context.store.read() as tx:
            scope = await asked.scope(tx)
            request = await pending_request(tx, seen.request_id, locked=False)
            await require_as_seen(scope.of_team_id(request.team_id), request, seen)
            await require_decision_permission(scope, request, by=asked.person.id)
            pending = await shown(tx, scope.directory, request)
            form = views.question_form(pending, metadata=carried(request, channel=asked.channel_id))
    except (NotAsSeen, Ended) as refusal:
        await show_current(asked, seen.request_id, refusal.sentence)
        return
    await asked.open_form(form)


async def submit_question(asked: SlackRequest) -> None:
    """Sends a question. A request that has ended meanwhile gets none."""
    seen, text = seen_in_form(asked), checked_question(asked.field(QUESTION_FIELD))
    async with asked.begin() as tx:
        await add_question(await asked.scope(tx), seen.request_id, text, by=asked.person.id)
    asked.context.wake_outbox.set()
    await asked.ack()


async def open_answer(asked: SlackRequest) -> None:
    """Opens the form for an answer, for the asker."""
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        question, request = await _unanswered(scope, asked.id, by=asked.person.id, locked=False)
        pending = await shown(tx, scope.directory, request)
        (one,) = await shown_questions(tx, [question])
    await asked.open_form(views.answer_form(pending, one, metadata=str(question.id)))


async def submit_answer(asked: SlackRequest) -> None:
    """Sends an answer."""
    text = checked_answer(asked.field(ANSWER_FIELD))
    async with asked.begin() as tx:
        await answer_question(await asked.scope(tx), asked.carried_id(), text, by=asked.person.id)
    asked.context.wake_outbox.set()
    await asked.ack()


def register(app: AsyncApp, context: Context) -> None:
    app.action(ASK_QUESTION)(answers(context, open_question))
    app.view(views.QUESTION_FORM)(answers(context, submit_question))
    app.action(views.ANSWER_QUESTION)(answers(context, open_answer))
    app.view(views.ANSWER_FORM)(answers(context, submit_answer))
